"""The hosts that a response policy applies to. They cannot be chosen: host groups are."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.policy_fql import MEMBERS, VENDOR_ID, equal
from scimbridge.connectors.falcon.policy_lists import PolicyList
from scimbridge.connectors.falcon.policy_mapping import to_member
from scimbridge.connectors.falcon.record_types import RecordType
from scimbridge.connectors.falcon.response_policies import ResponsePolicies
from scimbridge.connectors.http import Params
from scimbridge.connectors.interface import Record, RecordPage, RecordQuery
from scimbridge.errors import VendorNotFound
from scimbridge.scim.filters import Filter


class ResponsePolicyMembers(RecordType):
    """The members of the policies in ``policies``; the owner is a policy's id."""

    def __init__(self, client: FalconClient, policies: ResponsePolicies) -> None:
        self._policies = policies
        self._list = PolicyList(
            client,
            combined="/policy/combined/response-members/v1",
            ids="/policy/queries/response-members/v1",
            key="device_id",
            vocabulary=MEMBERS,
            # The vendor's alphabet is unknown.
            sorts=MappingProxyType({}),
            order="hostname.asc",
        )

    def records(self, where: Filter | None, owner: str | None) -> Iterator[Record]:
        """See `Connector.records`."""
        yield from map(to_member, self._list.superset(where, self._of(owner)))

    def page(self, query: RecordQuery, owner: str | None) -> RecordPage | None:
        """See `Connector.record_page`."""
        found = self._list.page(query, self._of(owner))
        return found and RecordPage([to_member(host) for host in found[0]], found[1])

    def read(self, record_id: str, owner: str | None) -> Record | None:
        """See `Connector.read_record`."""
        if VENDOR_ID.fullmatch(record_id) is None:
            return None
        hosts = self._list.rows(equal("device_id", record_id), self._of(owner))
        return next((to_member(host) for host in hosts if host["device_id"] == record_id), None)

    def _of(self, owner: str | None) -> Params:
        """Without a policy's id the routes list the hosts of all policies."""
        if owner is None or self._policies.find(owner) is None:
            raise VendorNotFound(f"no Falcon response policy {owner}")
        return {"id": owner}
