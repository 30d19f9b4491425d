"""The journal as an operator reads it: newest first, filtered, with each entry's audit lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from scimbridge.directory.audit import AuditLine
from scimbridge.directory.journal import PENDING, OperationRow
from scimbridge.directory.schema import audit, memberships, operations, resources

_A = audit.c
_M = memberships.c
_O = operations.c
_R = resources.c
_MOST_LINES = 200
"""Audit lines looked through for one operation."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which operations are wanted; None and the empty text leave a condition out."""

    text: str = ""
    """A part of a name of people and groups, or a SCIM id."""
    resource_type: str | None = None
    target: str | None = None
    status: str | None = None
    since: int | None = None
    """Asked for at or after this, in milliseconds since the epoch."""
    until: int | None = None
    """Asked for before this."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation, and what it is about."""

    operation: OperationRow
    scim_id: str | None
    """None if the resource is gone, or has none yet."""
    display: str | None
    """What the resource is called now."""

    @property
    def name(self) -> str:
        """What an operator knows the resource by."""
        of_group = self.operation.resource_type == "Group" and self.display
        return str(of_group or self.operation.name or "")

    @property
    def steps(self) -> list[dict[str, str]]:
        """``{"step", "error"?}`` in words, of what was sent to the vendor."""
        found: list[dict[str, str]] = orjson.loads(self.operation.steps or "[]")
        return found


_ENTRIES = select(operations, _R.scim_id, _R.display).outerjoin_from(
    operations, resources, _R.pk == _O.resource_pk
)


def page(
    connection: Connection, wanted: Filter, *, limit: int, before: int | None = None
) -> list[Entry]:
    """The newest operations; with ``before`` only those older than the one with this key."""
    conditions = _conditions(wanted)
    if before is not None:
        conditions.append(_O.pk < before)
    statement = _ENTRIES.where(*conditions).order_by(_O.pk.desc()).limit(limit)
    return [_entry(row) for row in connection.execute(statement)]


def find(connection: Connection, pk: int) -> Entry | None:
    """One operation."""
    row = connection.execute(_ENTRIES.where(_O.pk == pk)).first()
    return None if row is None else _entry(row)


def audit_lines(connection: Connection, operation: OperationRow) -> list[AuditLine]:
    """The audit lines that name the operation, oldest first."""
    rows = connection.execute(
        select(audit)
        .where(
            _A.request_id == operation.request_id,
            _A.target == operation.target,
            _A.at >= operation.created,
        )
        .order_by(_A.pk)
        .limit(_MOST_LINES)
    )
    lines = [AuditLine(*row) for row in rows]
    return [line for line in lines if orjson.loads(line.detail).get("operation") == operation.pk]


def unfinished_of(connection: Connection, resource_pk: int, scim_id: str) -> list[OperationRow]:
    """What is unfinished on a resource, or on a group that it is joining or leaving."""
    joining = select(_M.operation_pk).where(_M.member_id == scim_id, _M.operation_pk.is_not(None))
    statement = select(operations).where(
        _O.status == PENDING, or_(_O.resource_pk == resource_pk, _O.pk.in_(joining))
    )
    return [OperationRow(*row) for row in connection.execute(statement.order_by(_O.pk))]


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        found.append(_about(wanted.text))
    if wanted.resource_type is not None:
        found.append(_O.resource_type == wanted.resource_type)
    if wanted.target is not None:
        found.append(_O.target == wanted.target)
    if wanted.status is not None:
        found.append(_O.status == wanted.status)
    if wanted.since is not None:
        found.append(_O.created >= wanted.since)
    if wanted.until is not None:
        found.append(_O.created < wanted.until)
    return found


def _about(text: str) -> ColumnElement[bool]:
    small = text.casefold()
    known = select(_R.pk).where(
        or_(_R.scim_id == text, func.lower(_R.display).contains(small, autoescape=True))
    )
    return or_(_O.name.contains(small, autoescape=True), _O.resource_pk.in_(known))


def _entry(row: Row[Any]) -> Entry:
    *operation, scim_id, display = tuple(row)
    return Entry(OperationRow(*operation), scim_id, display)
