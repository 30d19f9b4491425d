"""The control routes: what an administrator does by hand, and the state as a test sees it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from simulated_console import IRENE, LENA, MARA, PAT, TOMAS, Console

from scimbridge.connectors.insightvm.simulator import create_simulator
from scimbridge.connectors.insightvm.simulator.seed import CUSTOM_ROLE
from scimbridge.connectors.insightvm.simulator.switches import SWITCHES
from scimbridge.errors import ConfigError


def control(console: Console, method: str, path: str, body: Any = None) -> Any:
    answer = console.simulator.app.test_client().open(f"/_sim{path}", method=method, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.get_json()


def held(console: Console, account: int) -> set[str]:
    return {
        f"{grant['kind']}:{grant['entitlement']}"
        for grant in control(console, "GET", "/state")["grants"]
        if grant["account"] == str(account)
    }


def test_an_account_made_by_hand_is_there() -> None:
    console = Console()
    spec = {
        "user_name": "kim.park",
        "name": "Kim Park",
        "email": "kim@example.com",
        "enabled": False,
        "locked": True,
        "role": CUSTOM_ROLE,
        "authentication": "ldap",
        "sites": [1],
        "asset_groups": [2, "3"],
    }

    made = control(console, "POST", "/accounts", [spec])["accounts"]

    assert made == [
        {
            "native_id": "8",
            "user_name": "kim.park",
            "name": "Kim Park",
            "email": "kim@example.com",
            "enabled": False,
            "locked": True,
            "role": CUSTOM_ROLE,
            "authentication": "ldap",
            "all_sites": True,
            "all_asset_groups": False,
            "has_password": False,
            "reset_on_login": False,
            "has_two_factor_key": False,
        }
    ]
    assert console.get("/users/8")["role"]["allSites"] is True
    assert console.ids("/users/8/asset_groups") == [2, 3]


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({"name": "Kim Park", "given_name": "K"}, "Kim Park"),
        ({"given_name": "Kim", "family_name": "Park"}, "Kim Park"),
        ({"family_name": "Park"}, "Park"),
        ({}, "kim"),
    ],
)
def test_an_account_made_by_hand_has_a_name(spec: dict[str, str], name: str) -> None:
    made = Console().simulator.state.add_account({"user_name": "kim", **spec})

    assert made["name"] == name


def test_an_administrator_made_by_hand_is_one() -> None:
    console = Console()
    spec = {"user_name": "boss", "password": "x", "role": "global-admin"}
    console.simulator.state.add_account(spec)

    assert console.call("GET", "/users", auth=("boss", "x")).ok
    assert console.get("/users/8")["authentication"]["type"] == "admin"


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({}, "user_name None is missing or taken"),
        ({"user_name": "Mara.Lind"}, "missing or taken"),
        ({"user_name": "a", "role": "none"}, "no role 'none'; known: global-admin"),
        ({"user_name": "a", "authentication": "radius"}, "no authentication 'radius'"),
        ({"user_name": "a", "sites": [9]}, "no site 9; known: 1, 2, 3, 4"),
        ({"user_name": "a", "surprise": 1}, "unknown keys ['surprise']"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(spec: dict[str, Any], complaint: str) -> None:
    console = Console()

    with pytest.raises(ConfigError) as caught:
        console.simulator.state.add_account(spec)

    assert complaint in str(caught.value)
    assert len(console.simulator.state.users) == 7


def test_twenty_thousand_accounts_are_made_in_seconds_and_read_in_pages() -> None:
    console = Console()
    started = time.process_time()
    control(console, "POST", "/accounts", [{"user_name": f"u{n}"} for n in range(20_000)])

    page = console.get("/users", page=40, size=500)

    assert page["page"]["totalResources"] == 20_007
    assert page["resources"][-1]["login"] == "u19999"
    assert time.process_time() - started < 10


def test_the_state_shows_accounts_grants_groups_and_roles() -> None:
    state = control(Console(), "GET", "/state")

    assert [each["native_id"] for each in state["accounts"]] == list("1234567")
    assert {"account": str(MARA), "kind": "site", "entitlement": "2"} in state["grants"]
    assert {
        "kind": "asset-group",
        "native_id": "2",
        "name": "High Risk",
        "members": [str(TOMAS)],
    } in state["groups"]
    assert state["roles"][-1]["native_id"] == CUSTOM_ROLE


@pytest.mark.parametrize(
    "grant",
    [
        {"account": "mara.lind", "entitlement": "site:4"},
        {"account": str(MARA), "entitlement": "4", "kind": "site"},
    ],
)
def test_access_is_given_and_taken_by_hand(grant: dict[str, str]) -> None:
    console = Console()

    control(console, "POST", "/grants", grant)
    assert console.ids(f"/users/{MARA}/sites") == [1, 2, 4]

    control(console, "DELETE", "/grants", grant)
    assert console.ids(f"/users/{MARA}/sites") == [1, 2]


@pytest.mark.parametrize("entitlement", ["Patch Coordinator", "role:Patch Coordinator"])
def test_a_role_given_by_hand_takes_the_other_and_brings_its_flags(entitlement: str) -> None:
    console = Console()

    control(console, "POST", "/grants", {"account": "mara.lind", "entitlement": entitlement})

    shown = console.get(f"/users/{MARA}")
    assert (shown["role"]["id"], shown["role"]["allSites"]) == (CUSTOM_ROLE, True)
    assert console.replace(MARA).ok


def test_a_role_given_by_hand_brings_the_authentication() -> None:
    console = Console()

    for user_id, role, source in (
        (MARA, "global-admin", "admin"),
        (MARA, "user", "normal"),
        (IRENE, "global-admin", "saml"),
    ):
        console.simulator.state.add_grant(str(user_id), "role", role)
        assert console.get(f"/users/{user_id}")["authentication"]["type"] == source
        assert console.replace(user_id).ok


@pytest.mark.parametrize(
    ("account", "kind", "entitlement", "complaint"),
    [
        ("nobody", None, "user", "no account 'nobody'"),
        ("99", None, "user", "no account '99'"),
        ("mara.lind", None, "no such", "no role 'no such'"),
        ("mara.lind", None, "team:1", "no role 'team:1'"),
        ("mara.lind", "team", "1", "no kind 'team'; known kinds: role, site, asset-group"),
        ("mara.lind", "site", "9", "no site '9'"),
        ("mara.lind", None, "asset-group:x", "no asset-group 'x'"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    account: str, kind: str | None, entitlement: str, complaint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        Console().simulator.state.add_grant(account, kind, entitlement)

    assert complaint in str(caught.value)


def test_a_role_cannot_be_taken_by_hand_without_another() -> None:
    with pytest.raises(ConfigError) as caught:
        Console().simulator.state.remove_grant("mara.lind", None, "security-manager")

    assert "cannot be without a role" in str(caught.value)


def test_who_has_all_of_a_kind_holds_no_grant_of_it() -> None:
    console = Console()

    assert held(console, IRENE) == {f"role:{CUSTOM_ROLE}"}
    assert held(console, LENA) == {"role:user"}
    assert held(console, PAT) == {"role:site-admin", "site:3"}


def test_a_reset_brings_the_seed_back() -> None:
    console = Console()
    seeded = control(console, "GET", "/state")
    console.create()
    console.replace(MARA, login="other")
    console.call("PUT", "/roles/New", {"name": "New", "description": "New"})
    console.call("DELETE", f"/users/{TOMAS}")

    control(console, "POST", "/reset")

    assert control(console, "GET", "/state") == seeded
    assert console.create().json()["id"] == 8


def test_every_switch_says_what_it_means() -> None:
    names = [switch.name for switch in SWITCHES]

    assert len(set(names)) == len(names)
    assert all(switch.meaning and switch.problem(switch.default) is None for switch in SWITCHES)


def test_an_unknown_switch_is_refused() -> None:
    with pytest.raises(ConfigError):
        create_simulator(switches={"strict_swager": True})


def test_two_consoles_share_nothing() -> None:
    one, other = Console(), Console()

    one.call("DELETE", f"/users/{TOMAS}")

    assert other.get(f"/users/{TOMAS}")["login"] == "tomas.ruiz"
