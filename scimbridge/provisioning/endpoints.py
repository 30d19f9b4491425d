"""Resource types as the web layer sees them: one shape for all, whatever stands behind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, get_args

from scimbridge.connectors.interface import RecordVerb
from scimbridge.directory.journal import Caller
from scimbridge.errors import MethodNotAllowed
from scimbridge.provisioning.groups import Groups
from scimbridge.provisioning.mapping import Document
from scimbridge.provisioning.query import Listing, Query, Reader
from scimbridge.provisioning.representation import Representation
from scimbridge.provisioning.users import Users
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.operations import Operation
from scimbridge.scim.projection import Projection

EVERY_VERB: Final[frozenset[RecordVerb]] = frozenset(get_args(RecordVerb))


@dataclass(frozen=True, slots=True)
class Written:
    """A resource that was written."""

    scim_id: str
    show: Callable[[Projection, str], Representation]
    """Gives it as it is now; takes what `Endpoint.get` takes after the id."""


class Endpoint(Protocol):
    """One resource type of one target. Every method raises `ScimError`."""

    @property
    def resource_type(self) -> ResourceType:
        """Its name and schemas."""

    @property
    def path(self) -> str:
        """Its URL below the base URL: ``/Users``, ``/Policies/7/members``."""

    @property
    def verbs(self) -> frozenset[RecordVerb]:
        """What there is beside reading."""

    def get(self, scim_id: str, projection: Projection, base_url: str) -> Representation:
        """One resource."""

    def search(self, query: Query, projection: Projection, base_url: str) -> Listing:
        """One page of a list."""

    def create(self, document: Document, caller: Caller) -> Written:
        """POST."""

    def replace(
        self, scim_id: str, document: Document, caller: Caller, if_match: Collection[str] | None
    ) -> Written:
        """PUT."""

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None,
    ) -> Written:
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
    verbs: frozenset[RecordVerb] = EVERY_VERB

    @property
    def path(self) -> str:
        """See `Endpoint.path`."""
        return self.resource_type.endpoint

    def get(self, scim_id: str, projection: Projection, base_url: str) -> Representation:
        """See `Endpoint.get`."""
        return self.reader.get(self.resource_type, scim_id, projection, base_url)

    def search(self, query: Query, projection: Projection, base_url: str) -> Listing:
        """See `Endpoint.search`."""
        return self.reader.search(self.resource_type, query, projection, base_url)

    def create(self, document: Document, caller: Caller) -> Written:
        """See `Endpoint.create`."""
        return self._written(self.writer.create(document, caller))

    def replace(
        self, scim_id: str, document: Document, caller: Caller, if_match: Collection[str] | None
    ) -> Written:
        """See `Endpoint.replace`."""
        self.writer.replace(scim_id, document, caller, if_match)
        return self._written(scim_id)

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None,
    ) -> Written:
        """See `Endpoint.patch`."""
        self.writer.patch(scim_id, operations, caller, if_match)
        return self._written(scim_id)

    def delete(self, scim_id: str, caller: Caller, if_match: Collection[str] | None) -> None:
        """See `Endpoint.delete`."""
        self.writer.delete(scim_id, caller, if_match)

    def answered(self, scim_id: str) -> None:
        """See `Endpoint.answered`."""
        self.writer.writes.claim(scim_id)

    def _written(self, scim_id: str) -> Written:
        return Written(scim_id, partial(self.get, scim_id))


def require_verb(endpoint: Endpoint, verb: RecordVerb) -> None:
    """Raise `MethodNotAllowed`, with the methods that there are, unless ``endpoint`` can do it."""
    if verb in endpoint.verbs:
        return
    allowed = ["GET", "HEAD"]
    if verb != "create":
        allowed += ["PUT", "PATCH"] if "update" in endpoint.verbs else []
        allowed += ["DELETE"] if "delete" in endpoint.verbs else []
    able = f"read{', ' if endpoint.verbs else ''}{', '.join(sorted(endpoint.verbs))}"
    raise MethodNotAllowed(
        f"a {endpoint.resource_type.name} of this target cannot be {_DONE[verb]}; what can be "
        f"done at {endpoint.path}: {able}",
        allowed=tuple(allowed),
    )


_DONE: Final = {"create": "created", "update": "changed", "delete": "deleted"}
