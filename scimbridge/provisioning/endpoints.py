"""Resource types as the web layer sees them: one shape for all, whatever stands behind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from scimbridge.directory.journal import Caller
from scimbridge.provisioning.groups import Groups
from scimbridge.provisioning.mapping import Document
from scimbridge.provisioning.query import Listing, Query, Reader
from scimbridge.provisioning.users import Users
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.operations import Operation
from scimbridge.scim.projection import Projection

Resource = dict[str, Any]


class Endpoint(Protocol):
    """One resource type of one target. Every method raises `ScimError`."""

    @property
    def resource_type(self) -> ResourceType:
        """Its name, path and schemas."""

    @property
    def writable(self) -> bool:
        """Whether there is anything but reading."""

    def get(self, scim_id: str, projection: Projection, base_url: str) -> Resource:
        """One resource; the projection only says what need not be loaded."""

    def search(self, query: Query, projection: Projection, base_url: str) -> Listing:
        """One page of a list."""

    def create(self, document: Document, caller: Caller) -> str:
        """Create; returns the id."""

    def replace(
        self, scim_id: str, document: Document, caller: Caller, if_match: Collection[str] | None
    ) -> None:
        """PUT."""

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None,
    ) -> None:
        """PATCH."""

    def delete(self, scim_id: str, caller: Caller, if_match: Collection[str] | None) -> None:
        """DELETE."""

    def answered(self, scim_id: str) -> None:
        """The answer to a `create` is out: the client knows of the resource now."""


@dataclass(frozen=True, slots=True)
class DirectoryEndpoint:
    """Users or groups: stored in the directory, converged at the vendor. See `Endpoint`."""

    resource_type: ResourceType
    reader: Reader
    writer: Users | Groups
    writable: bool = True

    def get(self, scim_id: str, projection: Projection, base_url: str) -> Resource:
        """See `Endpoint.get`."""
        return self.reader.get(self.resource_type, scim_id, projection, base_url)

    def search(self, query: Query, projection: Projection, base_url: str) -> Listing:
        """See `Endpoint.search`."""
        return self.reader.search(self.resource_type, query, projection, base_url)

    def create(self, document: Document, caller: Caller) -> str:
        """See `Endpoint.create`."""
        return str(self.writer.create(document, caller).scim_id)

    def replace(
        self, scim_id: str, document: Document, caller: Caller, if_match: Collection[str] | None
    ) -> None:
        """See `Endpoint.replace`."""
        self.writer.replace(scim_id, document, caller, if_match)

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None,
    ) -> None:
        """See `Endpoint.patch`."""
        self.writer.patch(scim_id, operations, caller, if_match)

    def delete(self, scim_id: str, caller: Caller, if_match: Collection[str] | None) -> None:
        """See `Endpoint.delete`."""
        self.writer.delete(scim_id, caller, if_match)

    def answered(self, scim_id: str) -> None:
        """See `Endpoint.answered`."""
        self.writer.writes.claim(scim_id)
