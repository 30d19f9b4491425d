"""User groups of a Flight Control parent, through SCIM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from scimbridge.clock import now_ms
from scimbridge.directory import tokens
from scimbridge.directory.journal import Caller
from scimbridge.keys import derive_key
from tests.conftest import CORE_GROUP, SECRET_KEY, Scim, World, open_world

TOMAS = "tomas.ruiz@example.com"
SOC = "2b7e9d40c6f1483fa5d8e03b71c9f624"
OPERATOR = Caller("os:root", "r1")
MEMBERS = "/mssp/entities/user-group-members/v1"


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, policy="flight_control = true") as world:
        world.provider.observer.observe()
        yield world


def user_of(world: World, user_name: str) -> str:
    found = world.scim("GET", f'/Users?filter=userName eq "{user_name}"').json()
    return str(found["Resources"][0]["id"])


def group_of(world: World, name: str) -> str:
    found = world.scim("GET", f'/Groups?filter=displayName eq "{name}"').json()
    return str(found["Resources"][0]["id"])


def members(world: World, name: str = "SOC") -> set[str]:
    """The logins of the members, by the vendor's own state."""
    state = world.vendor.get("/_sim/state")
    logins = {each["native_id"]: each["user_name"] for each in state["accounts"]}
    (group,) = [each for each in state["groups"] if each["name"] == name]
    return {logins[uuid] for uuid in group["members"]}


def test_a_deactivation_takes_what_flight_control_gives_and_gives_it_back(parent: World) -> None:
    user = user_of(parent, TOMAS)

    assert parent.scim.set_active(user, False).status_code == 200
    assert members(parent) == set()
    assert parent.scim.set_active(user, True).status_code == 200

    assert members(parent) == {TOMAS}


def test_a_user_group_of_the_vendor_is_a_group_whose_members_come_and_go(parent: World) -> None:
    jane = parent.scim.create_user("jane@example.com")["id"]
    soc = group_of(parent, "SOC")
    parent.vendor.forget_calls()

    assert parent.scim.add_members(soc, jane).status_code == 200
    assert members(parent) == {TOMAS, "jane@example.com"}
    assert parent.scim.remove_member(soc, jane).status_code == 200

    assert members(parent) == {TOMAS}
    assert parent.vendor.calls() == [f"POST {MEMBERS}", f"DELETE {MEMBERS}"]


def test_a_mapped_group_puts_its_members_into_a_user_group(tmp_path: Path) -> None:
    groups = f'"First Line" = ["user-group:{SOC}"]'
    with open_world(tmp_path, policy="flight_control = true", groups=groups) as world:
        jane = world.scim.create_user("jane@example.com")["id"]

        world.scim.create_group("First Line", jane)

        assert members(world) == {TOMAS, "jane@example.com"}


# --- objects and delegations -----------------------------------------------------------------

EXTENSION = "urn:scimbridge:params:scim:schemas:extension:falcon:2.0:Group"
NORTH, ALL = "90c4f7a16e2d4b85b3f1d7a8e5026c39", "e1a85d3f7c0b4962847ef52b6d9c10a3"
READ_ONLY, VIEW = "falconhost_read_only", "event_viewer"


@pytest.fixture
def creating(tmp_path: Path) -> Iterator[World]:
    policy = 'flight_control = true\nunmapped_groups = "create"'
    with open_world(tmp_path, policy=policy) as world:
        yield world


def post(world: World, name: str, *logins: str, **attributes: Any) -> requests.Response:
    listed = [{"value": user_of(world, login)} for login in logins]
    schemas = [CORE_GROUP, *([EXTENSION] if attributes else [])]
    body = {"schemas": schemas, "displayName": name, "members": listed}
    return world.scim("POST", "/Groups", body | ({EXTENSION: attributes} if attributes else {}))


def groups(world: World) -> dict[str, str]:
    """Name to description of the vendor's user groups."""
    found = world.vendor.get("/_sim/state")["groups"]
    return {each["name"]: each["description"] for each in found if each["kind"] == "user-group"}


def links(world: World, name: str) -> dict[str, set[str]]:
    """CID group to roles, by the vendor's own state."""
    state = world.vendor.get("/_sim/state")
    (group,) = [each["native_id"] for each in state["groups"] if each["name"] == name]
    mine = [each for each in state["links"] if each["user_group_id"] == group]
    return {each["cid_group_id"]: set(each["role_ids"]) for each in mine}


def test_a_user_group_lives_and_ends_with_its_scim_group(creating: World) -> None:
    delegation = {"cidGroup": NORTH, "roles": ["help_desk"]}
    created = post(creating, "Hunters", TOMAS, description="Night", delegations=[delegation])
    assert created.status_code == 201, created.text
    path = f"/Groups/{created.json()['id']}"
    assert groups(creating)["Hunters"] == "Night"
    assert members(creating, "Hunters") == {TOMAS}
    assert links(creating, "Hunters") == {NORTH: {"help_desk"}}

    change = {"displayName": "Gatherers", f"{EXTENSION}:description": "Day"}
    assert creating.scim.patch(path, {"op": "replace", "value": change}).status_code == 200
    assert groups(creating)["Gatherers"] == "Day"
    assert links(creating, "Gatherers") == {NORTH: {"help_desk"}}
    assert creating.scim("DELETE", path).status_code == 204

    assert set(groups(creating)) == {"SOC"}


def test_what_a_group_of_the_vendor_delegates_is_shown(parent: World) -> None:
    shown = parent.scim("GET", f"/Groups/{group_of(parent, 'SOC')}").json()

    assert EXTENSION in shown["schemas"]
    assert shown[EXTENSION] == {
        "description": "First line",
        "delegations": [{"cidGroup": NORTH, "roles": [READ_ONLY]}],
    }


@pytest.mark.parametrize("how", ["POST", "PUT", "PATCH"])
def test_linking_a_group_and_changing_its_members_wipes_nothing(parent: World, how: str) -> None:
    """IdPs that do not know the extension never mention it."""
    body = {"schemas": [CORE_GROUP], "displayName": "SOC", "members": []}
    path = f"/Groups/{group_of(parent, 'SOC')}"
    if how == "PATCH":
        answer = parent.scim.patch(path, {"op": "replace", "path": "members", "value": []})
    else:
        answer = parent.scim(how, "/Groups" if how == "POST" else path, body)

    assert answer.ok, answer.text
    assert groups(parent) == {"SOC": "First line"}
    assert links(parent, "SOC") == {NORTH: {READ_ONLY}}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            {"op": "add", "path": ":delegations", "value": [{"cidGroup": ALL, "roles": [VIEW]}]},
            {NORTH: {READ_ONLY}, ALL: {VIEW}},
        ),
        (
            {"op": "add", "path": f':delegations[cidGroup eq "{NORTH}"].roles', "value": [VIEW]},
            {NORTH: {READ_ONLY, VIEW}},
        ),
        (
            {
                "op": "replace",
                "path": f':delegations[cidGroup eq "{NORTH}"].roles',
                "value": [VIEW],
            },
            {NORTH: {VIEW}},
        ),
        (
            {
                "op": "replace",
                "path": ":delegations",
                "value": [{"cidGroup": ALL, "roles": [VIEW]}],
            },
            {ALL: {VIEW}},
        ),
        ({"op": "remove", "path": f':delegations[cidGroup eq "{NORTH}"]'}, {}),
        ({"op": "remove", "path": ":delegations"}, {}),
        ({"op": "remove", "path": ""}, {}),
    ],
    ids=["add", "add a role", "replace roles", "replace", "remove one", "remove", "remove all"],
)
def test_delegations_are_patched(
    parent: World, operation: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    path = f"/Groups/{group_of(parent, 'SOC')}"

    answer = parent.scim.patch(path, operation | {"path": f"{EXTENSION}{operation['path']}"})

    assert answer.status_code == 200, answer.text
    assert links(parent, "SOC") == expected
    shown = answer.json().get(EXTENSION, {}).get("delegations", [])
    assert {each["cidGroup"]: set(each["roles"]) for each in shown} == expected


def test_a_delegation_that_the_vendor_refuses_changes_nothing(parent: World) -> None:
    wanted = [{"cidGroup": ALL, "roles": ["help_desk"]}, {"cidGroup": NORTH, "roles": ["nonsense"]}]
    path = f"/Groups/{group_of(parent, 'SOC')}"
    before = parent.scim("GET", path).json()[EXTENSION]

    answer = parent.scim.patch(
        path, {"op": "add", "path": f"{EXTENSION}:delegations", "value": wanted}
    )

    assert answer.status_code == 400
    assert "nonsense" in answer.json()["detail"]
    assert links(parent, "SOC") == {NORTH: {READ_ONLY}}
    assert parent.scim("GET", path).json()[EXTENSION] == before


def test_a_delegation_that_could_not_be_taken_now_is_taken_later(parent: World) -> None:
    path = f"/Groups/{group_of(parent, 'SOC')}"
    parent.vendor.fault("DELETE /mssp/entities/mssp-roles/v1", status=503, count=3)

    answer = parent.scim.patch(path, {"op": "remove", "path": f"{EXTENSION}:delegations"})
    assert answer.status_code == 429
    parent.recover()

    assert links(parent, "SOC") == {}
    assert "delegations" not in parent.scim("GET", path).json()[EXTENSION]


def test_a_role_as_a_group_delegates_nothing(parent: World) -> None:
    path = f"/Groups/{group_of(parent, 'Event Viewer')}"
    value = [{"cidGroup": NORTH, "roles": ["help_desk"]}]

    answer = parent.scim.patch(
        path, {"op": "add", "path": f"{EXTENSION}:delegations", "value": value}
    )

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


def test_a_tenant_without_flight_control_has_no_such_extension(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        assert world.scim("GET", f"/Schemas/{EXTENSION}").status_code == 404


# --- parent and child as targets -------------------------------------------------------------

CHILD = "a17c3e5b90d2468f8b1e6c04f3d7a952"
PAT = "pat.novak@north.example.com"


def test_one_bridge_serves_a_parent_and_a_child_as_targets_of_their_own(tmp_path: Path) -> None:
    child = f"""
[targets.north]
type = "falcon"
base_url = "SIMULATED"
client_id = "d41b6f0a2c9e4e57b83a70c5f1e6d928"
client_secret = "env:CLIENT_SECRET"
member_cid = "{CHILD}"
"""
    with open_world(tmp_path, policy="flight_control = true", other_targets=child) as world:
        with world.bridge.directory.write() as connection:
            key = derive_key(SECRET_KEY.encode(), "tokens")
            token = tokens.issue(connection, key, target="north", name="test", now=now_ms())
        north = Scim(world.scim.base_url.replace("/falcon/", "/north/"), token)
        for provider in world.bridge.providers.values():
            provider.observer.observe()

        jane = world.scim.create_user("jane@example.com", roles=[{"value": "help_desk"}])
        joe = north.create_user("joe@example.com", roles=[{"value": "event_viewer"}])

        accounts = world.vendor.accounts()
        assert accounts["joe@example.com"]["cid"] == CHILD
        assert accounts["jane@example.com"]["cid"] != CHILD
        assert {PAT, "joe@example.com"} == _logins(north)
        assert {TOMAS, "jane@example.com"} < _logins(world.scim)
        assert not _logins(world.scim) & _logins(north)
        assert north("GET", f"/Users/{jane['id']}").status_code == 404
        assert world.scim("GET", f"/Users/{joe['id']}").status_code == 404
        stranger = Scim(north.base_url, world.scim.token)
        assert stranger("GET", "/Users").status_code == 401
        # The same role is a group of each, with an id of its own.
        ids = {group["id"] for scim in (world.scim, north) for group in _groups(scim, "Help Desk")}
        assert len(ids) == 2
        assert not _groups(north, "SOC")


def _logins(scim: Scim) -> set[str]:
    return {each["userName"] for each in scim("GET", "/Users?count=100").json()["Resources"]}


def _groups(scim: Scim, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = scim("GET", f'/Groups?filter=displayName eq "{name}"').json()[
        "Resources"
    ]
    return found


# --- the guard -------------------------------------------------------------------------------

EXTENSION = "urn:scimbridge:params:scim:schemas:extension:falcon:2.0:Group"
GUARDED = f"""flight_control = true
unmapped_groups = "create"
protected_entitlements = ["role:remote_responder_one", "user-group:{SOC}"]
"""


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, policy=GUARDED) as world:
        world.provider.observer.observe()
        yield world


def delegating(role: str) -> dict[str, Any]:
    cid_group = "00000000000000000000000000000001"
    return {EXTENSION: {"delegations": [{"cidGroup": cid_group, "roles": [role]}]}}


def test_a_protected_role_is_not_delegated_either(guarded: World) -> None:
    body = {"displayName": "Hunters", **delegating("remote_responder_one")}
    guarded.vendor.forget_calls()

    answer = guarded.scim("POST", "/Groups", body)

    assert answer.status_code == 403
    assert "grant role:remote_responder_one" in answer.json()["detail"]
    assert guarded.vendor.calls(method="POST") == []


def test_a_protected_user_group_is_neither_renamed_nor_deleted(guarded: World) -> None:
    soc = group_of(guarded, "SOC")
    rename = {"op": "replace", "path": "displayName", "value": "CIRT"}

    assert guarded.scim.patch(f"/Groups/{soc}", rename).status_code == 403
    assert guarded.scim("DELETE", f"/Groups/{soc}").status_code == 403
    assert "SOC" in {each["name"] for each in guarded.vendor.get("/_sim/state")["groups"]}


# --- the removal budget ----------------------------------------------------------------------


def test_wiped_delegations_and_a_wiped_cid_group_are_stopped_like_a_wiped_group(
    tmp_path: Path,
) -> None:
    budget = "removal_budget_accounts = 0\nremoval_budget_percent = 0"
    with open_world(tmp_path, policy=f"flight_control = true\n{budget}") as world:
        world.provider.observer.observe()
        group = group_of(world, "SOC")
        jane = world.scim.create_user("jane@example.com")["id"]
        assert world.scim.add_members(group, jane).status_code == 200
        before = world.vendor.get("/_sim/state")

        remove = {"op": "remove", "path": f"{EXTENSION}:delegations"}
        delegations = world.scim.patch(f"/Groups/{group}", remove)
        world.provider.pauses.resume(OPERATOR)
        cid_group = world.scim("PUT", f"/CidGroups/{NORTH}", {"name": "North"})

        assert (delegations.status_code, cid_group.status_code) == (403, 403)
        assert "take access from 1 account at falcon" in delegations.json()["detail"]
        assert f"from the CidGroup {NORTH} at falcon" in cid_group.json()["detail"]
        assert world.vendor.get("/_sim/state") == before
