"""Creating, finding and deleting users."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from insightvm_console import MARA, Console

from scimbridge.connectors.insightvm.passwords import generated_password
from scimbridge.connectors.interface import Account, Entitlement
from scimbridge.errors import (
    AccessRemains,
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorRejected,
)

USERS = "/api/3/users"
NEWCOMER = Account(user_name="new.hire", display_name="New Hire", email="New.Hire@example.com")


def role(name: str) -> frozenset[Entitlement]:
    return frozenset({Entitlement("role", name)})


def created(console: Console, account: Account = NEWCOMER, **settings: Any) -> Any:
    """The user in the console's own state, created without a wish for a role."""
    made = console.connector(**settings).create_account(account, frozenset())
    return console.account(made.native_id)


def with_attributes(**attributes: Any) -> Account:
    return dataclasses.replace(NEWCOMER, attributes=attributes)


def test_a_new_user_is_a_local_one_with_the_default_role() -> None:
    user = created(Console())

    assert user["name"] == "New Hire"
    assert user["email"] == "New.Hire@example.com"
    assert (user["role"], user["authentication"], user["enabled"]) == ("user", "normal", True)
    assert user["all_sites"] is user["all_asset_groups"] is False


def test_the_default_role_is_the_configured_one() -> None:
    assert created(Console(), default_role="system-admin")["role"] == "system-admin"


def test_a_wanted_role_comes_with_the_creation() -> None:
    console = Console()
    wanted = role("security-manager") | {Entitlement("site", "1")}

    made = console.connector().create_account(NEWCOMER, wanted)

    assert made.granted == role("security-manager")
    assert console.held(made.native_id) == {"role:security-manager"}
    assert console.writes() == [f"POST {USERS}"]


def test_a_global_administrator_is_created_with_all_that_goes_with_it() -> None:
    console = Console()

    made = console.connector().create_account(NEWCOMER, role("global-admin"))

    user = console.account(made.native_id)
    assert user["authentication"] == "admin"
    assert user["all_sites"] is user["all_asset_groups"] is True


def test_an_unknown_role_is_refused_before_anything_is_created() -> None:
    console = Console()

    with pytest.raises(VendorRejected, match="no role 'nobody'"):
        console.connector().create_account(NEWCOMER, role("nobody"))

    assert console.writes() == []


def test_a_user_can_be_created_disabled() -> None:
    assert created(Console(), dataclasses.replace(NEWCOMER, active=False))["enabled"] is False


def test_a_login_stands_in_for_a_name() -> None:
    assert created(Console(), Account(user_name="new.hire"))["name"] == "new.hire"


def test_without_a_password_one_is_made_that_must_be_replaced_at_the_first_login() -> None:
    user = created(Console(password_min_length=16, password_specials=1))

    assert user["has_password"] is user["reset_on_login"] is True


def test_a_given_password_need_not_be_replaced() -> None:
    account = dataclasses.replace(NEWCOMER, secrets={"password": "Correct-Horse-7"})

    user = created(Console(), account)

    assert user["has_password"] is True
    assert user["reset_on_login"] is False


def test_a_placeholder_that_the_policy_refuses_gives_way_to_a_password_of_our_own() -> None:
    account = dataclasses.replace(NEWCOMER, secrets={"password": "placeholder"})
    console = Console()

    user = created(console, account)

    assert user["has_password"] is user["reset_on_login"] is True
    assert console.writes() == [f"POST {USERS}"] * 2


def test_a_taken_login_is_not_tried_with_another_password() -> None:
    account = Account(user_name="mara.lind", secrets={"password": "Correct-Horse-7"})
    console = Console()

    with pytest.raises(VendorConflict):
        created(console, account)

    assert console.writes() == [f"POST {USERS}"]


def test_a_refusal_that_has_nothing_to_do_with_the_password_is_told() -> None:
    account = dataclasses.replace(NEWCOMER, secrets={"password": "Correct-Horse-7"})
    console = Console()
    console.fails(method="POST", route=USERS, status=400, count=2)

    with pytest.raises(VendorRejected):
        created(console, account)


def test_a_password_is_neither_made_nor_sent_where_the_console_holds_none() -> None:
    account = dataclasses.replace(NEWCOMER, secrets={"password": "Correct-Horse-7"})
    console = Console()

    user = created(console, account, authentication_source="Example SSO")

    assert (user["authentication"], user["has_password"]) == ("saml", False)
    assert "password" not in console.bodies("POST", USERS)[0]


def test_the_account_s_own_source_comes_before_the_configured_one() -> None:
    account = with_attributes(authenticationSource="Example LDAP")

    user = created(Console(), account, authentication_source="Example SSO")

    assert user["authentication"] == "ldap"


def test_a_configured_source_that_is_not_there_is_told_by_the_check() -> None:
    connector = Console().connector(authentication_source="Okta")

    with pytest.raises(VendorDenied, match="authentication_source"):
        connector.check()


def test_attributes_of_the_vendor_come_with_the_creation() -> None:
    console = Console()
    account = with_attributes(locale="de-DE", allSites=True, locked=False)

    user = created(console, account)

    assert user["all_sites"] is True
    assert json.loads(console.bodies("POST", USERS)[0])["locale"] == {"default": "de-DE"}


def test_nobody_is_created_locked() -> None:
    with pytest.raises(VendorRejected, match="cannot be locked"):
        created(Console(), with_attributes(locked=True))


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_login_is_a_conflict_whatever_the_status(status: int) -> None:
    console = Console(duplicate_login_status=status)

    with pytest.raises(VendorConflict):
        created(console, Account(user_name="mara.lind"))


def test_another_refusal_is_no_conflict() -> None:
    console = Console()
    console.fails(method="POST", route=USERS, status=400)

    with pytest.raises(VendorRejected) as caught:
        created(console)

    assert not isinstance(caught.value, VendorConflict)


def test_what_was_created_behind_the_index_is_found_after_the_conflict() -> None:
    console = Console()
    connector = console.connector()
    assert connector.find_account("new.hire") is None
    console.simulator.state.add_account({"user_name": "new.hire"})
    assert connector.find_account("new.hire") is None

    with pytest.raises(VendorConflict):
        connector.create_account(NEWCOMER, frozenset())

    assert connector.find_account("new.hire") is not None


def test_what_was_created_without_an_answer_is_found() -> None:
    console = Console()
    connector = console.connector()
    assert connector.find_account("new.hire") is None
    console.fails(method="POST", route=USERS, drop=True, when="after")

    with pytest.raises(OutcomeUnknown):
        connector.create_account(NEWCOMER, frozenset())

    assert connector.find_account("new.hire") is not None


def test_a_creation_that_cannot_be_confirmed_may_have_happened() -> None:
    console = Console()
    connector = console.connector()
    connector.check()
    console.fails(method="GET", route="/api/3/users/{id}", status=503, count=3)

    with pytest.raises(OutcomeUnknown, match="could not be confirmed"):
        connector.create_account(NEWCOMER, frozenset())

    assert connector.find_account("new.hire") is not None


def test_a_creation_that_shows_otherwise_than_wanted_is_no_success() -> None:
    console = Console()
    shown = {**_user(console), "enabled": True}
    console.fails(method="GET", route="/api/3/users/{id}", status=200, body=shown)

    with pytest.raises(OutcomeUnknown, match="otherwise than it was wanted"):
        created(console, dataclasses.replace(NEWCOMER, active=False))


def test_a_deletion_that_does_not_show_is_no_success() -> None:
    console = Console()
    console.fails(method="DELETE", route="/api/3/users/{id}", status=200, body={"links": []})

    with pytest.raises(AccessRemains):
        console.connector().delete_account(MARA)


def test_generated_passwords_meet_any_usual_policy_and_never_repeat() -> None:
    passwords = {generated_password() for _ in range(500)}

    assert len(passwords) == 500
    for password in passwords:
        assert 16 <= len(password) <= 24
        assert any(each.islower() for each in password)
        assert any(each.isupper() for each in password)
        assert any(each.isdigit() for each in password)
        assert any(not each.isalnum() for each in password)


def _user(console: Console) -> dict[str, Any]:
    """What the console would show of the newcomer."""
    return {
        "id": 8,
        "login": "new.hire",
        "name": "New Hire",
        "email": "New.Hire@example.com",
        "authentication": {"type": "normal", "id": 2},
        "role": {"id": "user", "allSites": False, "allAssetGroups": False, "superuser": False},
    }
