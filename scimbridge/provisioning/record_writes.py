"""Writing the vendor's own records: audited before and after, and believed once they are read.

Nothing of a record is stored here, so that nothing can be taken up later: what the vendor does not
do while the request waits is for the client to send again, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.interface import Connector
from scimbridge.directory.journal import Caller
from scimbridge.errors import (
    Conflict,
    ScimError,
    TemporarilyUnavailable,
    VendorConflict,
    VendorNotFound,
)
from scimbridge.provisioning.mapping import Document
from scimbridge.provisioning.pauses import Pauses
from scimbridge.provisioning.removals import Removals
from scimbridge.provisioning.vendor_records import VendorRecords, content_version
from scimbridge.provisioning.writes import not_found, require_version
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.comparison import differences, losses
from scimbridge.scim.messages import merge_put
from scimbridge.scim.operations import Operation
from scimbridge.scim.patch import apply_patch
from scimbridge.scim.quirks import Dialect


@dataclass(slots=True)
class _Line:
    """What the audit lines of one write tell."""

    action: str
    scim_id: str | None
    detail: dict[str, Any] = field(default_factory=dict)
    losses: frozenset[str] = frozenset()
    """What the write takes away, which the removal budget counts."""


@dataclass(frozen=True, slots=True)
class RecordWrites:
    """The writes of one resource type of one target. Every method raises `ScimError`."""

    records: VendorRecords
    dialect: Dialect
    removals: Removals
    pauses: Pauses

    def create(self, document: Document, caller: Caller) -> Document:
        """POST; returns the record as the vendor shows it."""
        wanted = _record(document)
        line = _Line("create", None, {"changed": sorted(wanted)})
        with self._audited(line, caller), self.records.asking():
            line.scim_id = self._connector.create_record(self._kind.name, wanted)
            return self._confirmed(line.scim_id, wanted, wanted)

    def replace(
        self, scim_id: str, document: Document, caller: Caller, if_match: Collection[str] | None
    ) -> Document:
        """PUT (RFC 7644 section 3.5.1); returns the record as the vendor shows it."""

        def change(current: Document) -> Document:
            written = {name: document[name] for name in self._write_only() & document.keys()}
            return merge_put(current, document, self._kind) | written

        return self._change("replace", scim_id, change, caller, if_match)

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None,
    ) -> Document:
        """PATCH (RFC 7644 section 3.5.2); returns the record as the vendor shows it."""

        def change(current: Document) -> Document:
            return apply_patch(operations, current, self._kind, dialect=self.dialect)

        return self._change("patch", scim_id, change, caller, if_match)

    def delete(self, scim_id: str, caller: Caller, if_match: Collection[str] | None) -> None:
        """DELETE: returns once the vendor does not show the record any more."""
        with deadline(self.records.deadline_s):
            before = self._get(scim_id, if_match)
            # The record itself is one of them: a hundred without a list are a hundred as well.
            lost = losses(self._kind.attributes, before, {}) | {"all of it"}
            line = _Line("delete", scim_id, losses=lost)
            with self._audited(line, caller), self.records.asking():
                try:
                    self._connector.delete_record(self._kind.name, scim_id)
                except VendorConflict as error:
                    # That it is in use, which is nothing that has to be unique.
                    raise Conflict(error.reason) from error
                if self.records.read(scim_id) is not None:
                    raise self._not_shown(scim_id, "that it is gone")

    def _change(
        self,
        action: str,
        scim_id: str,
        change: Callable[[Document], Document],
        caller: Caller,
        if_match: Collection[str] | None,
    ) -> Document:
        with deadline(self.records.deadline_s):
            before = self._get(scim_id, if_match)
            after = _record(change(before))
            changed = differences(self._kind.attributes, after, before)
            changed |= self._write_only() & after.keys()
            if not changed:
                return before
            lost = losses(self._kind.attributes, before, after)
            line = _Line(action, scim_id, {"changed": sorted(changed)}, lost)
            with self._audited(line, caller), self.records.asking():
                try:
                    self._connector.update_record(self._kind.name, before, after)
                except VendorNotFound as error:
                    raise not_found(self._kind.name, scim_id) from error
                return self._confirmed(scim_id, after, changed)

    def _get(self, scim_id: str, if_match: Collection[str] | None) -> Document:
        before = self.records.find(scim_id)
        if before is None:
            raise not_found(self._kind.name, scim_id)
        require_version(self._kind.name, scim_id, content_version(before), if_match)
        return before

    def _confirmed(
        self, scim_id: str, wanted: Mapping[str, Any], changed: Iterable[str]
    ) -> Document:
        """The record as the vendor shows it, if that is what was ``wanted`` of ``changed``."""
        found = self.records.read(scim_id)
        if found is None:
            raise self._not_shown(scim_id, "it")
        attributes = (each for each in self._kind.attributes if each.name in changed)
        missing = differences(attributes, wanted, found)
        if missing:
            raise self._not_shown(scim_id, f"the change of {', '.join(sorted(missing))}")
        return found

    def _not_shown(self, scim_id: str, what: str) -> TemporarilyUnavailable:
        return TemporarilyUnavailable(
            f"the vendor accepted the request for {self._kind.name} {scim_id} and does not show "
            f"{what}; this request is not kept: read it again, and repeat what is missing",
            retry_after=self.records.retry_after_s,
        )

    @contextmanager
    def _audited(self, line: _Line, caller: Caller) -> Iterator[None]:
        """A line before the block, without which it does not run, and one with its outcome."""
        with self.pauses.intent(caller) as connection:
            record = f"the {self._kind.name} {line.scim_id}"
            self.removals.count_values(connection, record, line.losses)
            self._note(connection, line, caller, "wanted")
        try:
            yield
        except Exception as error:
            reason = error.detail if isinstance(error, ScimError) else type(error).__name__
            line.detail["error"] = reason
            self._end(line, caller, "failed")
            raise
        self._end(line, caller, "done")

    def _end(self, line: _Line, caller: Caller, outcome: str) -> None:
        with self.pauses.directory.write() as connection:
            self._note(connection, line, caller, outcome)

    def _note(self, connection: Connection, line: _Line, caller: Caller, outcome: str) -> None:
        self.pauses.audit.append(
            connection,
            caller,
            target=self.pauses.name,
            at=self.pauses.now(),
            action=f"{line.action} {outcome}",
            resource_type=self._kind.name,
            scim_id=line.scim_id,
            detail=line.detail,
        )

    def _write_only(self) -> frozenset[str]:
        return frozenset(
            each.name for each in self._kind.attributes if each.mutability == "writeOnly"
        )

    @property
    def _kind(self) -> ResourceType:
        return self.records.resource_type

    @property
    def _connector(self) -> Connector:
        return self.records.connector


def _record(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as connectors take it: they know nothing of schemas."""
    return {name: value for name, value in document.items() if name != "schemas"}
