"""Which targets are paused, and which accounts lost access of late: shared by all replicas.

Beside accounts, by their SCIM ids, stand values that were taken from records of the vendor's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select

from scimbridge.directory.engine import insert_or_else
from scimbridge.directory.prepared import Prepared, PreparedIn
from scimbridge.directory.resources import chunks
from scimbridge.directory.schema import guards, removals, resources

_G = guards.c
_R = removals.c
_U = resources.c
_OF = Prepared(select(guards).where(_G.target == bindparam("target")))
_COUNT = Prepared(
    select(func.count()).where(_R.target == bindparam("target"), _R.at > bindparam("since"))
)
_COUNTED = PreparedIn(
    lambda ids: select(_R.scim_id).where(
        _R.target == bindparam("target"), _R.at > bindparam("since"), _R.scim_id.in_(ids)
    )
)
_CLAIMED = select(_U.confirmed).where(
    _U.target == bindparam("target"),
    _U.resource_type == "User",
    _U.claimed == 1,
    _U.confirmed.is_not(None),
)


@dataclass(frozen=True, slots=True)
class GuardRow:
    """One target's guard as stored; the columns are explained in `scimbridge.directory.schema`."""

    target: str
    paused_at: int | None = None
    removals_paused_at: int | None = None
    reason: str | None = None
    resumed_at: int = 0
    allowance: int | None = None
    managed: int = 0
    managed_at: int = 0


def get(connection: Connection, target: str) -> GuardRow:
    """The guard of a target; one that was never touched is as new."""
    row = _OF.first(connection, target=target)
    return GuardRow(target) if row is None else GuardRow(*row)


def change(connection: Connection, target: str, **columns: Any) -> None:
    """Set columns of one guard."""
    statement = insert_or_else(connection.dialect, guards).values(target=target, **columns)
    connection.execute(statement.on_conflict_do_update(index_elements=[_G.target], set_=columns))


# --- accounts that lost access -----------------------------------------------------------------


def count(connection: Connection, target: str, *, since: int) -> int:
    """How many accounts lost access after ``since`` (milliseconds since the epoch)."""
    ((found,),) = _COUNT.all(connection, target=target, since=since)
    return int(found)


def counted(connection: Connection, target: str, ids: Collection[str], *, since: int) -> set[str]:
    """Which of the SCIM ids are among those of `count`."""
    found: set[str] = set()
    for chunk in chunks(list(ids)):
        rows = _COUNTED.all(connection, chunk, target=target, since=since)
        found.update(each for (each,) in rows)
    return found


def note(
    connection: Connection, target: str, ids: Collection[str], *, at: int, forget_until: int
) -> None:
    """Count accounts, and forget what was counted at or before ``forget_until``."""
    connection.execute(delete(removals).where(_R.target == target, _R.at <= forget_until))
    statement = insert_or_else(connection.dialect, removals)
    statement = statement.on_conflict_do_update(
        index_elements=[_R.target, _R.scim_id], set_={"at": statement.excluded.at}
    )
    rows = [{"target": target, "scim_id": scim_id, "at": at} for scim_id in sorted(ids)]
    connection.execute(statement, rows)


def forget(connection: Connection, target: str) -> None:
    """Begin to count anew."""
    connection.execute(delete(removals).where(_R.target == target))


def claimed_users(connection: Connection, target: str) -> Iterator[str]:
    """The confirmed documents of the users that an IdP has written to."""
    yield from connection.execute(_CLAIMED, {"target": target}).scalars()
