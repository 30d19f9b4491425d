"""The records of one further resource type, as the vendor shows them now. Nothing is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.interface import Connector, Record, RecordPage, RecordQuery
from scimbridge.errors import NotFound, VendorError, VendorNotFound
from scimbridge.provisioning.failures import to_scim
from scimbridge.provisioning.mapping import Document
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filters import Filter


@dataclass(frozen=True, slots=True)
class VendorRecords:
    """Asks the connector, within a request's time. See `RecordSource`."""

    connector: Connector
    resource_type: ResourceType
    deadline_s: float
    retry_after_s: int
    owner: str | None = None
    """For a nested type: the id of the record that the records belong to."""

    def find(self, scim_id: str) -> Document | None:
        """See `RecordSource.find`."""
        with self.asking():
            return self.read(scim_id)

    def listing(self, where: Filter | None) -> Iterable[Document]:
        """See `RecordSource.listing`."""
        with self.asking():
            found = self.connector.records(self.resource_type.name, where, owner=self.owner)
            return [dict(each) for each in found]

    def page(self, query: RecordQuery) -> RecordPage | None:
        """See `RecordSource.page`."""
        with self.asking():
            return self.connector.record_page(self.resource_type.name, query, owner=self.owner)

    def read(self, record_id: str) -> Document | None:
        """Like `find`, inside of `asking`."""
        found = self.connector.read_record(self.resource_type.name, record_id, owner=self.owner)
        return None if found is None else dict(found)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Bounds the calls of the block; what the vendor fails at becomes a `ScimError`."""
        try:
            with deadline(self.deadline_s):
                yield
        except VendorNotFound as error:
            if self.owner is None:
                raise to_scim(error, retry_after=self.retry_after_s, kept=False) from error
            above = self.resource_type.endpoint.partition("/{id}")[0]
            raise NotFound(f"there is no {above}/{self.owner}") from error
        except VendorError as error:
            raise to_scim(error, retry_after=self.retry_after_s, kept=False) from error


def content_version(document: Record) -> str:
    """The ETag of what is not stored here and has no revision: weak, a digest of its content."""
    content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return f'W/"{hashlib.blake2b(content, digest_size=8).hexdigest()}"'
