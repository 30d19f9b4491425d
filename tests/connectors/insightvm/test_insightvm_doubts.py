"""What is not known of real consoles: the same story, told to each that there may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from insightvm_console import LENA, MARA, Console, gives

from scimbridge.config import Secret
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.insightvm.connector import InsightVMConnector
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.connectors.insightvm.simulator import create_simulator
from scimbridge.connectors.interface import Account, Entitlement
from scimbridge.errors import VendorDenied, VendorRejected, VendorUnavailable
from scimbridge.simulation.server import serve

DOUBTS: list[dict[str, Any]] = [
    {},
    {"success_codes": "strict_swagger"},
    {"success_codes": "guide"},
    {"put_clears_access": False},
    {"omitted_enabled": False},
    {"omitted_authentication": "keep"},
    {"omitted_authentication": "reject"},
    {"forced_flags": "accept"},
    {"local_source_rule": "accept"},
    {"bare_string_bodies": "quoted"},
    {"email_must_be_address": True},
    {"login_case_sensitive": True},
    {"role_name_object": True},
    {"oversized_page": "reject"},
    {"sortable_user_properties": []},
    {"unlock_disabled": "accept"},
    {"unlock_unlocked_status": 400},
    {"unlock_unlocked_status": 404},
    {"absent_two_factor_key": "omitted"},
    {"unknown_in_list_status": 404},
    {"add_to_all_access_status": 200},
    {"remove_unheld_status": 200},
    {"all_access_reads": "empty"},
    {"site_owner_asset_groups": "accept"},
    {"duplicate_login_status": 409},
    {"delete_content_owner": "reject"},
    {"password_min_length": 20, "password_specials": 1},
]


@pytest.mark.parametrize("doubt", DOUBTS, ids=str)
def test_a_person_is_hired_moves_and_leaves(doubt: dict[str, Any]) -> None:
    console = Console(two_factor=True, **doubt)
    connector = console.connector(roles={"Ops": ("create-reports",)})
    connector.check()
    connector.prepare()
    account = Account(user_name="ada", display_name="Ada", email="Ada@example.com")

    native_id = connector.create_account(account, frozenset({Entitlement("role", "Ops")})).native_id
    connector.grant(gives(native_id, "site:1", "site:2", "site:3", "asset-group:1"))
    seed = {"password": "Correct-Horse-Battery-7", "twoFactorKey": "JBSWY3DPEHPK3PXP"}
    moved = replace(account, native_id=native_id, user_name="ada.l", secrets=seed)
    connector.update_account(moved, frozenset({"user_name", *seed}))
    connector.revoke(gives(native_id, "role:Ops", "site:1"))
    connector.set_active(native_id, active=False)

    assert console.held(native_id) == {"role:user", "site:2", "site:3", "asset-group:1"}
    user = console.account(native_id)
    assert (user["user_name"], user["enabled"], user["authentication"]) == (
        "ada.l",
        False,
        "normal",
    )
    assert user["has_two_factor_key"] is True
    connector.set_active(native_id, active=True)
    found = connector.find_account("ada.l")
    assert found is not None
    assert found.active
    connector.delete_account(native_id)
    assert connector.find_account("ada.l") is None


@pytest.mark.parametrize("doubt", DOUBTS, ids=str)
def test_a_locked_user_is_enabled_and_unlocked(doubt: dict[str, Any]) -> None:
    console = Console(**doubt)
    connector = console.connector()
    connector.set_active(LENA, active=False)

    connector.set_active(LENA, active=True)

    assert console.account(LENA)["locked"] is False


def renamed(console: Console) -> None:
    connector = console.connector()
    account = connector.read_account(MARA)
    assert account is not None
    connector.update_account(replace(account, user_name="ml"), frozenset({"user_name"}))


def test_a_console_that_refuses_renames_says_so() -> None:
    with pytest.raises(VendorRejected):
        renamed(Console(login_rename="reject"))


def test_a_console_that_ignores_renames_is_noticed() -> None:
    console = Console(login_rename="ignore")

    with pytest.raises(VendorUnavailable, match="still shows something else"):
        renamed(console)

    assert {"site:1", "site:2", "asset-group:1"} < console.held(MARA)


def test_a_console_that_demands_the_password_of_every_put_says_so() -> None:
    console = Console(put_requires_password=True)
    before = console.held(MARA)

    with pytest.raises(VendorRejected):
        renamed(console)

    assert console.held(MARA) == before
    assert "password" not in "".join(console.bodies("PUT", "/api/3/users/3"))


def test_a_second_factor_of_the_bridge_s_own_account_is_served() -> None:
    console = Console(two_factor=True)
    seed = "JBSWY3DPEHPK3PXP"
    administrator = Account(
        user_name="bridge-2", secrets={"password": "Correct-Horse-7", "twoFactorKey": seed}
    )
    first = console.connector()
    made = first.create_account(administrator, frozenset({Entitlement("role", "global-admin")}))
    first.update_account(
        replace(administrator, native_id=made.native_id), frozenset({"twoFactorKey"})
    )
    login = {"username": "bridge-2", "password": Secret("Correct-Horse-7")}

    console.connector(**login, two_factor_key=Secret(seed)).check()

    with pytest.raises(VendorDenied, match="two_factor_key"):
        console.connector(**login).check()


def test_the_bridge_can_change_its_own_password() -> None:
    console = Console()
    old = console.connector()

    old.change_own_password("Correct-Horse-7")

    console.connector(password=Secret("Correct-Horse-7")).check()
    with pytest.raises(VendorDenied):
        old.check()


def test_a_wrong_password_does_not_lock_the_bridge_out() -> None:
    console = Console(lockout_after=3)
    wrong = console.connector(password=Secret("wrong"))

    for _ in range(10):
        with pytest.raises(VendorDenied):
            wrong.check()

    console.connector().check()


# --- the certificate, over a real socket ---------------------------------------------------------


def connector_to(url: str, credentials: Any, verify: Any) -> InsightVMConnector:
    settings = InsightVMSettings(
        base_url=url,
        username=credentials["user_name"],
        password=Secret(credentials["password"]),
        verify=verify,
    )
    return InsightVMConnector(settings, Wiring(target="console", sleep=lambda _seconds: None))


def test_a_self_signed_certificate_is_trusted_by_its_file_alone() -> None:
    simulator = create_simulator()
    with serve(simulator.app, tls=True) as served:
        trusting = connector_to(served.url, simulator.credentials, served.certificate)
        trusting.check()
        trusting.close()

        wary = connector_to(served.url, simulator.credentials, True)
        with pytest.raises(VendorDenied, match="certificate is not trusted"):
            wary.check()
        wary.close()


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_an_unchecked_certificate_is_no_obstacle() -> None:
    simulator = create_simulator()
    with serve(simulator.app, tls=True) as served:
        careless = connector_to(served.url, simulator.credentials, False)
        careless.check()
        careless.close()
