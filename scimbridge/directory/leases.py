"""Who may work on a resource's account now: leases with an expiry and a fence.

A lease is taken and given back in transactions of its own; none is open while the vendor is
called. The fence counts the leases of a resource: whoever comes back late sees that it moved on.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from scimbridge.directory.prepared import Prepared, PreparedIn
from scimbridge.directory.resources import chunks
from scimbridge.directory.schema import resources, targets

LEASE_MARGIN_S = 10
"""A lease outlives the deadline of its request by this much: the last vendor call may run over."""

_T = resources.c
_STALE = PreparedIn(
    lambda pks: (
        update(resources)
        .where(
            _T.pk.in_(pks),
            _T.lease_owner.is_not(None),
            _T.lease_until < bindparam("now"),
        )
        # The holder vanished without giving it back, so what it did at the vendor is not known.
        .values(dirty=_T.dirty + 1, lease_owner=None)
    )
)
_TAKE = PreparedIn(
    lambda pks: (
        update(resources)
        .where(
            _T.pk.in_(pks),
            _T.lease_until < bindparam("now"),
            _T.generation > _T.confirmed_generation,
        )
        .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"), fence=_T.fence + 1)
        .returning(_T.pk)
    )
)
_FREE = PreparedIn(
    lambda pks: select(_T.pk, _T.dirty, _T.lease_owner).where(
        _T.pk.in_(pks),
        _T.lease_until < bindparam("now"),
        _T.generation > _T.confirmed_generation,
    )
)
_UNSETTLED = PreparedIn(
    lambda pks: (
        select(_T.pk).where(_T.pk.in_(pks), _T.generation > _T.confirmed_generation).limit(1)
    )
)
_GIVE_BACK = Prepared(
    update(resources)
    .where(_T.pk == bindparam("of_pk"), _T.fence == bindparam("of_fence"))
    .values(lease_owner=None, lease_until=0)
    .returning(_T.dirty)
)
_MARK_DIRTY = Prepared(
    update(resources)
    .where(_T.pk == bindparam("of_pk"))
    .values(dirty=_T.dirty + 1, generation=_T.generation + 1)
)


def take(
    connection: Connection, pks: Sequence[int], *, owner: str, now: int, until: int
) -> list[int]:
    """Lease those of the unsettled resources that are free; returns their primary keys."""
    taken: list[int] = []
    for chunk in chunks(pks):
        _STALE.run(connection, chunk, now=now)
        rows = _TAKE.all(connection, chunk, now=now, owner=owner, until=until)
        taken += [pk for (pk,) in rows]
    return taken


def free(connection: Connection, pks: Sequence[int], *, now: int) -> tuple[list[int], list[int]]:
    """Those of the unsettled resources that `take` would lease: certain ones, and those in doubt.

    In doubt is what is dirty, or whose holder vanished. The order is that of ``pks``.
    """
    found = {
        pk: bool(dirty or owner is not None)
        for chunk in chunks(pks)
        for pk, dirty, owner in _FREE.all(connection, chunk, now=now)
    }
    ordered = [pk for pk in pks if pk in found]
    return [pk for pk in ordered if not found[pk]], [pk for pk in ordered if found[pk]]


def any_unsettled(connection: Connection, pks: Sequence[int]) -> bool:
    """Whether there is work left at one of the resources, leased or not."""
    return any(_UNSETTLED.all(connection, chunk) for chunk in chunks(pks))


def give_back(connection: Connection, pk: int, fence: int) -> int | None:
    """End a lease; returns ``dirty``, which may have been raised since the lease was taken.

    None if the lease was lost before, and somebody else may be at work.
    """
    found = _GIVE_BACK.first(connection, of_pk=pk, of_fence=fence)
    return None if found is None else int(found[0])


def is_held(connection: Connection, pk: int, fence: int) -> bool:
    """Whether nobody took the resource over; nobody will before the caller's transaction ends."""
    mine = select(_T.pk).where(_T.pk == pk, _T.fence == fence).with_for_update()
    return connection.execute(mine).first() is not None


def mark_dirty(connection: Connection, pk: int) -> None:
    """Have everything asserted again: calls were sent under a lease that was lost meanwhile."""
    _MARK_DIRTY.run(connection, of_pk=pk)


def take_target(connection: Connection, name: str, *, owner: str, now: int, until: int) -> bool:
    """Lease a whole target for one observation at a time."""
    done = connection.execute(
        update(targets)
        .where(targets.c.name == name, targets.c.lease_until < now)
        .values(lease_owner=owner, lease_until=until)
    )
    return done.rowcount == 1


def give_back_target(
    connection: Connection, name: str, *, owner: str, until: int, observed_at: int | None
) -> None:
    """End a target's lease, noting when it was observed if it was.

    ``owner`` and ``until`` are those that it was taken with: whoever comes back late leaves the
    lease of the next one, who will note its own observation.
    """
    values: dict[str, object] = {"lease_owner": None, "lease_until": 0}
    if observed_at is not None:
        values["observed_at"] = observed_at
    mine = (targets.c.name == name, targets.c.lease_owner == owner, targets.c.lease_until == until)
    connection.execute(update(targets).where(*mine).values(**values))
