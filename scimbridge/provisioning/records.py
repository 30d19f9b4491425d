"""Further resource types: objects that the vendor (or its catalogue) holds and SCIM shows.

A source gives documents; filters, sorting, paging, projection and versions are the same for all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from scimbridge.directory import grants
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller
from scimbridge.errors import MethodNotAllowed
from scimbridge.provisioning.entitlements import entitlement_id
from scimbridge.provisioning.mapping import Document
from scimbridge.provisioning.query import Listing, Query
from scimbridge.provisioning.writes import not_found
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filters import Filter
from scimbridge.scim.listing import sort_resources
from scimbridge.scim.matching import compile_filter
from scimbridge.scim.operations import Operation
from scimbridge.scim.projection import Projection

Resource = dict[str, Any]


class RecordSource(Protocol):
    """Where the resources of one type come from; ``id`` is part of each document."""

    def find(self, scim_id: str) -> Document | None:
        """One document, or None."""

    def listing(self, where: Filter | None) -> Iterable[Document]:
        """A superset of what matches, in a stable order."""


@dataclass(frozen=True, slots=True)
class RecordEndpoint:
    """A read-only resource type over a source. See `Endpoint`."""

    resource_type: ResourceType
    source: RecordSource
    writable: bool = False

    def get(self, scim_id: str, projection: Projection, base_url: str) -> Resource:
        """See `Endpoint.get`."""
        document = self.source.find(scim_id)
        if document is None:
            raise not_found(self.resource_type.name, scim_id)
        return self._shown(document, base_url)

    def search(self, query: Query, projection: Projection, base_url: str) -> Listing:
        """See `Endpoint.search`."""
        shown = (self._shown(each, base_url) for each in self.source.listing(query.filter))
        matches = compile_filter(query.filter) if query.filter else None
        found: list[Mapping[str, Any]] = [each for each in shown if not matches or matches(each)]
        if query.sort_by is not None:
            found = sort_resources(found, query.sort_by, query.sort_order, self.resource_type)
        first = query.page.offset
        return Listing(len(found), [dict(each) for each in found[first : first + query.page.count]])

    def create(self, document: Document, caller: Caller) -> str:
        """See `Endpoint.create`."""
        raise self._read_only()

    def replace(
        self, scim_id: str, document: Document, caller: Caller, if_match: Collection[str] | None
    ) -> None:
        """See `Endpoint.replace`."""
        raise self._read_only()

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None,
    ) -> None:
        """See `Endpoint.patch`."""
        raise self._read_only()

    def delete(self, scim_id: str, caller: Caller, if_match: Collection[str] | None) -> None:
        """See `Endpoint.delete`."""
        raise self._read_only()

    def answered(self, scim_id: str) -> None:
        """See `Endpoint.answered`; nothing is created here."""

    def _read_only(self) -> MethodNotAllowed:
        return MethodNotAllowed(
            f"{self.resource_type.endpoint} is what the vendor has; it can only be read",
            allowed=("GET", "HEAD", "OPTIONS"),
        )

    def _shown(self, document: Document, base_url: str) -> Resource:
        content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        digest = hashlib.blake2b(content, digest_size=8).hexdigest()
        return {
            "schemas": [self.resource_type.schema.id],
            **document,
            "meta": {
                "resourceType": self.resource_type.name,
                "location": f"{base_url}{self.resource_type.endpoint}/{document['id']}",
                "version": f'W/"{digest}"',
            },
        }


@dataclass(frozen=True, slots=True)
class CatalogueSource:
    """The vendor's entitlements as Okta's entitlement discovery reads them. See `RecordSource`.

    ``/Roles`` are those of the kind ``role``; ``/Entitlements`` all others or, since Okta refuses a
    discovered type without a single resource, the roles again where the vendor has nothing else.
    """

    target: str
    directory: Directory
    kinds: frozenset[str]
    type: str
    """The name of the resource type."""

    def find(self, scim_id: str) -> Document | None:
        """See `RecordSource.find`."""
        return next((each for each in self.listing(None) if each["id"] == scim_id), None)

    def listing(self, where: Filter | None) -> Iterable[Document]:
        """See `RecordSource.listing`."""
        with self.directory.read() as connection:
            catalogue = grants.catalogue(connection, self.target)
        return [
            self._document(kind, native_id, name, description)
            for (kind, native_id), (name, description, assignable) in sorted(catalogue.items())
            if assignable and kind in self.kinds
        ]

    def _document(self, kind: str, native_id: str, name: str, description: str) -> Document:
        document = {"id": entitlement_id(self.target, kind, native_id), "displayName": name}
        if self.type != "Role":
            document["type"] = self.type
        # Okta takes at most 1,000 characters.
        return document | ({"description": description[:1000]} if description else {})
