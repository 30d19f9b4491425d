"""What a reconciliation found: accounts that are not as desired, until that is mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, delete, func, select, update

from scimbridge.directory.prepared import PreparedIn
from scimbridge.directory.resources import chunks
from scimbridge.directory.schema import differences, resources, targets

_T = differences.c
_R = resources.c
_CLEAR = PreparedIn(lambda pks: delete(differences).where(_T.resource_pk.in_(pks)))


@dataclass(frozen=True, slots=True)
class Difference:
    """One user whose account is not as desired."""

    scim_id: str
    user_name: str
    steps: tuple[str, ...]
    """What would bring the account to the desired state, in words."""
    found_at: int
    """Milliseconds since the epoch."""


def clear(connection: Connection, pks: Sequence[int]) -> None:
    """Forget what was found about users: their accounts are as desired."""
    for chunk in chunks(pks):
        _CLEAR.run(connection, chunk)


def note(connection: Connection, pk: int, steps: Sequence[str], *, now: int) -> None:
    """Record what was found about a user, in place of what was found before."""
    clear(connection, [pk])
    connection.execute(
        differences.insert().values(
            resource_pk=pk, found_at=now, steps=orjson.dumps(list(steps)).decode()
        )
    )


def of_target(connection: Connection, target: str) -> list[Difference]:
    """All that is known to differ, by user name."""
    rows = connection.execute(
        select(_R.scim_id, _R.confirmed_key, _T.steps, _T.found_at)
        .join_from(differences, resources, _T.resource_pk == _R.pk)
        .where(_R.target == target)
        .order_by(_R.confirmed_key)
    )
    return [
        Difference(scim_id, name, tuple(orjson.loads(steps)), found_at)
        for scim_id, name, steps, found_at in rows
    ]


def of_user(connection: Connection, pk: int) -> tuple[str, ...]:
    """What would bring the account of one user to the desired state, in words."""
    found = connection.execute(select(_T.steps).where(_T.resource_pk == pk)).scalar_one_or_none()
    return () if found is None else tuple(orjson.loads(found))


def count(connection: Connection, target: str) -> int:
    """How many users are known to differ."""
    found: int = connection.execute(
        select(func.count())
        .select_from(differences)
        .join(resources, _T.resource_pk == _R.pk)
        .where(_R.target == target)
    ).scalar_one()
    return found


def last_pass(connection: Connection, target: str) -> int | None:
    """When the target was last compared as a whole, in milliseconds since the epoch."""
    found: int | None = connection.execute(
        select(targets.c.reconciled_at).where(targets.c.name == target)
    ).scalar_one()
    return found


def note_pass(connection: Connection, target: str, *, now: int) -> None:
    """Record that the target was compared as a whole."""
    connection.execute(update(targets).where(targets.c.name == target).values(reconciled_at=now))
