"""Response policies come to be, and end: whole, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from falcon_tenant import Tenant
from policies import (
    ACTIONS,
    ENTITIES,
    NOBODYS,
    POLICY,
    PRECEDENCE,
    WINDOWS_DEFAULT,
    create,
    ids,
    of_the_parent,
    on,
    read,
    writes,
)

from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS
from scimbridge.connectors.falcon.simulator.seed_policies import (
    LAPTOP_POLICY_ID,
    LAPTOPS,
    SERVER_POLICY_ID,
    SERVERS,
    default_policy_id,
)
from scimbridge.errors import OutcomeUnknown, VendorConflict, VendorRejected
from scimbridge.simulation.faults import Fault


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
