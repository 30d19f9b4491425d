"""What each pass at an operation planned and sent: for an operator, bounded, and not for ever.

The audit log keeps what was asked for and what came of it; this is how that came about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from scimbridge.directory.prepared import Prepared
from scimbridge.directory.schema import passes

KEPT = 50_000
"""Passes of all targets: those of some weeks, or of the first sync of a large tenant."""

KEPT_OF_ONE = 10
"""Passes at one operation that fails again and again: the last ones."""

MOST_STEPS = 100
"""Steps of one pass: those at the first people of a large group."""

_MARGIN = 1000
_T = passes.c
_INSERT = Prepared(
    insert(passes).values({each.name: bindparam(each.name) for each in _T if each is not _T.pk})
)
_OF_OPERATION = select(passes).where(_T.operation_pk == bindparam("of")).order_by(_T.pk)
_ENDS = select(func.min(_T.pk), func.max(_T.pk))


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass as stored; what is in the JSON is said in `scimbridge.directory.schema`."""

    pk: int
    operation_pk: int
    began: int
    steps: list[dict[str, Any]]
    steps_planned: int
    calls: list[dict[str, Any]]
    calls_made: int


def add(
    connection: Connection,
    operation_pk: int,
    *,
    began: int,
    steps: Sequence[dict[str, object]],
    calls: Sequence[object],
    calls_made: int,
) -> None:
    """Store a pass in the transaction that records what it led to.

    ``calls`` are dataclasses, the last ones of ``calls_made``.
    """
    _INSERT.run(
        connection,
        operation_pk=operation_pk,
        began=began,
        steps=orjson.dumps(list(steps[:MOST_STEPS])).decode(),
        steps_planned=len(steps),
        calls=orjson.dumps(list(calls)).decode(),
        calls_made=calls_made,
    )


def of_operation(connection: Connection, operation_pk: int) -> list[Pass]:
    """The passes at an operation, oldest first."""
    rows = connection.execute(_OF_OPERATION, {"of": operation_pk})
    return [
        Pass(pk, of, began, orjson.loads(steps), planned, orjson.loads(calls), made)
        for pk, of, began, steps, planned, calls, made in rows
    ]


def trim(connection: Connection, operation_pk: int) -> None:
    """Leave the last passes at an operation."""
    last = (
        select(_T.pk)
        .where(_T.operation_pk == operation_pk)
        .order_by(_T.pk.desc())
        .limit(KEPT_OF_ONE)
    )
    connection.execute(
        delete(passes).where(_T.operation_pk == operation_pk, _T.pk.not_in(last.scalar_subquery()))
    )


def too_many(connection: Connection) -> bool:
    """Whether it is time to `prune`."""
    oldest, newest = connection.execute(_ENDS).one()
    return oldest is not None and newest - oldest >= KEPT + _MARGIN


def prune(connection: Connection) -> None:
    """Leave the last `KEPT` passes."""
    newest = select(func.max(_T.pk)).scalar_subquery()
    connection.execute(delete(passes).where(_T.pk <= newest - KEPT))
