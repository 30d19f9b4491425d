"""Further resource types from the IdP's request to the vendor: Flight Control and InsightVM."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bridge.other_vendors import VendorWorld, open_vendor_world
from tests.conftest import Scim, World, open_world

CID_GROUP = "urn:scimbridge:params:scim:schemas:falcon:2.0:CidGroup"
NORTH_CID, SOUTH_CID = "a17c3e5b90d2468f8b1e6c04f3d7a952", "c4e80b26d35f4917b7a2908e1f6c3d5b"
NORTH = "90c4f7a16e2d4b85b3f1d7a8e5026c39"
NOWHERE = "f" * 32
MEMBERS = "/mssp/entities/cid-group-members/v1"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("parent")
    with open_world(folder, policy="flight_control = true") as world:
        yield world


@pytest.fixture
def parent(served: World) -> World:
    """A Flight Control parent as it was seeded."""
    served.vendor.simulator.reset()
    return served


def create(parent: World, name: str, *cids: str, **more: Any) -> requests.Response:
    members = [{"value": cid} for cid in cids]
    body = {"schemas": [CID_GROUP], "name": name, "members": members, **more}
    return parent.scim("POST", "/CidGroups", body)


def of(parent: World, group: str) -> set[str]:
    """The members by the vendor's own state."""
    return set(parent.vendor.simulator.state.flight_control.cid_groups[group].members)


def shown(group: dict[str, Any]) -> set[str]:
    return {each["value"] for each in group.get("members", ())}


def found(client: Scim, path: str, name: str = "name") -> list[str]:
    answer = client("GET", path)
    assert answer.status_code == 200, answer.text
    return [each[name] for each in answer.json()["Resources"]]


def audit(parent: World) -> list[str]:
    with parent.bridge.directory.read() as connection:
        rows = connection.exec_driver_sql("SELECT action FROM audit ORDER BY pk").all()
    return [row[0] for row in rows]


# --- CID groups ------------------------------------------------------------------------------


def test_a_cid_group_lives_its_life(parent: World) -> None:
    created = create(parent, "Both", NORTH_CID, description="Offices")
    group = created.json()

    assert created.status_code == 201
    assert created.headers["Location"] == group["meta"]["location"]
    assert parent.scim("GET", f"/CidGroups/{group['id']}").json() == group
    assert of(parent, group["id"]) == {NORTH_CID}

    changed = parent.scim.patch(
        f"/CidGroups/{group['id']}",
        {"op": "add", "path": "members", "value": [{"value": SOUTH_CID}]},
        {"op": "remove", "path": f'members[value eq "{NORTH_CID}"]'},
        {"op": "remove", "path": "description"},
    )
    assert (changed.status_code, shown(changed.json())) == (200, {SOUTH_CID})
    assert "description" not in changed.json()
    assert of(parent, group["id"]) == {SOUTH_CID}

    put = {"schemas": [CID_GROUP], "name": "None"}
    replaced = parent.scim("PUT", f"/CidGroups/{group['id']}", put)
    assert (replaced.status_code, replaced.json()["name"]) == (200, "None")
    assert of(parent, group["id"]) == set()

    assert parent.scim("DELETE", f"/CidGroups/{group['id']}").status_code == 204
    assert parent.scim("GET", f"/CidGroups/{group['id']}").status_code == 404
    assert audit(parent)[-8:] == [
        f"{action} {outcome}"
        for action in ("create", "patch", "replace", "delete")
        for outcome in ("wanted", "done")
    ]


def test_members_go_to_the_vendor_as_differences(parent: World) -> None:
    parent.vendor.forget_calls()

    add = {"op": "add", "path": "members", "value": [{"value": SOUTH_CID}]}
    assert parent.scim.patch(f"/CidGroups/{NORTH}", add).status_code == 200

    (call,) = [
        each
        for each in parent.vendor.get("/_sim/requests")["requests"]
        if each["method"] in ("POST", "PATCH", "DELETE") and each["route"].startswith("/mssp")
    ]
    assert (call["method"], call["route"]) == ("POST", MEMBERS)
    assert SOUTH_CID in str(call["body"])
    assert NORTH_CID not in str(call["body"])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["All CIDs", "North"]),
        ("?count=1&startIndex=2", ["North"]),
        ("?sortBy=name&sortOrder=descending", ["North", "All CIDs"]),
        (f'?filter=members.value eq "{SOUTH_CID}"', ["All CIDs"]),
        ('?filter=name sw "No" and isDefault eq false', ["North"]),
        ('?filter=name eq "north"', []),
    ],
)
def test_cid_groups_are_filtered_sorted_and_paged(
    parent: World, query: str, names: list[str]
) -> None:
    assert found(parent.scim, f"/CidGroups{query}") == names


@pytest.mark.parametrize("term", ['externalId eq "x"', 'colour eq "red"', "members co"])
def test_what_cannot_be_looked_for_is_an_invalid_filter(parent: World, term: str) -> None:
    answer = parent.scim("GET", f"/CidGroups?filter={term}")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


def test_a_projection_leaves_out_what_is_not_asked_for(parent: World) -> None:
    answer = parent.scim("GET", f"/CidGroups/{NORTH}?attributes=name").json()

    assert set(answer) == {"schemas", "id", "name"}


def test_a_write_of_another_version_is_refused(parent: World) -> None:
    version = parent.scim("GET", f"/CidGroups/{NORTH}").headers["ETag"]
    parent.scim.patch(f"/CidGroups/{NORTH}", {"op": "replace", "path": "name", "value": "Far"})

    again = parent.scim("DELETE", f"/CidGroups/{NORTH}", If_Match=version)

    assert again.status_code == 412
    assert of(parent, NORTH) == {NORTH_CID}


def test_refusals_say_what_is_wrong(parent: World) -> None:
    taken = create(parent, "North")
    unknown = create(parent, "Both", NORTH_CID, NOWHERE)
    many = create(parent, "Many", *(f"{number:032x}" for number in range(501)))
    default = found(parent.scim, "/CidGroups?filter=isDefault eq true", "id")
    kept = parent.scim("DELETE", f"/CidGroups/{default[0]}")

    assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")
    assert (unknown.status_code, unknown.json()["scimType"]) == (400, "invalidValue")
    assert NOWHERE in unknown.json()["detail"]
    assert (many.status_code, many.json()["scimType"]) == (400, "invalidValue")
    assert "500" in many.json()["detail"]
    assert kept.status_code == 409
    assert found(parent.scim, "/CidGroups") == ["All CIDs", "North"]


def test_a_vendor_that_is_down_has_the_request_sent_again(tmp_path: Path) -> None:
    later = {"X-RateLimit-RetryAfter": str(int(time.time()) + 900)}
    remove = {"op": "remove", "path": f'members[value eq "{NORTH_CID}"]'}
    with open_world(tmp_path, policy="flight_control = true") as alone:
        alone.vendor.fault(f"DELETE {MEMBERS}", status=429, headers=later)

        answer = alone.scim.patch(f"/CidGroups/{NORTH}", remove)

        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "60"
        assert "is not kept: send it again" in answer.json()["detail"]
        assert audit(alone)[-2:] == ["patch wanted", "patch failed"]
        assert of(alone, NORTH) == {NORTH_CID}


def test_an_answer_that_came_to_nothing_is_not_passed_on(parent: World) -> None:
    """The vendor says 200 to a removal and does nothing."""
    parent.vendor.fault(f"DELETE {MEMBERS}", status=200, body={"resources": []})

    remove = {"op": "remove", "path": f'members[value eq "{NORTH_CID}"]'}
    answer = parent.scim.patch(f"/CidGroups/{NORTH}", remove)

    assert answer.status_code == 429
    assert "does not show the change of members" in answer.json()["detail"]


def test_a_bulk_request_creates_and_changes_them(parent: World) -> None:
    data = {"schemas": [CID_GROUP], "name": "Bulk"}
    operations = [
        {"method": "POST", "path": "/CidGroups", "bulkId": "1", "data": data},
        {"method": "DELETE", "path": f"/CidGroups/{NORTH}"},
        {"method": "DELETE", "path": f"/Children/{NORTH_CID}"},
    ]
    urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

    answer = parent.scim("POST", "/Bulk", {"schemas": [urn], "Operations": operations}).json()

    assert [each["status"] for each in answer["Operations"]] == ["201", "204", "405"]
    assert found(parent.scim, "/CidGroups") == ["All CIDs", "Bulk"]


_CIDS = st.sets(st.sampled_from([NORTH_CID, SOUTH_CID]))


def _step(kind: str, cids: set[str]) -> dict[str, Any]:
    values = [{"value": cid} for cid in sorted(cids)]
    return {"op": kind, "path": "members", "value": values}


_STEPS = st.one_of(
    st.builds(_step, st.sampled_from(["add", "remove", "replace"]), _CIDS),
    st.builds(
        lambda cid: {"op": "remove", "path": f'members[value eq "{cid}"]'},
        st.sampled_from([NORTH_CID, SOUTH_CID]),
    ),
    st.just({"op": "remove", "path": "members"}),
    _CIDS,
)


@settings(max_examples=15)
@given(steps=st.lists(_STEPS, min_size=1, max_size=5))
def test_after_any_changes_the_vendor_has_the_members_that_are_shown(
    served: World, steps: list[Any]
) -> None:
    served.vendor.simulator.reset()
    wanted = {NORTH_CID}
    for step in steps:
        if isinstance(step, set):
            wanted = set(step)
            members = [{"value": cid} for cid in sorted(step)]
            body = {"schemas": [CID_GROUP], "name": "North", "members": members}
            answer = served.scim("PUT", f"/CidGroups/{NORTH}", body)
        else:
            wanted = _after(wanted, step)
            answer = served.scim.patch(f"/CidGroups/{NORTH}", step)
        assert answer.status_code == 200, answer.text
        assert shown(answer.json()) == of(served, NORTH) == wanted
    assert shown(served.scim("GET", f"/CidGroups/{NORTH}").json()) == wanted


def _after(members: set[str], step: dict[str, Any]) -> set[str]:
    given = {each["value"] for each in step.get("value", ())}
    match step["op"], step["path"]:
        case "add", _:
            return members | given
        case "replace", _:
            return given
        case "remove", "members":
            return members - given if "value" in step else set()
        case _:
            return {cid for cid in members if cid not in step["path"]}


# --- children --------------------------------------------------------------------------------


def test_children_are_read_and_nothing_else(parent: World) -> None:
    assert set(found(parent.scim, "/Children")) == {"Example North", "Example South"}
    assert found(parent.scim, f'/Children?filter=cid eq "{NORTH_CID}"') == ["Example North"]
    assert found(parent.scim, "/Children?sortBy=name&count=1&startIndex=2") == ["Example South"]
    assert parent.scim("GET", f"/Children/{NORTH_CID}").json()["name"] == "Example North"
    assert parent.scim("GET", f"/Children/{NOWHERE}").status_code == 404
    for method, path in (("POST", ""), ("PUT", f"/{NORTH_CID}"), ("DELETE", f"/{NORTH_CID}")):
        answer = parent.scim(method, f"/Children{path}", {})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_they_are_discovered_where_they_are_served(parent: World) -> None:
    names = found(parent.scim, "/ResourceTypes")
    urns = found(parent.scim, "/Schemas", "id")

    assert names == ["User", "Group", "CidGroup", "Child"]
    assert {CID_GROUP, CID_GROUP.replace("CidGroup", "Child")} <= set(urns)
    kind = parent.scim("GET", "/ResourceTypes/CidGroup").json()
    assert (kind["endpoint"], kind["schema"]) == ("/CidGroups", CID_GROUP)
    paths = parent.scim("GET", "/openapi.json").json()["paths"]
    assert set(paths["/CidGroups/{id}"]) == {"parameters", "get", "put", "patch", "delete"}
    assert set(paths["/Children/{id}"]) == {"parameters", "get"}


# --- InsightVM -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorWorld]:
    with open_vendor_world(tmp_path_factory.mktemp("console"), "insightvm") as opened:
        yield opened


def test_authentication_sources_are_read(console: VendorWorld) -> None:
    scim = console.scim

    assert found(scim, "/AuthenticationSources?sortBy=name") == [
        "Builtin Administrators",
        "Builtin Users",
        "Example LDAP",
        "Example SSO",
    ]
    assert found(scim, '/AuthenticationSources?filter=type eq "LDAP"') == ["Example LDAP"]
    (ldap,) = found(scim, '/AuthenticationSources?filter=name eq "Example LDAP"', "id")
    one = scim("GET", f"/AuthenticationSources/{ldap}").json()
    assert (one["name"], one["type"], one["external"]) == ("Example LDAP", "ldap", True)
    assert scim("GET", "/AuthenticationSources/99").status_code == 404
    assert scim("GET", "/AuthenticationSources/x").status_code == 404
    assert scim("DELETE", f"/AuthenticationSources/{ldap}").status_code == 405


def test_who_signs_in_by_a_source_is_listed_below_it(console: VendorWorld) -> None:
    scim = console.scim
    (normal,) = found(scim, '/AuthenticationSources?filter=type eq "normal"', "id")
    users = f"/AuthenticationSources/{normal}/users"

    logins = found(scim, f"{users}?sortBy=userName", "userName")
    page = scim("GET", f"{users}?sortBy=userName&startIndex=2&count=1").json()
    (one,) = page["Resources"]

    assert logins == sorted(logins)
    assert len(logins) > 1
    assert (page["totalResults"], one["userName"]) == (len(logins), logins[1])
    query = {"filter": f'userName eq "{logins[0].upper()}"'}
    urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
    by_post = scim("POST", f"{users}/.search", {"schemas": [urn], **query}).json()
    assert [each["userName"] for each in by_post["Resources"]] == logins[:1]
    assert one["meta"]["location"] == f"{scim.base_url}{users}/{one['id']}"
    assert scim("GET", f"{users}/{one['id']}").json() == one
    assert scim("GET", f"{users}?filter=enabled eq true and nothing pr").status_code == 400
    assert scim("POST", users, {}).status_code == 405


@pytest.mark.parametrize("path", ["99/users", "x/users", "99/users/1", "3/nothing"])
def test_what_belongs_to_nothing_is_not_found(console: VendorWorld, path: str) -> None:
    assert console.scim("GET", f"/AuthenticationSources/{path}").status_code == 404


def test_an_account_of_another_source_is_not_found_below_this_one(console: VendorWorld) -> None:
    scim = console.scim
    (ldap,) = found(scim, '/AuthenticationSources?filter=type eq "ldap"', "id")
    (normal,) = found(scim, '/AuthenticationSources?filter=type eq "normal"', "id")
    account = found(scim, f"/AuthenticationSources/{ldap}/users", "id")[0]

    assert scim("GET", f"/AuthenticationSources/{ldap}/users/{account}").status_code == 200
    assert scim("GET", f"/AuthenticationSources/{normal}/users/{account}").status_code == 404


def test_a_cursor_of_one_owner_does_not_fit_another(console: VendorWorld) -> None:
    scim = console.scim
    (normal,) = found(scim, '/AuthenticationSources?filter=type eq "normal"', "id")
    (ldap,) = found(scim, '/AuthenticationSources?filter=type eq "ldap"', "id")

    first = scim("GET", f"/AuthenticationSources/{normal}/users?cursor&count=1").json()
    cursor = first["nextCursor"]
    again = scim("GET", f"/AuthenticationSources/{normal}/users?cursor={cursor}&count=1")
    wrong = scim("GET", f"/AuthenticationSources/{ldap}/users?cursor={cursor}&count=1")

    assert again.status_code == 200
    assert (wrong.status_code, wrong.json()["scimType"]) == (400, "invalidCursor")


def test_a_nested_type_has_a_schema_and_a_description_and_is_in_no_list(
    console: VendorWorld,
) -> None:
    names = found(console.scim, "/ResourceTypes")
    urns = found(console.scim, "/Schemas", "name")
    paths = console.scim("GET", "/openapi.json").json()["paths"]

    assert names == ["User", "Group", "AuthenticationSource"]
    assert "InsightVM account of an authentication source" in urns
    nested = paths["/AuthenticationSources/{id}/users"]
    assert {"$ref": "#/components/parameters/id"} in nested["parameters"]
    assert "404" in nested["get"]["responses"]
    one = paths["/AuthenticationSources/{id}/users/{nestedId}"]
    assert {each["$ref"].rpartition("/")[2] for each in one["parameters"]} == {"id", "nestedId"}
