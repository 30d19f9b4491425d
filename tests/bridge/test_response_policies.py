"""Response policies, from the request to the vendor and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS
from scimbridge.connectors.falcon.simulator.seed_policies import (
    LAPTOP_POLICY_ID,
    LAPTOPS,
    SERVER_POLICY_ID,
    SERVERS,
    default_policy_id,
)
from tests.conftest import World, open_world

SCHEMA = "urn:scimbridge:params:scim:schemas:falcon:2.0:ResponsePolicy"
LAPTOP_POLICY = f"/ResponsePolicies/{LAPTOP_POLICY_ID}"
NOBODYS = "f" * 32


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, policy="response_policies = true\nflight_control = true") as opened:
        yield opened


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A CID that sees no other one's policies; tests write to policies of their own."""
    policy = f'response_policies = true\nmember_cid = "{CHILD_CIDS[0]}"'
    with open_world(tmp_path_factory.mktemp("child"), policy=policy) as opened:
        yield opened


def create(world: World, name: str, **values: Any) -> requests.Response:
    body = {"schemas": [SCHEMA], "name": name, "platformName": "Windows", **values}
    return world.scim("POST", "/ResponsePolicies", body)


def values(resource: dict[str, Any], name: str) -> set[str]:
    return {each["value"] for each in resource.get(name, [])}


def test_discovery_shows_both_types_only_where_they_are_served(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with open_world(tmp_path_factory.mktemp("without")) as without:
        assert without.scim("GET", "/ResponsePolicies").status_code == 404

    endpoints = {
        each["endpoint"] for each in world.scim("GET", "/ResourceTypes").json()["Resources"]
    }
    schema = world.scim("GET", f"/Schemas/{SCHEMA}").json()

    assert "/ResponsePolicies" in endpoints
    assert {each["name"] for each in schema["attributes"]} >= {"enabled", "hostGroups", "settings"}


def test_a_policy_is_created_with_all_that_it_is_given(world: World) -> None:
    answer = create(
        world,
        "Isolation team",
        description="May isolate",
        enabled=True,
        precedence=1,
        hostGroups=[{"value": LAPTOPS}],
        cloneId=LAPTOP_POLICY_ID,
    )

    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["enabled"], shown["precedence"]) == (True, 1)
    assert values(shown, "hostGroups") == {LAPTOPS}
    assert values(shown, "settings") == {"RealTimeFunctionality", "GetCommand"}
    assert "cloneId" not in shown
    assert set(shown["meta"]) == {
        "resourceType",
        "created",
        "lastModified",
        "location",
        "version",
    }
    assert answer.headers["Location"].endswith(f"/ResponsePolicies/{shown['id']}")


def test_a_taken_name_is_409_uniqueness(world: World) -> None:
    answer = create(world, "Responders on laptops")

    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")


@pytest.mark.parametrize(
    ("operation", "name", "expected"),
    [
        ({"op": "replace", "path": "enabled", "value": False}, "enabled", False),
        ({"op": "remove", "path": "enabled"}, "enabled", False),
        ({"op": "replace", "path": "name", "value": "New"}, "name", "New"),
        ({"op": "add", "path": "description", "value": "New"}, "description", "New"),
    ],
)
def test_a_patch_changes_one_value(
    world: World, operation: dict[str, Any], name: str, expected: Any
) -> None:
    answer = world.scim.patch(LAPTOP_POLICY, operation)

    assert answer.status_code == 200, answer.text
    assert world.scim("GET", LAPTOP_POLICY).json()[name] == expected


def test_settings_and_host_groups_are_added_and_removed_by_value(world: World) -> None:
    answer = world.scim.patch(
        LAPTOP_POLICY,
        {"op": "add", "path": "settings", "value": [{"value": "ExecCommand"}]},
        {"op": "remove", "path": 'settings[value eq "GetCommand"]'},
        {"op": "add", "path": "hostGroups", "value": [{"value": SERVERS}]},
        {"op": "remove", "path": f'hostGroups[value eq "{LAPTOPS}"]'},
    )

    assert answer.status_code == 200, answer.text
    assert values(answer.json(), "settings") == {"RealTimeFunctionality", "ExecCommand"}
    assert values(answer.json(), "hostGroups") == {SERVERS}


def test_a_put_takes_away_what_it_leaves_out(world: World) -> None:
    body = {
        "schemas": [SCHEMA],
        "name": "Responders on laptops",
        "platformName": "Windows",
        "precedence": 1,
    }

    answer = world.scim("PUT", LAPTOP_POLICY, body)

    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["enabled"], values(shown, "settings"), values(shown, "hostGroups")) == (
        False,
        set(),
        set(),
    )


def test_what_was_read_can_be_put_back(world: World) -> None:
    before = world.scim("GET", LAPTOP_POLICY).json()

    answer = world.scim("PUT", LAPTOP_POLICY, before)

    assert (answer.status_code, answer.json()) == (200, before)


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "replace", "path": "platformName", "value": "Mac"}, "mutability"),
        ({"op": "replace", "path": "createdBy", "value": "me"}, "mutability"),
        ({"op": "replace", "path": "precedence", "value": 9}, "invalidValue"),
        ({"op": "remove", "path": "precedence"}, "invalidValue"),
        ({"op": "add", "path": "hostGroups", "value": [{"value": NOBODYS}]}, "invalidValue"),
        ({"op": "add", "path": "settings", "value": [{"value": "Nonsense"}]}, "invalidValue"),
        ({"op": "add", "path": "cloneId", "value": SERVER_POLICY_ID}, "invalidValue"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_the_reason(
    world: World, operation: dict[str, Any], scim_type: str
) -> None:
    before = world.scim("GET", LAPTOP_POLICY).json()

    answer = world.scim.patch(LAPTOP_POLICY, operation)

    assert (answer.status_code, answer.json()["scimType"]) == (400, scim_type)
    assert world.scim("GET", LAPTOP_POLICY).json() == before


def test_an_enabled_policy_is_deleted_once_it_is_disabled(world: World) -> None:
    refused = world.scim("DELETE", LAPTOP_POLICY)
    world.scim.patch(LAPTOP_POLICY, {"op": "replace", "path": "enabled", "value": False})
    deleted = world.scim("DELETE", LAPTOP_POLICY)

    assert refused.status_code == 409
    assert "delete_enabled_policies" in refused.json()["detail"]
    assert deleted.status_code == 204
    assert world.scim("GET", LAPTOP_POLICY).status_code == 404


@pytest.mark.parametrize(
    "policy_id", [NOBODYS, "x'+enabled:true", "x", default_policy_id(CHILD_CIDS[0], "Mac")]
)
def test_what_is_no_policy_of_the_cid_is_404(world: World, policy_id: str) -> None:
    path = f"/ResponsePolicies/{policy_id}"

    assert world.scim("GET", path).status_code == 404
    assert world.scim("DELETE", path).status_code == 404
    assert world.scim("GET", f"{path}/members").status_code == 404


def test_policies_are_found_by_when_they_were_made(world: World) -> None:
    before = world.scim("GET", LAPTOP_POLICY).json()["meta"]["created"]

    query = f'filter=meta.created le "{before}" and name eq "responders on laptops"'
    found = world.scim("GET", f"/ResponsePolicies?{query}").json()

    assert [each["id"] for each in found["Resources"]] == [LAPTOP_POLICY_ID]


def test_a_change_of_what_has_changed_meanwhile_is_412(world: World) -> None:
    etag = world.scim("GET", LAPTOP_POLICY).headers["ETag"]
    world.scim.patch(LAPTOP_POLICY, {"op": "add", "path": "description", "value": "New"})

    answer = world.scim("DELETE", LAPTOP_POLICY, If_Match=etag)

    assert answer.status_code == 412


def test_members_are_listed_under_their_policy(world: World) -> None:
    found = world.scim("GET", f'{LAPTOP_POLICY}/members?filter=hostname sw "lap-09"').json()

    [member] = found["Resources"]
    assert member["hostname"] == "lap-0977"
    assert world.scim("GET", f"{LAPTOP_POLICY}/members/{member['id']}").json() == member


@pytest.mark.parametrize(
    ("query", "routes"),
    [
        ("count=0", ["queries/response/v1"]),
        ('filter=platformName eq "Mac"', ["combined/response/v1", "queries/response/v1"]),
        (
            'filter=platformName eq "Mac"&sortBy=precedence&count=1',
            ["combined/response/v1", "queries/response/v1"],
        ),
    ],
)
def test_a_page_is_asked_of_the_vendor(child: World, query: str, routes: list[str]) -> None:
    child.vendor.forget_calls()

    answer = child.scim("GET", f"/ResponsePolicies?{query}")

    assert answer.status_code == 200, answer.text
    assert child.vendor.calls() == [f"GET /policy/{route}" for route in routes]


def test_a_parents_list_holds_its_own_policies(world: World) -> None:
    found = world.scim("GET", "/ResponsePolicies?sortBy=name&filter=enabled eq true").json()

    assert [each["name"] for each in found["Resources"]] == ["platform_default"] * 3 + [
        "Responders on laptops"
    ]


# --- any sequence of PATCH requests ------------------------------------------------------------

SETTINGS = ["CustomScripts", "GetCommand", "ExecCommand"]
REAL_TIME = "RealTimeFunctionality"


def listed(name: str, value: str) -> Any:
    add = {"op": "add", "path": name, "value": [{"value": value}]}
    remove = {"op": "remove", "path": f'{name}[value eq "{value}"]'}
    return st.sampled_from([add, remove])


OPERATIONS = st.one_of(
    st.builds(lambda on: {"op": "replace", "path": "enabled", "value": on}, st.booleans()),
    st.builds(lambda at: {"op": "replace", "path": "precedence", "value": at}, st.integers(1, 2)),
    st.sampled_from(SETTINGS).flatmap(lambda each: listed("settings", each)),
    st.sampled_from([LAPTOPS, SERVERS]).flatmap(lambda each: listed("hostGroups", each)),
)


@pytest.fixture(scope="module")
def pair(child: World) -> list[str]:
    """Two policies of the child."""
    rtr = [{"value": REAL_TIME}]
    return [str(create(child, name, settings=rtr).json()["id"]) for name in ("One", "Two")]


@given(st.lists(st.lists(OPERATIONS, min_size=1, max_size=3), min_size=1, max_size=4))
@settings(max_examples=12)
def test_after_any_patches_the_vendor_has_what_was_asked_for(
    child: World, pair: list[str], patches: list[list[dict[str, Any]]]
) -> None:
    policy = pair[0]
    shown = child.scim("GET", f"/ResponsePolicies/{policy}").json()
    wanted = {
        "enabled": shown["enabled"],
        "precedence": shown["precedence"],
        "settings": values(shown, "settings"),
        "hostGroups": values(shown, "hostGroups"),
    }

    for operations in patches:
        for operation in operations:
            name, _, rest = operation["path"].partition("[")
            if operation["op"] == "replace":
                wanted[name] = operation["value"]
            elif operation["op"] == "add":
                wanted[name] = wanted[name] | {operation["value"][0]["value"]}
            else:
                wanted[name] = wanted[name] - {rest.split('"')[1]}
        answer = child.scim.patch(f"/ResponsePolicies/{policy}", *operations)
        assert answer.status_code == 200, answer.text

    book = child.vendor.simulator.state.policies
    held = book.policies[policy]
    assert {
        "enabled": held.enabled,
        "precedence": book.precedence(held),
        "settings": set(held.settings),
        "hostGroups": set(held.group_ids),
    } == wanted
