"""How much is unfinished, and for how long: what an operator watches."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from scimbridge.directory.journal import PENDING
from scimbridge.directory.schema import operations, resources, targets, tokens

_O = operations.c
_R = resources.c


@dataclass(frozen=True, slots=True)
class Backlog:
    """The unfinished operations of one target."""

    changes: int
    removals: int
    """Those of ``changes`` that take access away."""
    oldest: int | None
    """When the oldest was asked for, in milliseconds since the epoch; None if there is none."""
    oldest_removal: int | None


def backlog(connection: Connection, target: str) -> Backlog:
    """What is unfinished at a target."""
    found = {
        bool(removal): (count, oldest)
        for removal, count, oldest in connection.execute(
            select(_O.removal, func.count(), func.min(_O.created))
            .where(_O.target == target, _O.status == PENDING)
            .group_by(_O.removal)
        )
    }
    removals, oldest_removal = found.get(True, (0, None))
    additions, oldest_addition = found.get(False, (0, None))
    waiting = [each for each in (oldest_removal, oldest_addition) if each is not None]
    return Backlog(additions + removals, removals, min(waiting, default=None), oldest_removal)


def visible_resources(connection: Connection, target: str) -> dict[str, int]:
    """Resource type to the number of resources that readers see."""
    rows = connection.execute(
        select(_R.resource_type, func.count())
        .where(_R.target == target, _R.confirmed.is_not(None))
        .group_by(_R.resource_type)
    )
    return {str(kind): int(count) for kind, count in rows}


def observed_at(connection: Connection, target: str) -> int | None:
    """When the vendor was last read as a whole, in milliseconds since the epoch."""
    found: int | None = connection.execute(
        select(targets.c.observed_at).where(targets.c.name == target)
    ).scalar_one_or_none()
    return found


def last_expiry(connection: Connection, target: str, *, now: int) -> int | None:
    """When the last token of a target that is still in force expires; None: never, or none is."""
    rows = list(
        connection.execute(
            select(tokens.c.expires).where(
                tokens.c.target == target,
                tokens.c.revoked.is_(None),
                (tokens.c.expires.is_(None)) | (tokens.c.expires > now),
            )
        ).scalars()
    )
    return None if None in rows else max(rows, default=None)
