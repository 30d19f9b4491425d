"""Platform IAM: roles and the permission catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from test_simulator_cortex_tenant import RAJ, Cortex, data, reason, reply

from scimbridge.connectors.cortex_xdr.simulator.seed import SOC

GOOD = {"pretty_name": "Test Role 01", "component_permissions": ["reports_action"]}


def test_roles_are_listed_without_their_permissions() -> None:
    cortex = Cortex()

    answer = cortex.iam("GET", "role")

    assert answer.json()["metadata"] == {"total_count": 7}
    assert data(answer)[-1] == {
        "role_id": "night_shift",
        "pretty_name": "Night Shift",
        "description": "Custom role of Example Corp",
        "is_custom": True,
        "created_by": "dana.keller@example.com",
        "created_ts": int((cortex.clock() - 200 * 86_400) * 1000),
        "updated_ts": int((cortex.clock() - 20 * 86_400) * 1000),
    }
    assert {role["is_custom"] for role in data(answer)[:-1]} == {False}


def test_the_gateway_may_have_a_role_of_the_same_name() -> None:
    roles = data(Cortex(gateway_twin="Night Shift").iam("GET", "role"))

    twins = [role["role_id"] for role in roles if role["pretty_name"] == "Night Shift"]
    assert len(set(twins)) == 2


def test_the_id_of_a_new_role_stands_in_the_message() -> None:
    cortex = Cortex()

    answer = cortex.iam("POST", "role", **GOOD, description="d", dataset_permissions=[])

    assert answer.status_code == 201
    assert answer.json() == {"data": {"message": "role_id test_role_01 created successfully."}}
    created = data(cortex.iam("GET", "role"))[-1]
    assert (created["role_id"], created["description"]) == ("test_role_01", "d")
    assert created["is_custom"] is True


def test_a_new_role_can_be_given() -> None:
    cortex = Cortex()
    cortex.iam("POST", "role", **GOOD)

    cortex.iam("PATCH", f"user/{RAJ}", role_id="test_role_01")

    (shown,) = reply(cortex.rbac("get_roles", role_names=["Test Role 01"]))
    assert (shown[0]["users"], shown[0]["permissions"]) == ([RAJ], ["Reports"])


def test_names_that_are_alike_get_different_ids() -> None:
    cortex = Cortex()

    for name in ("Night-Shift", "night shift", "夜"):
        assert cortex.iam("POST", "role", **{**GOOD, "pretty_name": name}).status_code == 201

    ids = [role["role_id"] for role in data(cortex.iam("GET", "role"))]
    assert len(ids) == len(set(ids)) == 10


@pytest.mark.parametrize(
    "fields",
    [
        {"pretty_name": None},
        {"pretty_name": ""},
        {"pretty_name": 1},
        {"component_permissions": None},
        {"component_permissions": []},
        {"component_permissions": "reports_view"},
        {"component_permissions": ["nope"]},
        {"dataset_permissions": "System"},
    ],
)
def test_a_bad_role_is_refused(fields: dict[str, Any]) -> None:
    assert Cortex().iam("POST", "role", **{**GOOD, **fields}).status_code == 400


def test_an_unknown_permission_may_be_accepted() -> None:
    fields = {**GOOD, "component_permissions": ["nope"]}

    assert Cortex(unknown_permission="accept").iam("POST", "role", **fields).status_code == 201


def test_a_name_that_is_taken_is_refused() -> None:
    answer = Cortex().iam("POST", "role", **{**GOOD, "pretty_name": "Viewer"})

    assert answer.status_code == 400
    assert reason(answer) == "The role name Viewer is already utilized by another role."


def test_a_role_cannot_be_edited() -> None:
    assert Cortex().iam("PATCH", "role/night_shift", pretty_name="X").status_code == 405


def test_a_custom_role_that_nobody_has_is_deleted() -> None:
    cortex = Cortex()

    answer = cortex.iam("DELETE", "role/night_shift")

    assert data(answer) == {"message": "role_id night_shift deleted successfully."}
    assert len(data(cortex.iam("GET", "role"))) == 6


@pytest.mark.parametrize("role_id", ["viewer", "account_admin", "gateway_night_shift"])
def test_the_vendors_and_the_gateways_roles_cannot_be_deleted(role_id: str) -> None:
    answer = Cortex(gateway_twin="Night Shift").iam("DELETE", f"role/{role_id}")

    assert answer.status_code == 400
    assert reason(answer) == "Non-custom and account-level roles cannot be deleted"


@pytest.mark.parametrize("holder", [f"user/{RAJ}", f"user-group/{SOC}"])
def test_a_role_that_somebody_has_cannot_be_deleted(holder: str) -> None:
    cortex = Cortex()
    cortex.iam("PATCH", holder, role_id="night_shift")

    answer = cortex.iam("DELETE", "role/night_shift")

    assert answer.status_code == 400
    assert "is assigned to a user or user group" in reason(answer)


def test_an_unknown_role_cannot_be_deleted() -> None:
    answer = Cortex().iam("DELETE", "role/nope")

    assert (answer.status_code, reason(answer)) == (400, "Role name provided is not valid")


def test_the_catalogue_names_what_a_role_may_consist_of() -> None:
    cortex = Cortex()

    catalogue = data(cortex.iam("GET", "role/permission-config"))

    keys = [
        permission[level]
        for category in catalogue["rbac_permissions"]
        for sub_category in category["sub_categories"]
        for permission in sub_category["permissions"]
        for level in ("view_name", "action_name")
    ]
    assert "access_management_view" in keys
    assert cortex.iam("POST", "role", **{**GOOD, "component_permissions": keys}).ok
    assert [group["dataset_category"] for group in catalogue["datasetGroups"]] == [
        "System",
        "Lookup",
    ]
