"""What a further resource type of Falcon supplies: `Connector`'s record methods for one type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from scimbridge.connectors.interface import Record, RecordPage, RecordQuery, RecordVerb
from scimbridge.scim.filters import Filter


class RecordType(ABC):
    """One further resource type. ``owner`` is None unless the type is nested in another one."""

    verbs: ClassVar[frozenset[RecordVerb]] = frozenset()
    """What can be done to its records beside reading; the methods of all others are not called."""

    def check(self) -> None:
        """Prove the scopes that it needs. See `Connector.check`."""
        return

    @abstractmethod
    def records(self, where: Filter | None, owner: str | None) -> Iterator[Record]:
        """See `Connector.records`."""

    def page(self, query: RecordQuery, owner: str | None) -> RecordPage | None:
        """See `Connector.record_page`."""
        return None

    @abstractmethod
    def read(self, record_id: str, owner: str | None) -> Record | None:
        """See `Connector.read_record`."""

    def create(self, record: Record) -> str:
        """See `Connector.create_record`."""
        raise NotImplementedError

    def update(self, before: Record, after: Record) -> None:
        """See `Connector.update_record`."""
        raise NotImplementedError

    def delete(self, record_id: str) -> None:
        """See `Connector.delete_record`."""
        raise NotImplementedError
