"""CID groups of a Flight Control parent: child CIDs, in which user groups get roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from scimbridge.connectors.falcon.cid_group_members import CidGroupMembers, cids_of
from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.mapping import CID_GROUP_ID, CUSTOMER_ID
from scimbridge.connectors.falcon.mssp_reads import MsspReads
from scimbridge.connectors.falcon.query_pages import ids_of_page
from scimbridge.connectors.falcon.record_types import RecordType
from scimbridge.connectors.http import Params
from scimbridge.connectors.interface import Record, RecordPage, RecordQuery, RecordVerb
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorError,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)
from scimbridge.scim.filters import Compare, Filter, equality_conjuncts

MOST_GROUPS = 500
"""Of one customer (vendor documentation of createCIDGroups)."""

_GROUPS = "/mssp/entities/cid-groups/v1"
_QUERY = "/mssp/queries/cid-groups/v1"
_QUERY_BY_CID = "/mssp/queries/cid-group-members/v1"
_BY_NAME: Params = {"sort": "name|asc"}


class CidGroups(RecordType):
    """The CID groups of one parent. Safe between threads."""

    verbs: ClassVar[frozenset[RecordVerb]] = frozenset({"create", "update", "delete"})

    def __init__(self, client: FalconClient, reads: MsspReads) -> None:
        self._client = client
        self._reads = reads
        self._members = CidGroupMembers(client, reads)

    def records(self, where: Filter | None, owner: str | None) -> Iterator[Record]:
        """See `Connector.records`."""
        equal = equality_conjuncts(where) if where else {}
        member = equal.get("members.value", "").lower()
        if "id" in equal:
            found = self.read(equal["id"], owner)
            yield from () if found is None else (found,)
        elif "members.value" not in equal:
            yield from self._found(_QUERY, {"name": equal.get("name"), **_BY_NAME})
        elif CUSTOMER_ID.fullmatch(member):
            yield from self._found(_QUERY_BY_CID, {"cid": member})

    def page(self, query: RecordQuery, owner: str | None) -> RecordPage | None:
        """See `Connector.record_page`. How the vendor orders names is not known."""
        if query.sort_by is not None:
            return None
        route, params = _QUERY, _BY_NAME
        if query.where is not None:
            member = _only_member(query.where)
            if member is None:
                return None
            route, params = _QUERY_BY_CID, {"cid": member}
        found = ids_of_page(self._client, route, params, query)
        return None if found is None else RecordPage(self._read(found.ids), found.total)

    def read(self, record_id: str, owner: str | None) -> Record | None:
        """See `Connector.read_record`."""
        if CID_GROUP_ID.fullmatch(record_id) is None:
            return None
        try:
            found = self._read([record_id])
        except VendorRejected:
            # That may be how an unknown id is refused: the list of all groups is beyond doubt.
            if self._is_listed(record_id):
                raise
            return None
        return next((each for each in found if each["id"] == record_id), None)

    def create(self, record: Record) -> str:
        """See `Connector.create_record`."""
        cids = cids_of(record)
        total = self._client.call("GET", _QUERY, params={"limit": 1}).total or 0
        if total >= MOST_GROUPS:
            raise VendorRejected(
                f"Falcon allows {MOST_GROUPS} CID groups, and there are {total}; delete one that "
                "is not needed any more"
            )
        group_id = self._create(record)
        if cids:
            self._fill(group_id, cids)
        return group_id

    def update(self, before: Record, after: Record) -> None:
        """See `Connector.update_record`."""
        group_id = before["id"]
        had, wanted = cids_of(before), cids_of(after)
        if _described(before) != _described(after):
            body = {"cid_group_id": group_id, **_described(after)}
            try:
                self._client.call("PATCH", _GROUPS, json={"resources": [body]})
            except VendorRejected as error:
                raise self._refused(after["name"], group_id, error) from error
        # In this order there is room for those who come, and nobody keeps what was taken.
        self._members.remove(group_id, had - wanted)
        self._members.add(group_id, wanted - had)

    def delete(self, record_id: str) -> None:
        """See `Connector.delete_record`.

        Members go first, as with user groups: whether the vendor deletes a group that has some is
        not documented.
        """
        found = self.read(record_id, None)
        if found is None:
            return
        if found.get("isDefault"):
            raise VendorConflict(
                f"{found['name']!r} is the group of all children, which Falcon does not delete"
            )
        try:
            self._members.remove(record_id, cids_of(found))
            self._client.call("DELETE", _GROUPS, params={"cid_group_ids": [record_id]})
        except VendorNotFound:
            return
        except VendorRejected:
            if self._is_listed(record_id):
                raise

    def _create(self, record: Record) -> str:
        body = _described(record)
        try:
            reply = self._client.call("POST", _GROUPS, json={"resources": [body]}, repeatable=False)
        except VendorRejected as error:
            raise self._refused(record["name"], None, error) from error
        for group in reply.resources:
            if isinstance(group, Mapping) and isinstance(group.get("cid_group_id"), str):
                return str(group["cid_group_id"])
        raise OutcomeUnknown(
            f"the answer to creating the CID group {record['name']!r} shows none; it may have "
            "been created all the same",
            trace_id=reply.trace_id,
        )

    def _fill(self, group_id: str, cids: frozenset[str]) -> None:
        """Give a new group its members; without them it shall not be there."""
        try:
            self._members.add(group_id, cids)
        except VendorError as error:
            try:
                self.delete(group_id)
            except VendorError as second:
                raise VendorUnavailable(
                    f"{error.reason}; the new CID group {group_id} could not be deleted again: "
                    f"{second.reason}",
                    trace_id=second.trace_id,
                ) from error
            raise

    def _refused(self, name: str, own: str | None, error: VendorRejected) -> VendorError:
        """How a name that is taken is refused is not documented: who else has it decides."""
        found = self._found(_QUERY, {"name": name, **_BY_NAME})
        if any(each["name"] == name and each["id"] != own for each in found):
            return VendorConflict(error.reason, trace_id=error.trace_id)
        return error

    def _is_listed(self, group_id: str) -> bool:
        return any(group_id in page for page in self._client.pages(_QUERY, _BY_NAME))

    def _found(self, route: str, params: Params) -> Iterator[Record]:
        seen: set[str] = set()
        for page in self._client.pages(route, params):
            # Rows shift between pages when groups come and go meanwhile.
            ids = [str(each) for each in page if each not in seen]
            seen.update(ids)
            yield from self._read(ids)

    def _read(self, ids: Sequence[str]) -> list[Record]:
        """The records of ``ids``, in that order."""
        rows = {row.get("cid_group_id"): row for row in self._reads.groups("cid-group", ids)}
        members = self._members.of([each for each in ids if each in rows])
        unknown = [each for each in ids if each in rows and each not in members]
        if unknown:
            # As empty groups they would look as if nobody had access through them.
            raise VendorUnavailable(f"Falcon does not show the members of {', '.join(unknown)}")
        return [_record(rows[each], members[each]) for each in ids if each in rows]


def _record(row: Mapping[str, Any], cids: Sequence[str]) -> Record:
    values = {
        "id": row["cid_group_id"],
        "name": row.get("name"),
        "description": row.get("description"),
        "cid": row.get("cid"),
        "members": [{"value": cid} for cid in cids],
    }
    shown = {name: value for name, value in values.items() if value}
    return {**shown, "isDefault": row.get("is_default") is True}


def _described(record: Record) -> dict[str, str]:
    """Name and description, which the vendor only takes together: what is left out is cleared."""
    return {"name": record["name"], "description": record.get("description") or ""}


def _only_member(where: Filter) -> str | None:
    """The CID of ``members.value eq "<cid>"``, if that is all that is asked."""
    if isinstance(where, Compare) and (str(where.path), where.op) == ("members.value", "eq"):
        cid = str(where.value).lower()
        return cid if CUSTOMER_ID.fullmatch(cid) else None
    return None
