"""Response policies and their members: the connector against the simulated tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from falcon_tenant import Tenant
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.simulator.policy_settings import PLATFORMS
from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID
from scimbridge.connectors.falcon.simulator.seed_policies import (
    LAPTOP_POLICY_ID,
    LAPTOPS,
    SERVER_POLICY_ID,
    SERVERS,
    default_policy_id,
)
from scimbridge.connectors.falcon.simulator.switches import ALL_SCOPES
from scimbridge.connectors.interface import Record, RecordQuery
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorNotFound,
    VendorRejected,
)
from scimbridge.simulation.faults import Fault

ENTITIES = "/policy/entities/response/v1"
ACTIONS = "/policy/entities/response-actions/v1"
PRECEDENCE = "/policy/entities/response-precedence/v1"
COMBINED = "/policy/combined/response/v1"
QUERY = "/policy/queries/response/v1"
WINDOWS_DEFAULT = default_policy_id(PARENT_CID, "Windows")
NOBODYS = "f" * 32
POLICY = "ResponsePolicy"
MEMBER = "ResponsePolicyMember"


def of_a_child(tenant: Tenant, **changes: Any) -> FalconConnector:
    """A connector of a CID that sees nothing but its own."""
    child = CHILD_CIDS[0]
    return tenant.connector(member_cid=child, cid=None, response_policies=True, **changes)


def of_the_parent(tenant: Tenant, **changes: Any) -> FalconConnector:
    return tenant.connector(flight_control=True, response_policies=True, **changes)


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def parent(tenant: Tenant) -> FalconConnector:
    return of_the_parent(tenant)


@pytest.fixture
def child(tenant: Tenant) -> FalconConnector:
    return of_a_child(tenant)


def read(connector: FalconConnector, policy_id: str) -> dict[str, Any]:
    found = connector.read_record(POLICY, policy_id)
    assert found is not None
    return dict(found)


def create(connector: FalconConnector, name: str, **values: Any) -> str:
    record = {"name": name, "platformName": "Windows", **values}
    return connector.create_record(POLICY, record)


def change(connector: FalconConnector, policy_id: str, **values: Any) -> Record:
    """Update the policy; None takes a value away."""
    before = read(connector, policy_id)
    wanted = {**before, **values}
    connector.update_record(
        POLICY, before, {name: value for name, value in wanted.items() if value is not None}
    )
    return read(connector, policy_id)


def writes(tenant: Tenant) -> list[str]:
    """What changed something, with the action if it was one."""
    return [
        " ".join([each.method, each.path, *each.query.get("action_name", [])])
        for each in tenant.simulator.log.requests()
        if each.path.startswith("/policy") and each.method != "GET"
    ]


def on(*settings: str) -> list[dict[str, str]]:
    return [{"value": each} for each in settings]


def ids(values: list[Mapping[str, Any]]) -> set[str]:
    return {each["value"] for each in values}


# --- the setting -------------------------------------------------------------------------------


def test_without_the_setting_there_are_none(tenant: Tenant) -> None:
    assert tenant.connector().capabilities.record_types == {}


def test_policies_can_be_written_and_members_only_read(parent: FalconConnector) -> None:
    types = parent.capabilities.record_types

    assert types[POLICY] == {"create", "update", "delete"}
    assert types[MEMBER] == frozenset()


def test_check_is_content_with_both_scopes(parent: FalconConnector) -> None:
    parent.check()


@pytest.mark.parametrize("scope", ["response-policies:read", "response-policies:write"])
def test_check_names_the_scope_that_is_missing(scope: str) -> None:
    tenant = Tenant(scopes=[each for each in ALL_SCOPES if each != scope])

    with pytest.raises(VendorDenied, match=scope):
        of_the_parent(tenant).check()


# --- reading -----------------------------------------------------------------------------------


def test_a_policy_is_shown_with_the_settings_that_are_on(parent: FalconConnector) -> None:
    policy = read(parent, LAPTOP_POLICY_ID)

    assert policy == {
        "id": LAPTOP_POLICY_ID,
        "name": "Responders on laptops",
        "platformName": "Windows",
        "enabled": True,
        "precedence": 1,
        "hostGroups": [{"value": LAPTOPS, "display": "Laptops"}],
        "settings": [
            {
                "value": "RealTimeFunctionality",
                "display": "Real Time Response",
                "category": "Enable/Disable",
            },
            {"value": "GetCommand", "display": "get", "category": "High risk commands"},
        ],
        "createdBy": "mara.lind@example.com",
        "modifiedBy": "mara.lind@example.com",
        "meta": policy["meta"],
    }
    assert set(policy["meta"]) == {"created", "lastModified"}


def test_a_list_has_the_own_policies_and_their_places_within_the_platform(
    parent: FalconConnector,
) -> None:
    shown = {
        (each["platformName"], each["precedence"]): each["name"] for each in parent.records(POLICY)
    }

    assert shown == {
        ("Windows", 1): "Responders on laptops",
        ("Windows", 2): "platform_default",
        ("Mac", 1): "platform_default",
        ("Linux", 1): "Servers",
        ("Linux", 2): "platform_default",
    }


def test_a_child_has_its_own_policies_alone(child: FalconConnector) -> None:
    assert {each["id"] for each in child.records(POLICY)} == {
        default_policy_id(CHILD_CIDS[0], platform) for platform in PLATFORMS
    }


def test_a_policy_of_another_cid_is_none(parent: FalconConnector) -> None:
    assert parent.read_record(POLICY, default_policy_id(CHILD_CIDS[0], "Mac")) is None


@pytest.mark.parametrize("hostile", ["", "..", "../x", "a&ids=b", NOBODYS, NOBODYS[1:], "é" * 32])
def test_what_is_no_policy_is_none(child: FalconConnector, hostile: str) -> None:
    assert child.read_record(POLICY, hostile) is None


def test_one_policy_is_read_by_its_id_and_the_ids_of_its_platform(
    tenant: Tenant, child: FalconConnector
) -> None:
    child.read_record(POLICY, default_policy_id(CHILD_CIDS[0], "Mac"))

    assert [each for each in tenant.asked() if "policy" in each] == [
        f"GET {ENTITIES}",
        f"GET {QUERY}",
    ]


# --- creating ----------------------------------------------------------------------------------


def test_a_plain_policy_takes_one_call(tenant: Tenant, parent: FalconConnector) -> None:
    policy_id = create(parent, "Plain", description="For nothing")

    assert writes(tenant) == [f"POST {ENTITIES}"]
    shown = read(parent, policy_id)
    assert (shown["name"], shown["description"], shown["enabled"]) == (
        "Plain",
        "For nothing",
        False,
    )
    assert shown["precedence"] == 2


def test_what_takes_actions_follows_and_enabling_is_the_last(
    tenant: Tenant, parent: FalconConnector
) -> None:
    policy_id = create(
        parent,
        "Full",
        enabled=True,
        precedence=1,
        hostGroups=[{"value": LAPTOPS}, {"value": SERVERS}],
        settings=on("RealTimeFunctionality", "ExecCommand"),
    )

    assert writes(tenant) == [
        f"POST {ENTITIES}",
        f"POST {ACTIONS} add-host-group",
        f"POST {PRECEDENCE}",
        f"POST {ACTIONS} enable",
    ]
    shown = read(parent, policy_id)
    assert shown["enabled"] is True
    assert shown["precedence"] == 1
    assert ids(shown["hostGroups"]) == {LAPTOPS, SERVERS}
    assert ids(shown["settings"]) == {"RealTimeFunctionality", "ExecCommand"}


def test_a_clone_starts_with_the_settings_of_another(parent: FalconConnector) -> None:
    policy_id = create(parent, "Clone", cloneId=LAPTOP_POLICY_ID)

    shown = read(parent, policy_id)
    assert ids(shown["settings"]) == {"RealTimeFunctionality", "GetCommand"}
    assert shown["enabled"] is False


@pytest.mark.parametrize("policy_settings", ["merge", "replace"])
def test_a_clone_with_settings_of_its_own_has_those_alone(policy_settings: str) -> None:
    parent = of_the_parent(Tenant(policy_settings=policy_settings))

    policy_id = create(
        parent,
        "Clone",
        cloneId=LAPTOP_POLICY_ID,
        settings=on("RealTimeFunctionality", "PutCommand"),
    )

    assert ids(read(parent, policy_id)["settings"]) == {"RealTimeFunctionality", "PutCommand"}


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_name_is_a_conflict_whatever_the_status(status: int) -> None:
    parent = of_the_parent(Tenant(duplicate_policy_name_status=status))

    with pytest.raises(VendorConflict):
        create(parent, "Responders on laptops")


def test_the_same_name_on_another_platform_is_another_policy(parent: FalconConnector) -> None:
    policy_id = create(parent, "Responders on laptops", platformName="Mac")

    assert read(parent, policy_id)["platformName"] == "Mac"


def test_a_refusal_for_another_reason_is_no_conflict(parent: FalconConnector) -> None:
    with pytest.raises(VendorRejected) as caught:
        create(parent, "Wrong", settings=on("GetCommand"))

    assert not isinstance(caught.value, VendorConflict)


@pytest.mark.parametrize(
    "values",
    [
        {"platformName": "BeOS"},
        {"cloneId": "../../x"},
        {"hostGroups": [{"value": "x' or 1"}]},
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    tenant: Tenant, parent: FalconConnector, values: dict[str, Any]
) -> None:
    with pytest.raises(VendorRejected):
        create(parent, "Never", **values)

    assert writes(tenant) == []


@pytest.mark.parametrize(
    "values",
    [
        {"hostGroups": [{"value": NOBODYS}]},
        {"precedence": 3},
        {"precedence": 0},
    ],
)
def test_a_policy_that_cannot_be_completed_does_not_stay(
    tenant: Tenant, parent: FalconConnector, values: dict[str, Any]
) -> None:
    with pytest.raises(VendorRejected):
        create(parent, "Half", enabled=True, **values)

    assert "Half" not in {each["name"] for each in parent.records(POLICY)}


def test_a_policy_that_was_enabled_although_the_answer_says_otherwise_does_not_stay(
    tenant: Tenant, parent: FalconConnector
) -> None:
    tenant.simulator.faults.add(Fault("POST", ACTIONS, 400, when="after"))

    with pytest.raises(VendorRejected):
        create(parent, "Half", enabled=True)

    assert "Half" not in {each["name"] for each in parent.records(POLICY)}


def test_a_half_made_policy_that_cannot_be_deleted_is_named(
    tenant: Tenant, parent: FalconConnector
) -> None:
    tenant.simulator.faults.add(Fault("DELETE", ENTITIES, 400))

    with pytest.raises(OutcomeUnknown, match="'Half'"):
        create(parent, "Half", hostGroups=[{"value": NOBODYS}])


def test_an_answer_without_the_policy_leaves_the_outcome_open(
    tenant: Tenant, parent: FalconConnector
) -> None:
    tenant.simulator.faults.add(Fault("POST", ENTITIES, 201, {"resources": None}))

    with pytest.raises(OutcomeUnknown, match="'Lost'"):
        create(parent, "Lost")


# --- changing ----------------------------------------------------------------------------------


def test_nothing_is_sent_for_no_change(tenant: Tenant, parent: FalconConnector) -> None:
    change(parent, LAPTOP_POLICY_ID)

    assert writes(tenant) == []


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"name": "Other"}, f"PATCH {ENTITIES}"),
        ({"description": "Of the help desk"}, f"PATCH {ENTITIES}"),
        ({"settings": on("RealTimeFunctionality")}, f"PATCH {ENTITIES}"),
        ({"settings": None}, f"PATCH {ENTITIES}"),
        ({"enabled": False}, f"POST {ACTIONS} disable"),
        ({"enabled": None}, f"POST {ACTIONS} disable"),
        ({"hostGroups": None}, f"POST {ACTIONS} remove-host-group"),
        (
            {"hostGroups": [{"value": LAPTOPS}, {"value": SERVERS}]},
            f"POST {ACTIONS} add-host-group",
        ),
    ],
)
def test_a_change_takes_the_one_call_that_makes_it(
    tenant: Tenant, parent: FalconConnector, values: dict[str, Any], sent: str
) -> None:
    shown = change(parent, LAPTOP_POLICY_ID, **values)

    assert writes(tenant) == [sent]
    for name, value in values.items():
        if name in ("settings", "hostGroups"):
            assert ids(shown.get(name, [])) == ids(value or [])
        else:
            assert shown[name] == (value or False)


def test_what_takes_away_goes_first_and_enabling_last(
    tenant: Tenant, parent: FalconConnector
) -> None:
    create(parent, "Second")
    tenant.simulator.log.clear()

    change(parent, LAPTOP_POLICY_ID, enabled=False, hostGroups=[{"value": SERVERS}], precedence=2)
    change(parent, LAPTOP_POLICY_ID, enabled=True, settings=on("RealTimeFunctionality"))

    assert writes(tenant) == [
        f"POST {ACTIONS} disable",
        f"POST {ACTIONS} remove-host-group",
        f"POST {ACTIONS} add-host-group",
        f"POST {PRECEDENCE}",
        f"PATCH {ENTITIES}",
        f"POST {ACTIONS} enable",
    ]


@pytest.mark.parametrize("policy_settings", ["merge", "replace"])
def test_settings_become_those_that_are_listed_however_the_vendor_takes_an_update(
    policy_settings: str,
) -> None:
    parent = of_the_parent(Tenant(policy_settings=policy_settings))

    shown = change(
        parent,
        LAPTOP_POLICY_ID,
        settings=on("RealTimeFunctionality", "PutCommand", "MemDumpCommand"),
    )
    renamed = change(parent, LAPTOP_POLICY_ID, name="Renamed")

    assert ids(shown["settings"]) == {"RealTimeFunctionality", "PutCommand", "MemDumpCommand"}
    assert ids(renamed["settings"]) == ids(shown["settings"])


def test_a_description_can_be_taken_away(parent: FalconConnector) -> None:
    change(parent, LAPTOP_POLICY_ID, description="Old")

    assert "description" not in change(parent, LAPTOP_POLICY_ID, description=None)


def test_a_rename_to_a_taken_name_is_a_conflict(parent: FalconConnector) -> None:
    other = create(parent, "Other")

    with pytest.raises(VendorConflict):
        change(parent, other, name="Responders on laptops")


def test_a_refused_setting_of_a_kept_name_is_no_conflict(parent: FalconConnector) -> None:
    with pytest.raises(VendorRejected) as caught:
        change(parent, LAPTOP_POLICY_ID, settings=on("GetCommand"))

    assert not isinstance(caught.value, VendorConflict)


def test_the_whole_order_of_the_platform_is_sent_without_default_and_foreign_policies(
    tenant: Tenant, parent: FalconConnector
) -> None:
    second, third = create(parent, "Second"), create(parent, "Third")
    of_a_child(tenant).create_record(POLICY, {"name": "Theirs", "platformName": "Windows"})

    shown = change(parent, third, precedence=1)

    [sent] = [
        json.loads(each.body) for each in tenant.simulator.log.requests() if each.path == PRECEDENCE
    ]
    assert sent == {"ids": [third, LAPTOP_POLICY_ID, second], "platform_name": "Windows"}
    assert shown["precedence"] == 1
    assert read(parent, second)["precedence"] == 3


@pytest.mark.parametrize("place", [0, -1, 3, None])
def test_a_place_that_there_is_not_is_refused(
    tenant: Tenant, parent: FalconConnector, place: int | None
) -> None:
    create(parent, "Second")
    tenant.simulator.log.clear()

    with pytest.raises(VendorRejected, match="precedence"):
        change(parent, LAPTOP_POLICY_ID, precedence=place, enabled=False)

    assert writes(tenant) == []


def test_the_default_policy_stays_the_last(parent: FalconConnector) -> None:
    with pytest.raises(VendorRejected, match="comes last"):
        change(parent, WINDOWS_DEFAULT, precedence=1)


def test_a_clone_id_is_refused_for_a_policy_that_is_there(parent: FalconConnector) -> None:
    with pytest.raises(VendorRejected, match="cloneId"):
        change(parent, LAPTOP_POLICY_ID, cloneId=SERVER_POLICY_ID)


def test_a_policy_that_went_meanwhile_is_not_found(parent: FalconConnector) -> None:
    before = read(parent, SERVER_POLICY_ID)
    parent.delete_record(POLICY, SERVER_POLICY_ID)

    with pytest.raises(VendorNotFound):
        parent.update_record(POLICY, before, {**before, "name": "Gone"})


# --- deleting ----------------------------------------------------------------------------------


def test_a_disabled_policy_is_deleted(parent: FalconConnector) -> None:
    parent.delete_record(POLICY, SERVER_POLICY_ID)

    assert parent.read_record(POLICY, SERVER_POLICY_ID) is None


def test_an_enabled_policy_stays_unless_the_configuration_says_otherwise(
    tenant: Tenant, parent: FalconConnector
) -> None:
    with pytest.raises(VendorConflict, match="enabled"):
        parent.delete_record(POLICY, LAPTOP_POLICY_ID)

    assert writes(tenant) == []


def test_an_enabled_policy_is_disabled_first_where_the_configuration_says_so(
    tenant: Tenant,
) -> None:
    parent = of_the_parent(tenant, delete_enabled_policies="disable")

    parent.delete_record(POLICY, LAPTOP_POLICY_ID)

    assert writes(tenant) == [f"POST {ACTIONS} disable", f"DELETE {ENTITIES}"]
    assert parent.read_record(POLICY, LAPTOP_POLICY_ID) is None


@pytest.mark.parametrize("choice", ["refuse", "disable"])
def test_a_default_policy_is_never_deleted_nor_disabled(tenant: Tenant, choice: str) -> None:
    parent = of_the_parent(tenant, delete_enabled_policies=choice)

    with pytest.raises(VendorConflict, match="default"):
        parent.delete_record(POLICY, WINDOWS_DEFAULT)

    assert read(parent, WINDOWS_DEFAULT)["enabled"] is True


@pytest.mark.parametrize("policy_id", [NOBODYS, "..", default_policy_id(CHILD_CIDS[0], "Mac")])
def test_deleting_what_is_not_there_is_success(
    tenant: Tenant, parent: FalconConnector, policy_id: str
) -> None:
    parent.delete_record(POLICY, policy_id)

    assert writes(tenant) == []


def test_a_policy_that_somebody_else_deletes_meanwhile_is_gone(
    tenant: Tenant, parent: FalconConnector
) -> None:
    gone = {"errors": [{"code": 404, "message": "gone"}]}
    tenant.simulator.faults.add(Fault("DELETE", ENTITIES, 404, gone))

    parent.delete_record(POLICY, SERVER_POLICY_ID)


# --- members -----------------------------------------------------------------------------------


def test_the_members_are_the_hosts_that_the_policy_applies_to(parent: FalconConnector) -> None:
    members = list(parent.records(MEMBER, owner=LAPTOP_POLICY_ID))

    assert [each["hostname"] for each in members] == ["lap-0412", "lap-0977"]
    assert members[0]["platformName"] == "Windows"
    assert members[0]["status"] == "normal"
    assert members[0]["hostGroups"] == [{"value": LAPTOPS}]


def test_a_member_is_read_by_its_id_and_only_under_its_policy(parent: FalconConnector) -> None:
    [first, _] = parent.records(MEMBER, owner=LAPTOP_POLICY_ID)

    assert parent.read_record(MEMBER, first["id"], owner=LAPTOP_POLICY_ID) == first
    assert parent.read_record(MEMBER, first["id"], owner=WINDOWS_DEFAULT) is None
    assert parent.read_record(MEMBER, "lap-0412", owner=LAPTOP_POLICY_ID) is None


@pytest.mark.parametrize(
    "owner", [NOBODYS, "..", "", default_policy_id(CHILD_CIDS[0], "Mac"), None]
)
def test_there_are_no_members_of_what_is_no_policy(
    parent: FalconConnector, owner: str | None
) -> None:
    with pytest.raises(VendorNotFound):
        list(parent.records(MEMBER, owner=owner))


def test_a_page_of_members_comes_from_the_vendor(tenant: Tenant, parent: FalconConnector) -> None:
    query = RecordQuery(where=None, sort_by=None, descending=False, offset=1, count=1)

    page = parent.record_page(MEMBER, query, owner=LAPTOP_POLICY_ID)

    assert page is not None
    assert ([each["hostname"] for each in page.records], page.total) == (["lap-0977"], 2)


def test_a_page_without_a_total_is_none(tenant: Tenant, child: FalconConnector) -> None:
    answer = Fault("GET", COMBINED, 200, {"meta": {}, "resources": []})
    tenant.simulator.faults.add(answer)

    assert child.record_page(POLICY, RecordQuery(None, None, False, 0, 10)) is None


# --- any sequence of changes -------------------------------------------------------------------

SETTINGS = ["RealTimeFunctionality", "CustomScripts", "FalconScripts", "GetCommand", "ExecCommand"]
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["A", "B", "C"]),
        "description": st.sampled_from(["", "x", "y"]),
        "enabled": st.booleans(),
        "precedence": st.integers(1, 3),
        "hostGroups": st.sets(st.sampled_from([LAPTOPS, SERVERS])),
        "settings": st.sets(st.sampled_from(SETTINGS)).map(lambda found: found | {SETTINGS[0]}),
    },
)


@given(
    st.lists(st.tuples(st.integers(0, 2), CHANGES), max_size=5),
    st.sampled_from(["merge", "replace"]),
)
@settings(max_examples=12, deadline=None)
def test_after_any_changes_the_vendor_has_what_was_asked_for(
    changes: list[tuple[int, dict[str, Any]]], policy_settings: str
) -> None:
    tenant = Tenant(policy_settings=policy_settings, policy_setting_rules="ignore")
    child = of_a_child(tenant)
    policies = [create(child, f"P{n}", settings=on(SETTINGS[0])) for n in range(3)]
    order = list(policies)
    model: dict[str, dict[str, Any]] = {
        policy: {"name": f"P{n}", "settings": {SETTINGS[0]}} for n, policy in enumerate(policies)
    }

    for which, values in changes:
        policy = policies[which]
        taken = {each["name"] for other, each in model.items() if other != policy}
        if values.get("name") in taken:
            continue
        asked = {
            name: [{"value": each} for each in sorted(value)] if isinstance(value, set) else value
            for name, value in values.items()
        }
        change(child, policy, **asked)
        model[policy] |= {name: value for name, value in values.items() if name != "precedence"}
        if "precedence" in values:
            order.remove(policy)
            order.insert(values["precedence"] - 1, policy)

    book = tenant.simulator.state.policies
    ranked = book.ranked(CHILD_CIDS[0], "Windows")
    assert [each.policy_id for each in ranked][:-1] == order
    for policy, wanted in model.items():
        held = book.policies[policy]
        assert held.name == wanted["name"]
        assert held.description == wanted.get("description", "")
        assert held.enabled is wanted.get("enabled", False)
        assert set(held.group_ids) == wanted.get("hostGroups", set())
        assert held.settings == wanted["settings"]
