"""Creating and replacing users: what is kept, what is lost, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_console import BASE, IRENE, MARA, TOMAS, Console, message, user_edit

from scimbridge.connectors.insightvm.simulator.records import User
from scimbridge.connectors.insightvm.simulator.seed import CUSTOM_ROLE, PERSON_PASSWORD


@pytest.fixture(scope="module")
def shared() -> Console:
    return Console()


def stored(console: Console, login: str = "new.hire") -> User:
    user = console.simulator.state.find_user(login)
    assert user is not None
    return user


def test_a_user_is_created_with_201_where_it_is_and_two_self_links() -> None:
    answer = Console().create()

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{BASE}/api/3/users/8"
    assert answer.json() == {
        "id": 8,
        "links": [
            {"href": f"{BASE}/api/3/users", "rel": "self"},
            {"href": f"{BASE}/api/3/users/8", "rel": "self"},
        ],
    }


def test_a_user_is_read_back_as_it_was_written() -> None:
    console = Console()
    locale = {"default": "de-DE", "reports": "fr-FR"}
    console.create(locale=locale, passwordResetOnLogin=True, role={"id": "user", "allSites": True})

    shown = console.get("/users/8")

    links = {each["rel"]: each["href"] for each in shown.pop("links")}
    assert links == {
        "self": f"{BASE}/api/3/users/8",
        "Authentication Source": f"{BASE}/api/3/authentication_sources/2",
        "Asset Groups": f"{BASE}/api/3/users/8/asset_groups",
        "Sites": f"{BASE}/api/3/users/8/sites",
        "Privileges": f"{BASE}/api/3/users/8/privileges",
        "Role": f"{BASE}/api/3/roles/user",
    }
    source = shown.pop("authentication")
    assert (source["id"], source["type"], source["external"]) == (2, "normal", False)
    assert shown == {
        "id": 8,
        "login": "new.hire",
        "name": "New Hire",
        "email": "New.Hire@example.com",
        "enabled": True,
        "locked": False,
        "locale": locale,
        "role": {
            "id": "user",
            "name": "User",
            "allSites": True,
            "allAssetGroups": False,
            "superuser": False,
            "privileges": [
                "create-reports",
                "create-tickets",
                "manage-report-templates",
                "view-asset-group-asset-data",
                "view-site-asset-data",
            ],
        },
    }
    assert stored(console).reset_on_login


def test_ids_are_not_given_twice() -> None:
    console = Console()
    console.create()
    console.call("DELETE", "/users/8")

    assert console.create().json()["id"] == 9


def test_what_is_read_only_and_what_is_not_known_is_ignored() -> None:
    console = Console()

    console.create(id=1, locked=True, surprise=[], links=7)

    assert not stored(console).locked
    assert stored(console).user_id == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"login": None},
        {"login": ""},
        {"login": 7},
        {"name": None},
        {"name": ["x"]},
        {"email": {}},
        {"enabled": "true"},
        {"enabled": 1},
        {"passwordResetOnLogin": "no"},
        {"password": 12345678},
        {"locale": "en-US"},
        {"locale": {"default": 1}},
        {"role": None},
        {"role": "user"},
        {"role": {}},
        {"role": {"id": None}},
        {"role": {"id": "site-owner"}},
        {"role": {"id": "User"}},
        {"role": {"id": "user", "allSites": "yes"}},
        {"authentication": "normal"},
        {"authentication": {}},
        {"authentication": {"type": "radius"}},
        {"authentication": {"type": "kerberos"}},
        {"authentication": {"type": "ldap", "id": 4}},
        {"authentication": {"type": "ldap", "id": True}},
        {"authentication": {"type": "ldap", "id": 99}},
    ],
    ids=repr,
)
def test_a_user_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    console = Console()

    assert console.create(**changes).status_code == 400
    assert console.call("PUT", f"/users/{MARA}", user_edit(**changes)).status_code == 400
    assert len(console.simulator.state.users) == 7


@pytest.mark.parametrize("status", [400, 409])
@pytest.mark.parametrize("login", ["mara.lind", "MARA.lind"])
def test_a_login_that_is_taken_is_refused(status: int, login: str) -> None:
    console = Console(duplicate_login_status=status)

    answer = console.create(login=login)

    assert answer.status_code == status
    assert message(answer) == f"A user with the login '{login}' already exists."
    assert console.replace(TOMAS, login=login).status_code == status


def test_logins_may_differ_in_case_alone_where_the_switch_says_so() -> None:
    console = Console(login_case_sensitive=True)

    assert console.create(login="MARA.lind").ok
    assert not console.create(login="mara.lind").ok
    assert stored(console, "MARA.lind").user_id == 8
    assert stored(console, "mara.lind").user_id == MARA


@pytest.mark.parametrize(
    ("rule", "status", "login"),
    [("accept", 200, "mara.weber"), ("reject", 400, "mara.lind"), ("ignore", 200, "mara.lind")],
)
def test_whether_a_login_can_change_is_a_switch(rule: str, status: int, login: str) -> None:
    console = Console(login_rename=rule)

    assert console.replace(MARA, login="mara.weber").status_code == status
    assert console.get(f"/users/{MARA}")["login"] == login
    assert stored(console, login).user_id == MARA
    assert (console.simulator.state.find_user("mara.lind") is None) is (login != "mara.lind")


def test_a_login_that_is_ignored_may_be_taken() -> None:
    assert Console(login_rename="ignore").replace(MARA, login="nxadmin").ok


def test_a_login_may_change_in_case() -> None:
    console = Console()

    assert console.replace(MARA, login="Mara.Lind").ok
    assert stored(console, "mara.lind").login == "Mara.Lind"


def test_writing_back_what_was_read_changes_nothing_but_access() -> None:
    console = Console()
    before = console.get(f"/users/{MARA}")

    answer = console.replace(MARA)

    assert answer.json() == {"links": [{"href": f"{BASE}/api/3/users/{MARA}", "rel": "self"}]}
    assert console.get(f"/users/{MARA}") == before
    assert console.call("GET", "", auth=("mara.lind", PERSON_PASSWORD)).ok


@pytest.mark.parametrize(("clears", "sites"), [(True, []), (False, [1, 2])])
def test_whether_a_replacement_drops_access_is_a_switch(clears: bool, sites: list[int]) -> None:
    console = Console(put_clears_access=clears)

    console.replace(MARA)

    assert console.ids(f"/users/{MARA}/sites") == sites
    assert console.ids(f"/users/{MARA}/asset_groups") == sites[:1]


def test_what_a_replacement_leaves_out_is_lost() -> None:
    console = Console()

    assert console.replace(MARA, email=None, locale=None).ok

    shown = console.get(f"/users/{MARA}")
    assert "email" not in shown
    assert "locale" not in shown


@pytest.mark.parametrize("enabled", [True, False])
def test_what_becomes_of_enabled_when_it_is_left_out_is_a_switch(enabled: bool) -> None:
    console = Console(omitted_enabled=enabled)

    console.replace(MARA, enabled=None)

    assert console.get(f"/users/{MARA}")["enabled"] is enabled
    assert console.create().ok
    assert stored(console).enabled


def test_a_member_alone_is_not_enough() -> None:
    assert Console().call("PUT", f"/users/{MARA}", {"enabled": False}).status_code == 400


def test_a_replacement_neither_unlocks_nor_takes_the_two_factor_key() -> None:
    console = Console()
    lena = stored(console, "lena.berg")

    console.replace(lena.user_id, name="Lena")

    assert stored(console, "lena.berg").locked
    assert stored(console, "lena.berg").two_factor_key == lena.two_factor_key


@pytest.mark.parametrize(
    ("user_id", "rule", "status", "source"),
    [
        (MARA, "normal", 200, "normal"),
        (MARA, "keep", 200, "normal"),
        (MARA, "reject", 400, "normal"),
        (TOMAS, "normal", 400, "ldap"),
        (TOMAS, "keep", 200, "ldap"),
        (TOMAS, "reject", 400, "ldap"),
    ],
)
def test_what_becomes_of_the_authentication_when_it_is_left_out_is_a_switch(
    user_id: int, rule: str, status: int, source: str
) -> None:
    console = Console(omitted_authentication=rule)

    assert console.replace(user_id, authentication=None).status_code == status
    assert console.get(f"/users/{user_id}")["authentication"]["type"] == source


@pytest.mark.parametrize(("rule", "status"), [("normal", 201), ("keep", 201), ("reject", 400)])
def test_a_new_user_is_a_normal_one_unless_said_otherwise(rule: str, status: int) -> None:
    console = Console(omitted_authentication=rule)

    assert console.create(authentication=None).status_code == status
    if status == 201:
        assert console.get("/users/8")["authentication"]["type"] == "normal"


def test_the_case_of_an_address_is_kept() -> None:
    console = Console()
    console.create()

    assert console.get("/users/8")["email"] == "New.Hire@example.com"


def test_the_name_of_a_role_may_be_an_object() -> None:
    shown = Console(role_name_object=True).get(f"/users/{IRENE}", checked=False)

    assert shown["role"]["name"]["defaultValue"] == CUSTOM_ROLE


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(max_examples=50, deadline=None)
@given(login=TEXT, name=TEXT, email=TEXT, enabled=st.booleans())
def test_any_text_is_read_back_as_it_was_written(
    shared: Console, login: str, name: str, email: str, enabled: bool
) -> None:
    shared.simulator.reset()
    created = shared.create(login=login, name=name, email=email, enabled=enabled)

    shown = shared.get(f"/users/{created.json()['id']}")

    assert (shown["login"], shown["name"], shown["email"]) == (login, name, email)
    assert shown["enabled"] is enabled
    assert stored(shared, login).user_id == shown["id"]
