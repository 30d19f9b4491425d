"""Further resource types: objects that the vendor (or its catalogue) holds and SCIM shows.

A source gives documents; filters, sorting, paging, projection and versions are the same for all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeAlias

from scimbridge.connectors.interface import Record, RecordPage, RecordQuery, RecordVerb
from scimbridge.directory.journal import Caller
from scimbridge.provisioning.endpoints import Endpoint, Written, require_verb
from scimbridge.provisioning.mapping import Document
from scimbridge.provisioning.query import Listing, Query
from scimbridge.provisioning.record_writes import RecordWrites
from scimbridge.provisioning.representation import Representation
from scimbridge.provisioning.vendor_records import VendorRecords, content_version
from scimbridge.provisioning.work import dump_document
from scimbridge.provisioning.writes import not_found
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filters import Filter
from scimbridge.scim.listing import parse_sort, sort_resources
from scimbridge.scim.matching import compile_filter
from scimbridge.scim.operations import Operation
from scimbridge.scim.projection import Projection, project

Resource = dict[str, Any]
_Found: TypeAlias = tuple[int, Sequence[Mapping[str, Any]]]
"""How many match, and those on the page."""


class RecordSource(Protocol):
    """Where the resources of one type come from; ``id`` is part of each document."""

    def find(self, scim_id: str) -> Document | None:
        """One document, or None."""

    def page(self, query: RecordQuery) -> RecordPage | None:
        """The page that ``query`` asks for; None where only `listing` is exact."""

    def listing(self, where: Filter | None) -> Iterable[Document]:
        """A superset of what matches, in a stable order."""


@dataclass(frozen=True, slots=True)
class RecordEndpoint:
    """A resource type over a source. See `Endpoint`."""

    resource_type: ResourceType
    path: str
    source: RecordSource
    verbs: frozenset[RecordVerb] = frozenset()
    writes: RecordWrites | None = None
    """There if ``verbs`` has any."""

    def get(self, scim_id: str, projection: Projection, base_url: str) -> Representation:
        """See `Endpoint.get`."""
        document = self.source.find(scim_id)
        if document is None:
            raise not_found(self.resource_type.name, scim_id)
        return self._represent(document, projection, base_url)

    def search(self, query: Query, projection: Projection, base_url: str) -> Listing:
        """See `Endpoint.search`."""
        # Before the vendor is asked for anything: what cannot be sorted by is refused.
        sort = query.sort_by and parse_sort(query.sort_by, query.sort_order, self.resource_type)
        path, descending = sort or (None, False)
        asked = RecordQuery(
            where=query.filter,
            sort_by=None if path is None else str(path),
            descending=descending,
            offset=query.page.offset,
            count=query.page.count,
        )
        total, found = self._page(asked, base_url) or self._selected(query, base_url)
        return Listing(total, [dump_document(project(each, projection)) for each in found])

    def _page(self, asked: RecordQuery, base_url: str) -> _Found | None:
        """The vendor's own page, if it is one: of the right length, and all of it matches."""
        page = self.source.page(asked)
        if page is None or len(page.records) != max(0, min(asked.count, page.total - asked.offset)):
            return None
        shown = [self._shown(each, base_url) for each in page.records]
        if asked.where is not None and not all(map(compile_filter(asked.where), shown)):
            return None
        return page.total, shown

    def _selected(self, query: Query, base_url: str) -> _Found:
        shown = (self._shown(each, base_url) for each in self.source.listing(query.filter))
        matches = compile_filter(query.filter) if query.filter else None
        found: list[Mapping[str, Any]] = [each for each in shown if not matches or matches(each)]
        if query.sort_by is not None:
            found = sort_resources(found, query.sort_by, query.sort_order, self.resource_type)
        first = query.page.offset
        return len(found), found[first : first + query.page.count]

    def create(self, document: Document, caller: Caller) -> Written:
        """See `Endpoint.create`."""
        return self._written(self._writes("create").create(document, caller))

    def replace(
        self, scim_id: str, document: Document, caller: Caller, if_match: Collection[str] | None
    ) -> Written:
        """See `Endpoint.replace`."""
        return self._written(self._writes("update").replace(scim_id, document, caller, if_match))

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None,
    ) -> Written:
        """See `Endpoint.patch`."""
        return self._written(self._writes("update").patch(scim_id, operations, caller, if_match))

    def delete(self, scim_id: str, caller: Caller, if_match: Collection[str] | None) -> None:
        """See `Endpoint.delete`."""
        self._writes("delete").delete(scim_id, caller, if_match)

    def answered(self, scim_id: str) -> None:
        """See `Endpoint.answered`; a repeated POST is the vendor's to judge."""

    def _writes(self, verb: RecordVerb) -> RecordWrites:
        require_verb(self, verb)
        assert self.writes is not None  # noqa: S101 - whoever gives verbs gives it
        return self.writes

    def _written(self, document: Document) -> Written:
        # What the vendor showed in proof of the write is the answer; it is not asked again.
        return Written(document["id"], partial(self._represent, document))

    def _represent(self, document: Record, projection: Projection, base_url: str) -> Representation:
        shown = self._shown(document, base_url)
        meta = shown["meta"]
        json = dump_document(project(shown, projection))
        return Representation(json, meta["version"], meta["location"])

    def _shown(self, document: Record, base_url: str) -> Resource:
        return {
            "schemas": [self.resource_type.schema.id],
            **document,
            "meta": {
                **document.get("meta", {}),
                "resourceType": self.resource_type.name,
                "location": f"{base_url}{self.path}/{document['id']}",
                "version": content_version(document),
            },
        }


@dataclass(frozen=True, slots=True)
class NestedRecords:
    """A resource type whose resources belong to one of another type each. They are only read."""

    resource_type: ResourceType
    records: VendorRecords

    def of(self, owner: str) -> Endpoint:
        """The endpoint ``/Policies/<owner>/members``; whether there is an owner shows later."""
        return RecordEndpoint(
            self.resource_type,
            self.resource_type.endpoint.replace("{id}", owner),
            replace(self.records, owner=owner),
        )
