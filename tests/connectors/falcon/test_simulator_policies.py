"""Response policies: writing, actions and precedence, with every switch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_client import Falcon, message, resources

from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID
from scimbridge.connectors.falcon.simulator.seed_policies import (
    LAPTOP_POLICY_ID,
    LAPTOPS,
    SERVER_POLICY_ID,
    SERVERS,
    default_policy_id,
)

POLICIES = "/policy/entities/response/v1"
QUERY = "/policy/queries/response/v1"
COMBINED = "/policy/combined/response/v1"
ACTIONS = "/policy/entities/response-actions/v1"
PRECEDENCE = "/policy/entities/response-precedence/v1"
MEMBERS = "/policy/queries/response-members/v1"
DEFAULT = default_policy_id(PARENT_CID, "Windows")


def create(falcon: Falcon, name: str = "New", platform: str = "Windows", **fields: Any) -> Any:
    return falcon.send("POST", POLICIES, {"name": name, "platform_name": platform, **fields})


def read(falcon: Falcon, policy_id: str) -> Any:
    return resources(falcon.call("GET", POLICIES, ids=policy_id))[0]


def act(falcon: Falcon, action: str, *policy_ids: str, groups: Any = None) -> Any:
    body: dict[str, Any] = {"ids": list(policy_ids)}
    if groups is not None:
        body["action_parameters"] = [{"name": "group_id", "value": group} for group in groups]
    return falcon.call("POST", ACTIONS, body, action_name=action)


def setting(setting_id: str, enabled: bool = True) -> dict[str, Any]:
    return {"id": setting_id, "value": {"enabled": enabled}}


def switched_on(policy: Any) -> set[str]:
    return {
        each["id"]
        for category in policy["settings"]
        for each in category["settings"]
        if each["value"]["enabled"]
    }


def test_a_policy_is_created_with_201_disabled_and_without_its_precedence() -> None:
    falcon = Falcon()

    created = create(falcon, description="d")
    policy = resources(created)[0]

    assert created.status_code == 201
    assert created.json()["errors"] == []
    assert policy == read(falcon, policy["id"])
    assert (policy["enabled"], policy["cid"], policy["groups"]) == (False, PARENT_CID, [])
    assert policy["created_timestamp"] == "2026-01-01T00:00:00.000000000Z"
    assert "precedence" not in policy


@pytest.mark.parametrize(
    ("platform", "ids"),
    [
        ("Linux", 5),
        ("Mac", 6),
        ("Windows", 9),
    ],
)
def test_a_policy_shows_the_settings_of_its_platform_in_categories(platform: str, ids: int) -> None:
    policy = resources(create(Falcon(), platform=platform))[0]

    assert [category["name"] for category in policy["settings"]] == [
        "Enable/Disable",
        "Custom scripts",
        "High risk commands",
    ]
    assert sum(len(category["settings"]) for category in policy["settings"]) == ids


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"name": "P"},
        {"platform_name": "Linux"},
        {"name": "P", "platform_name": "linux"},
        {"name": "P", "platform_name": "Linux", "settings": {}},
        {"name": "P", "platform_name": "Linux", "settings": [{"id": "GetCommand"}]},
        {"name": "P", "platform_name": "Linux", "settings": [setting("FalconScripts")]},
    ],
    ids=repr,
)
def test_a_policy_that_makes_no_sense_is_refused(item: dict[str, Any]) -> None:
    assert Falcon().send("POST", POLICIES, item).status_code == 400


@pytest.mark.parametrize("status", [400, 409])
def test_a_name_that_is_taken_is_refused_and_nothing_of_the_request_is_done(status: int) -> None:
    falcon = Falcon(duplicate_policy_name_status=status)
    before = resources(falcon.call("GET", QUERY))

    answer = falcon.send(
        "POST",
        POLICIES,
        {"name": "First", "platform_name": "Windows"},
        {"name": "Responders on laptops", "platform_name": "Windows"},
    )

    assert answer.status_code == status
    assert answer.json()["resources"] is None
    assert resources(falcon.call("GET", QUERY)) == before


def test_a_clone_has_the_settings_of_its_source() -> None:
    falcon = Falcon()

    clone = resources(create(falcon, clone_id=LAPTOP_POLICY_ID))[0]

    assert switched_on(clone) == {"RealTimeFunctionality", "GetCommand"}
    assert create(falcon, "Other", clone_id="unknown").status_code == 404


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("merge", {"RealTimeFunctionality", "GetCommand", "PutCommand"}),
        ("replace", {"RealTimeFunctionality", "PutCommand"}),
    ],
)
def test_an_update_merges_or_replaces_the_settings(mode: str, expected: set[str]) -> None:
    falcon = Falcon(policy_settings=mode)
    wanted = [setting("RealTimeFunctionality"), setting("PutCommand")]

    updated = falcon.send("PATCH", POLICIES, {"id": LAPTOP_POLICY_ID, "settings": wanted})

    assert switched_on(resources(updated)[0]) == expected


def test_an_update_needs_settings_and_keeps_what_it_does_not_name() -> None:
    falcon = Falcon()

    refused = falcon.send("PATCH", POLICIES, {"id": LAPTOP_POLICY_ID, "name": "N"})
    updated = falcon.send(
        "PATCH", POLICIES, {"id": LAPTOP_POLICY_ID, "description": "d", "settings": []}
    )

    assert refused.status_code == 400
    assert resources(updated)[0]["name"] == "Responders on laptops"
    assert resources(updated)[0]["description"] == "d"
    assert resources(updated)[0]["modified_by"].startswith("api-client-id:")


def test_an_update_can_take_no_name_of_another_policy() -> None:
    falcon = Falcon()
    create(falcon, "Taken")
    item = {"id": LAPTOP_POLICY_ID, "name": "Taken", "settings": []}

    assert falcon.send("PATCH", POLICIES, item).status_code == 400
    assert falcon.send("PATCH", POLICIES, {**item, "id": "unknown"}).status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        [setting("RealTimeFunctionality", False)],
        [setting("FalconScripts")],
    ],
    ids=["commands without real time", "Falcon scripts without custom scripts"],
)
def test_settings_that_need_others_are_refused_unless_the_rules_are_off(
    wanted: list[dict[str, Any]],
) -> None:
    item = {"id": LAPTOP_POLICY_ID, "settings": wanted}

    assert Falcon().send("PATCH", POLICIES, item).status_code == 400
    assert Falcon(policy_setting_rules="ignore").send("PATCH", POLICIES, item).status_code == 200


def test_unknown_ids_are_a_404_only_if_there_is_nothing_else() -> None:
    falcon = Falcon()

    some = falcon.call("GET", POLICIES, ids=[LAPTOP_POLICY_ID, "unknown"])

    assert falcon.call("GET", POLICIES, ids="unknown").status_code == 404
    assert some.status_code == 200
    assert some.json()["errors"][0]["code"] == 404


def test_a_policy_is_disabled_before_it_is_deleted() -> None:
    falcon = Falcon()

    refused = falcon.call("DELETE", POLICIES, ids=[SERVER_POLICY_ID, LAPTOP_POLICY_ID])
    act(falcon, "disable", LAPTOP_POLICY_ID)
    deleted = falcon.call("DELETE", POLICIES, ids=[SERVER_POLICY_ID, LAPTOP_POLICY_ID])

    assert refused.status_code == 400
    assert resources(deleted) == [SERVER_POLICY_ID, LAPTOP_POLICY_ID]
    assert falcon.call("DELETE", POLICIES, ids=SERVER_POLICY_ID).status_code == 404


def test_the_default_policy_is_never_deleted() -> None:
    falcon = Falcon()
    act(falcon, "disable", DEFAULT)

    assert falcon.call("DELETE", POLICIES, ids=DEFAULT).status_code == 400


def test_policies_are_enabled_and_disabled() -> None:
    falcon = Falcon()

    enabled = resources(act(falcon, "enable", SERVER_POLICY_ID))
    disabled = resources(act(falcon, "disable", SERVER_POLICY_ID))

    assert [each[0]["enabled"] for each in (enabled, disabled)] == [True, False]


def test_host_groups_are_attached_and_detached() -> None:
    falcon = Falcon()

    both = resources(act(falcon, "add-host-group", SERVER_POLICY_ID, groups=[LAPTOPS, SERVERS]))
    one = resources(act(falcon, "remove-host-group", SERVER_POLICY_ID, groups=[SERVERS]))

    assert {group["id"] for group in both[0]["groups"]} == {LAPTOPS, SERVERS}
    assert [group["name"] for group in one[0]["groups"]] == ["Laptops"]


def test_a_group_action_needs_its_parameters() -> None:
    falcon = Falcon()

    bare = act(falcon, "add-host-group", SERVER_POLICY_ID)

    assert bare.status_code == 400
    assert message(bare) == "Group action parameters must be provided"
    assert act(falcon, "add-host-group", SERVER_POLICY_ID, groups=["x"]).status_code == 400


def test_action_parameters_are_a_list_of_objects() -> None:
    body = {"ids": [SERVER_POLICY_ID], "action_parameters": {"group_id": LAPTOPS}}

    answer = Falcon().call("POST", ACTIONS, body, action_name="add-host-group")

    assert answer.status_code == 400


def test_rule_groups_are_accepted_and_ignored() -> None:
    falcon = Falcon()
    body = {
        "ids": [SERVER_POLICY_ID],
        "action_parameters": [{"name": "rule_group_id", "value": "x"}],
    }

    answer = falcon.call("POST", ACTIONS, body, action_name="add-rule-group")

    assert answer.status_code == 200
    assert [group["id"] for group in resources(answer)[0]["groups"]] == [SERVERS]


@pytest.mark.parametrize(("action", "status"), [("", 400), ("pause", 400), ("enable", 404)])
def test_an_action_that_makes_no_sense_is_refused(action: str, status: int) -> None:
    assert act(Falcon(), action, "unknown").status_code == status


def order(falcon: Falcon, platform: str = "Windows") -> list[str]:
    """The names of the parent's policies, the first to apply first."""
    found = falcon.call(
        "GET", COMBINED, filter=f"platform_name:'{platform}'", sort="precedence.asc"
    )
    return [policy["name"] for policy in resources(found) if policy["cid"] == PARENT_CID]


def test_a_new_policy_comes_last_but_for_the_default() -> None:
    falcon = Falcon()

    create(falcon, "Second")

    assert order(falcon) == ["Responders on laptops", "Second", "platform_default"]


@settings(max_examples=20, deadline=None)
@given(shuffled=st.permutations(["a", "b", "c", "Responders on laptops"]))
def test_the_order_is_what_was_set(shuffled: list[str]) -> None:
    falcon = Falcon()
    ids = {"Responders on laptops": LAPTOP_POLICY_ID}
    for name in "abc":
        ids[name] = resources(create(falcon, name))[0]["id"]
    body = {"ids": [ids[name] for name in shuffled], "platform_name": "Windows"}

    answer = falcon.call("POST", PRECEDENCE, body)

    assert resources(answer) == body["ids"]
    assert order(falcon) == [*shuffled, "platform_default"]


@pytest.mark.parametrize(
    "ids",
    [
        [],
        [LAPTOP_POLICY_ID, LAPTOP_POLICY_ID],
        [LAPTOP_POLICY_ID, DEFAULT],
        [LAPTOP_POLICY_ID, SERVER_POLICY_ID],
        [default_policy_id(CHILD_CIDS[0], "Windows")],
    ],
    ids=["none", "twice", "the default", "another platform's", "a child's"],
)
def test_an_order_that_is_not_of_exactly_the_platforms_own_policies_is_refused(
    ids: list[str],
) -> None:
    body = {"ids": ids, "platform_name": "Windows"}

    assert Falcon().call("POST", PRECEDENCE, body).status_code == 400


def test_a_reset_brings_the_deleted_back() -> None:
    falcon = Falcon()
    falcon.call("DELETE", POLICIES, ids=SERVER_POLICY_ID)

    falcon.simulator.reset()
    falcon.login()

    assert read(falcon, SERVER_POLICY_ID)["name"] == "Servers"
    assert len(falcon.simulator.state.snapshot()["policies"]) == 11
