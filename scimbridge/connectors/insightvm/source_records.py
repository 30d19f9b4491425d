"""Authentication sources, and who signs in by each, as records that can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scimbridge.connectors.insightvm.catalogue import Catalogue
from scimbridge.connectors.insightvm.mapping import Source
from scimbridge.connectors.insightvm.users import Users
from scimbridge.connectors.interface import Record
from scimbridge.errors import VendorNotFound

SOURCE: Final = "AuthenticationSource"
SOURCE_USER: Final = "AuthenticationSourceUser"
RECORD_TYPES: Final = (SOURCE, SOURCE_USER)

_ID = re.compile(r"[0-9]{1,9}")


class SourceRecords:
    """The record methods of `Connector`, for the types in `RECORD_TYPES`."""

    def __init__(self, catalogue: Catalogue, users: Users) -> None:
        self._catalogue = catalogue
        self._users = users

    def records(self, type: str, owner: str | None) -> Iterator[Record]:
        """See `Connector.records`. The console filters neither."""
        if type == SOURCE:
            yield from map(_source, self._catalogue.authentication_sources())
            return
        # One call for each of them would take longer than to read all users in pages.
        members = self._members(owner)
        yield from (_user(each) for each in self._users.all() if str(each["id"]) in members)

    def read(self, type: str, record_id: str, owner: str | None) -> Record | None:
        """See `Connector.read_record`."""
        if type == SOURCE:
            found = self._find(record_id)
            return None if found is None else _source(found)
        user = self._users.find(record_id) if record_id in self._members(owner) else None
        return None if user is None else _user(user)

    def _find(self, source_id: str) -> Source | None:
        if _ID.fullmatch(source_id) is None:
            return None
        return self._catalogue.find_authentication_source(int(source_id))

    def _members(self, source_id: str | None) -> frozenset[str]:
        """The accounts of a source. Raises `VendorNotFound` if there is no such source."""
        if source_id is None or _ID.fullmatch(source_id) is None:
            raise VendorNotFound(f"no authentication source {source_id}")
        return frozenset(self._catalogue.users_of_source(int(source_id)))


def _source(source: Source) -> Record:
    return {
        "id": str(source.id),
        "name": source.name,
        "type": source.type,
        "external": not source.local,
    }


def _user(user: Mapping[str, Any]) -> Record:
    values = {"id": str(user["id"]), "userName": user["login"], "displayName": user.get("name")}
    shown = {name: value for name, value in values.items() if value}
    return {**shown, "enabled": user.get("enabled") is True}
