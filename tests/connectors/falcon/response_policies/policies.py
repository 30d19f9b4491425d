"""Response policies of a simulated tenant: connectors, and shorthands for reads and writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falcon_tenant import Tenant

from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID
from scimbridge.connectors.falcon.simulator.seed_policies import default_policy_id
from scimbridge.connectors.interface import Record

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
