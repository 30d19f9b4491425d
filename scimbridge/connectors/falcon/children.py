"""The child CIDs of a Flight Control parent: they can be read, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scimbridge.connectors.falcon import fql
from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.mapping import CUSTOMER_ID
from scimbridge.connectors.falcon.mssp_reads import MsspReads
from scimbridge.connectors.falcon.query_pages import ids_of_page
from scimbridge.connectors.falcon.record_types import RecordType
from scimbridge.connectors.interface import Record, RecordPage, RecordQuery
from scimbridge.scim.filters import Filter, equality_conjuncts

_CHILDREN = "/mssp/queries/children/v1"
_ORDER = "last_modified_timestamp|asc"


class Children(RecordType):
    """The children of one parent. The id of each is its customer id."""

    def __init__(self, client: FalconClient, reads: MsspReads) -> None:
        self._client = client
        self._reads = reads

    def records(self, where: Filter | None, owner: str | None) -> Iterator[Record]:
        """See `Connector.records`. The vendor's filter knows nothing but the customer id."""
        equal = equality_conjuncts(where) if where else {}
        asked = equal.get("id") or equal.get("cid")
        if asked is None:
            yield from self._found(None)
        elif CUSTOMER_ID.fullmatch(asked.lower()):
            yield from self._found(fql.cid_is(asked.lower()))

    def page(self, query: RecordQuery, owner: str | None) -> RecordPage | None:
        """See `Connector.record_page`."""
        if query.where is not None or query.sort_by is not None:
            return None
        found = ids_of_page(self._client, _CHILDREN, {"sort": _ORDER}, query)
        return None if found is None else RecordPage(self._read(found.ids), found.total)

    def read(self, record_id: str, owner: str | None) -> Record | None:
        """See `Connector.read_record`."""
        if CUSTOMER_ID.fullmatch(record_id) is None:
            return None
        return next((each for each in self._read([record_id]) if each["id"] == record_id), None)

    def _found(self, query: str | None) -> Iterator[Record]:
        seen: set[str] = set()
        for page in self._client.pages(_CHILDREN, {"filter": query, "sort": _ORDER}):
            # Rows shift between pages when children come and go meanwhile.
            cids = [cid for cid in page if cid not in seen]
            seen.update(cids)
            yield from self._read(cids)

    def _read(self, cids: Sequence[str]) -> list[Record]:
        """The records of ``cids``, in that order."""
        rows = {row.get("child_cid"): row for row in self._reads.children(cids)}
        return [_record(rows[cid]) for cid in cids if cid in rows]


def _record(row: Mapping[str, Any]) -> Record:
    values = {
        "id": row["child_cid"],
        "cid": row["child_cid"],
        "checksum": row.get("checksum"),
        "name": row.get("name"),
        "status": row.get("status"),
        "parentCid": row.get("child_of"),
        "domains": list(row.get("domains") or ()),
    }
    return {name: value for name, value in values.items() if value}
