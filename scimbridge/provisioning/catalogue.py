"""The vendor's entitlements as resources, which Okta's entitlement discovery reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scimbridge.connectors.interface import RecordPage, RecordQuery
from scimbridge.directory import grants
from scimbridge.directory.engine import Directory
from scimbridge.provisioning.entitlements import entitlement_id
from scimbridge.provisioning.mapping import Document
from scimbridge.scim.filters import Filter


@dataclass(frozen=True, slots=True)
class CatalogueSource:
    """The catalogue that the directory holds. See `RecordSource`.

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

    def page(self, query: RecordQuery) -> RecordPage | None:
        """See `RecordSource.page`."""
        return None

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
