"""Which child CIDs are in which CID group: read, and changed in chunks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.mapping import CUSTOMER_ID
from scimbridge.connectors.falcon.mssp_reads import MsspReads
from scimbridge.connectors.http import checked_id
from scimbridge.connectors.interface import Record
from scimbridge.errors import VendorError, VendorNotFound, VendorRejected

MOST_MEMBERS = 500
"""Of one group (vendor documentation of Flight Control)."""

_MEMBERS = "/mssp/entities/cid-group-members/v1"
_CHUNK = 100

Method = Literal["POST", "DELETE"]


class CidGroupMembers:
    """The members of one parent's CID groups. Safe between threads."""

    def __init__(self, client: FalconClient, reads: MsspReads) -> None:
        self._client = client
        self._reads = reads

    def of(self, group_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Group id to its child CIDs; without the groups that the vendor does not know."""
        return {
            str(row.get("cid_group_id")): tuple(str(cid).lower() for cid in row.get("cids") or ())
            for row in self._reads.members("cid-group", group_ids)
        }

    def add(self, group_id: str, cids: Collection[str]) -> None:
        """Put CIDs into a group. Raises `VendorError`; part of them may be in it then."""
        self._change("POST", group_id, sorted(cids))

    def remove(self, group_id: str, cids: Collection[str]) -> None:
        """Take CIDs out of a group. Raises `VendorError`; part of them may be out of it then."""
        self._change("DELETE", group_id, sorted(cids))

    def _change(self, method: Method, group_id: str, cids: Sequence[str]) -> None:
        for start in range(0, len(cids), _CHUNK):
            self._chunk(method, group_id, cids[start : start + _CHUNK])

    def _chunk(self, method: Method, group_id: str, cids: Sequence[str]) -> None:
        # Never without a CID (what an empty list means is not documented), and one group in each
        # call: which of several an error is about would be left open.
        body = {"resources": [{"cid_group_id": group_id, "cids": list(cids)}]}
        try:
            reply = self._client.call_items(method, _MEMBERS, json=body)
        except (VendorRejected, VendorNotFound) as error:
            failure: VendorError = error
        else:
            if not reply.errors:
                return
            failure = self._client.item_failure(method, _MEMBERS, reply)
        # Who is in the group decides whom the refusal, or the errors beside successes, are about.
        left = self._left(method, group_id, cids)
        if left and isinstance(failure, VendorNotFound):
            raise VendorRejected(
                f"{failure.reason}; not known as children: {', '.join(left)}",
                trace_id=failure.trace_id,
            )
        if left:
            raise failure

    def _left(self, method: Method, group_id: str, cids: Sequence[str]) -> Sequence[str]:
        """Those of ``cids`` that the call did nothing about."""
        found = self.of([group_id]).get(group_id)
        if found is None:
            raise VendorNotFound(f"no Falcon CID group {group_id}")
        return [cid for cid in cids if (cid in found) == (method == "DELETE")]


def cids_of(record: Record) -> frozenset[str]:
    """The child CIDs in a record's ``members``, in lower case.

    Raises `VendorRejected` for what is no CID, and if there are more than a group takes.
    """
    given = (str(each.get("value")) for each in record.get("members") or ())
    cids = frozenset(checked_id(each.lower(), CUSTOMER_ID, "Falcon child CID") for each in given)
    if len(cids) > MOST_MEMBERS:
        raise VendorRejected(
            f"a CID group takes {MOST_MEMBERS} members and these are {len(cids)}; "
            "spread them over several groups"
        )
    return cids
