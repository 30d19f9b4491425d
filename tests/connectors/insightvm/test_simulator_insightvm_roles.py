"""Roles, privileges and authentication sources."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_console import BASE, IRENE, LENA, MARA, PAT, SERVICE, TOMAS, Console, message

from scimbridge.connectors.insightvm.simulator.privileges import PRIVILEGES
from scimbridge.connectors.insightvm.simulator.seed import CUSTOM_ROLE
from scimbridge.connectors.insightvm.simulator.switches import BUILT_IN_ROLES

SHIFT = {"name": "Night Shift", "description": "At night", "privileges": ["create-tickets"]}
PATH = "/roles/Night%20Shift"


@pytest.fixture(scope="module")
def shared() -> Console:
    return Console()


def test_all_roles_are_listed_on_one_page_with_the_pseudo_role() -> None:
    roles = Console().get("/roles")["resources"]

    assert [role["id"] for role in roles] == [*BUILT_IN_ROLES, CUSTOM_ROLE]
    assert roles[0]["privileges"] == sorted(PRIVILEGES)


def test_a_role_with_a_space_is_addressed_percent_encoded() -> None:
    role = Console().get("/roles/Patch%20Coordinator")

    assert (role["id"], role["name"]) == (CUSTOM_ROLE, CUSTOM_ROLE)
    assert {each["rel"]: each["href"] for each in role["links"]} == {
        "self": f"{BASE}/api/3/roles/Patch%20Coordinator",
        "Users": f"{BASE}/api/3/roles/Patch%20Coordinator/users",
    }


def test_a_role_is_created_by_replacing_what_is_not_there() -> None:
    console = Console()
    assert console.call("GET", PATH).status_code == 404

    answer = console.call("PUT", PATH, SHIFT)

    assert answer.json() == {"links": [{"href": f"{BASE}/api/3{PATH}", "rel": "self"}]}
    shown = console.get(PATH)
    assert (shown["id"], shown["privileges"]) == ("Night Shift", ["create-tickets"])
    assert console.create(role={"id": "Night Shift"}).ok
    assert console.get("/users/8/privileges")["resources"] == ["create-tickets"]


def test_there_is_no_other_way_to_create_a_role() -> None:
    assert Console().call("POST", "/roles", SHIFT).status_code == 405


def test_what_a_replaced_role_leaves_out_is_lost() -> None:
    console = Console()
    console.call("PUT", PATH, SHIFT)

    console.call("PUT", PATH, {"name": "Night Shift", "description": "Nothing"})

    assert console.get(PATH)["privileges"] == []
    assert console.get(PATH)["description"] == "Nothing"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"name": ""},
        {"name": 7},
        {"description": None},
        {"privileges": "create-tickets"},
        {"privileges": ["no-such-privilege"]},
        {"privileges": [["create-tickets"]]},
    ],
    ids=repr,
)
def test_a_role_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    console = Console()

    assert console.call("PUT", PATH, {**SHIFT, **changes}).status_code == 400
    assert console.call("GET", PATH).status_code == 404


@pytest.mark.parametrize(("rule", "status"), [("reject", 400), ("accept", 200)])
def test_whether_a_custom_role_has_its_id_as_its_name_is_a_switch(rule: str, status: int) -> None:
    console = Console(role_name_differs=rule)

    assert console.call("PUT", PATH, {**SHIFT, "name": "Late Shift"}).status_code == status


@pytest.mark.parametrize(("rule", "status"), [("reject", 400), ("accept", 200)])
@pytest.mark.parametrize("role_id", BUILT_IN_ROLES)
def test_whether_built_in_roles_can_be_edited_is_a_switch(
    rule: str, status: int, role_id: str
) -> None:
    console = Console(built_in_role_edit=rule)

    assert console.call("PUT", f"/roles/{role_id}", SHIFT).status_code == status


@pytest.mark.parametrize("role_id", BUILT_IN_ROLES)
def test_built_in_roles_are_not_deleted(role_id: str) -> None:
    assert Console().call("DELETE", f"/roles/{role_id}").status_code == 400


def test_which_roles_are_built_in_is_a_switch() -> None:
    console = Console(built_in_roles=[CUSTOM_ROLE])

    assert "built in" in message(console.call("DELETE", "/roles/Patch%20Coordinator"))
    assert console.call("DELETE", "/roles/controls-insight-only").ok


def test_a_role_that_somebody_has_is_not_deleted() -> None:
    console = Console()
    assert "assigned to 1 users" in message(console.call("DELETE", "/roles/Patch%20Coordinator"))

    console.replace(IRENE, role={"id": "user"})

    assert console.call("DELETE", "/roles/Patch%20Coordinator").ok
    assert console.call("DELETE", "/roles/Patch%20Coordinator").status_code == 404


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1))
def test_a_role_of_any_name_can_be_made_and_found(shared: Console, name: str) -> None:
    shared.simulator.reset()
    path = "/roles/" + quote(name, safe="")
    if name in (".", "..") or not name.strip():
        return

    created = shared.call("PUT", path, {"name": name, "description": "Any"})

    assert created.json()["links"][0]["href"] == f"{BASE}/api/3{path}"
    assert shared.get(path)["id"] == name
    assert shared.ids(path + "/users") == []
    assert shared.call("DELETE", path).ok


@pytest.mark.parametrize(
    ("role", "users"),
    [
        ("global-admin", [1, SERVICE]),
        ("user", [TOMAS, LENA]),
        ("Patch%20Coordinator", [IRENE]),
        ("custom", []),
    ],
)
def test_the_users_of_a_role_are_ids(role: str, users: list[int]) -> None:
    assert Console().ids(f"/roles/{role}/users") == users


def test_a_user_has_one_role_and_leaves_the_other() -> None:
    console = Console()

    console.replace(MARA, role={"id": "user"})

    assert MARA in console.ids("/roles/user/users")
    assert console.ids("/roles/security-manager/users") == []


def test_the_privileges_of_a_user_are_those_of_the_role() -> None:
    privileges = Console().get(f"/users/{IRENE}/privileges")["resources"]

    assert privileges == ["close-tickets", "create-tickets", "manage-tags", "view-site-asset-data"]


def test_there_are_thirty_five_privileges() -> None:
    assert Console().get("/privileges")["resources"] == list(PRIVILEGES)
    assert len(set(PRIVILEGES)) == 35


def test_a_privilege_has_nothing_but_links() -> None:
    assert set(Console().get("/privileges/manage-tags")) == {"links"}


@pytest.mark.parametrize(
    ("privilege", "users"),
    [
        ("manage-tags", [1, SERVICE, IRENE]),
        ("specify-site-metadata", [1, SERVICE, MARA, PAT]),
        ("all-permissions", [1, SERVICE]),
    ],
)
def test_the_users_with_a_privilege_are_ids(privilege: str, users: list[int]) -> None:
    assert Console().ids(f"/privileges/{privilege}/users") == users


def test_the_authentication_sources_are_listed_on_one_page() -> None:
    sources = Console().get("/authentication_sources")["resources"]

    assert [(each["id"], each["type"], each["external"]) for each in sources] == [
        (1, "admin", False),
        (2, "normal", False),
        (3, "ldap", True),
        (4, "saml", True),
    ]
    assert {each["rel"] for each in sources[0]["links"]} == {"self", "Authentication Source Users"}


@pytest.mark.parametrize(
    ("source", "users"), [(1, [1, SERVICE]), (2, [MARA, PAT, LENA]), (3, [TOMAS]), (4, [IRENE])]
)
def test_the_users_of_an_authentication_source_are_ids(source: int, users: list[int]) -> None:
    assert Console().ids(f"/authentication_sources/{source}/users") == users


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_authentication_sources_are_read_only(method: str) -> None:
    assert Console().call(method, "/authentication_sources/3", {}).status_code == 405
