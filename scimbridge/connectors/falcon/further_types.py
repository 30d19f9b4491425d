"""Which further resource types a Falcon target serves: those that its settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scimbridge.connectors.falcon.children import Children
from scimbridge.connectors.falcon.cid_groups import CidGroups
from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.mssp_reads import MsspReads
from scimbridge.connectors.falcon.policy_members import ResponsePolicyMembers
from scimbridge.connectors.falcon.record_types import RecordType
from scimbridge.connectors.falcon.response_policies import ResponsePolicies
from scimbridge.connectors.falcon.settings import FalconSettings


def open_further_types(
    client: FalconClient, reads: MsspReads, cid: Callable[[], str], settings: FalconSettings
) -> Mapping[str, RecordType]:
    """Resource type to what drives it; ``cid`` gives the target's customer id."""
    types: dict[str, RecordType] = {}
    if settings.flight_control and settings.flight_control_resources:
        types |= {"CidGroup": CidGroups(client, reads), "Child": Children(client, reads)}
    if settings.response_policies:
        policies = ResponsePolicies(
            client,
            cid,
            sees_children=settings.flight_control,
            disable_first=settings.delete_enabled_policies == "disable",
        )
        members = ResponsePolicyMembers(client, policies)
        types |= {"ResponsePolicy": policies, "ResponsePolicyMember": members}
    return types
