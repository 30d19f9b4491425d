"""What the bridge gave to accounts, is about to give or take, or took and will give back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Dialect, bindparam, delete, or_, select, update

from scimbridge.directory.engine import insert_or_else
from scimbridge.directory.prepared import Prepared, PreparedIn
from scimbridge.directory.resources import chunks
from scimbridge.directory.schema import entitlements, grants, resources, retired_accounts

ASSERTED = "asserted"
HELD = "held"
TAKING = "taking"
FOUND = "found"
SUSPENDED = "suspended"
REVOKED = "revoked"
RESTORED = "restored"

Key = tuple[str, str]
"""An entitlement: kind and native id."""

_NOT_HELD = (REVOKED, RESTORED, TAKING)

_T = grants.c
_R = retired_accounts.c
_OF = PreparedIn(
    lambda pks: select(_T.resource_pk, _T.kind, _T.native_id, _T.state).where(
        _T.resource_pk.in_(pks),
        (_T.state != REVOKED) & (_T.state != RESTORED)
        | (_T.revoked_at > bindparam("settling_since")),
    )
)
_RETIRED = PreparedIn(
    lambda pks: (
        select(_R.resource_pk, _R.native_id).where(_R.resource_pk.in_(pks)).order_by(_R.native_id)
    )
)
_RETIREES = PreparedIn(
    lambda ids: (
        select(_R.native_id)
        .join_from(retired_accounts, resources, resources.c.pk == _R.resource_pk)
        .where(resources.c.target == bindparam("target"), _R.native_id.in_(ids))
    )
)
_RECIPIENTS = (
    select(_T.resource_pk)
    .join_from(grants, resources, resources.c.pk == _T.resource_pk)
    .where(
        resources.c.target == bindparam("target"),
        _T.kind == bindparam("kind"),
        _T.native_id == bindparam("native_id"),
        _T.state.in_([HELD, ASSERTED]),
    )
)


def _put(dialect: Dialect, *, unless_held: bool) -> Any:
    new = insert_or_else(dialect, grants).values({each.name: bindparam(each.name) for each in _T})
    return new.on_conflict_do_update(
        index_elements=[_T.resource_pk, _T.kind, _T.native_id],
        set_={"state": new.excluded.state, "revoked_at": new.excluded.revoked_at},
        where=or_(*(_T.state == each for each in _NOT_HELD)) if unless_held else None,
    )


def _add(dialect: Dialect) -> Any:
    names = ("resource_pk", "kind", "native_id", "state")
    new = insert_or_else(dialect, grants).values({name: bindparam(name) for name in names})
    return new.on_conflict_do_update(
        index_elements=[_T.resource_pk, _T.kind, _T.native_id],
        set_={"state": new.excluded.state, "revoked_at": 0},
        where=_T.state == RESTORED,
    ).returning(_T.kind, _T.native_id)


_PUT = Prepared(partial(_put, unless_held=False))
_PUT_UNLESS_HELD = Prepared(partial(_put, unless_held=True))
_ADD = Prepared(_add)
_FORGET_TAKING = Prepared(
    delete(grants).where(
        _T.resource_pk == bindparam("of_pk"),
        _T.kind == bindparam("of_kind"),
        _T.native_id == bindparam("of_native_id"),
        _T.state == TAKING,
    )
)
_FORGET_RETIRED = PreparedIn(
    lambda native_ids: delete(retired_accounts).where(
        _R.resource_pk == bindparam("of_pk"), _R.native_id.in_(native_ids)
    )
)


def of_resources(
    connection: Connection, pks: Sequence[int], *, settling_since: int
) -> dict[int, dict[Key, str]]:
    """For each resource, its entitlements with their state.

    Of what was revoked or restored, only what was so after ``settling_since`` (milliseconds since
    the epoch): of the rest the vendor's reads tell.
    """
    found: dict[int, dict[Key, str]] = {pk: {} for pk in pks}
    for chunk in chunks(pks):
        for pk, kind, native_id, state in _OF.all(connection, chunk, settling_since=settling_since):
            found[pk][kind, native_id] = state
    return found


def recipients(connection: Connection, target: str, key: Key) -> list[int]:
    """Primary keys of those to whom the bridge gave an entitlement, or may have."""
    kind, native_id = key
    parameters = {"target": target, "kind": kind, "native_id": native_id}
    return list(connection.execute(_RECIPIENTS, parameters).scalars())


def put(
    connection: Connection,
    state: str,
    rows: Iterable[tuple[int, Key]],
    *,
    unless_held: bool = False,
    at: int = 0,
) -> None:
    """Set the state of entitlements of resources; if ``unless_held``, not of what is held.

    ``at`` goes with the states ``REVOKED`` and ``RESTORED``, which tell no more than how far a
    read can be trusted.
    """
    values = [
        {
            "resource_pk": pk,
            "kind": kind,
            "native_id": native_id,
            "state": state,
            "revoked_at": at,
        }
        for pk, (kind, native_id) in rows
    ]
    (_PUT_UNLESS_HELD if unless_held else _PUT).run_each(connection, values)


def add(connection: Connection, state: str, rows: Iterable[tuple[int, Key]]) -> set[Key]:
    """Set the state of what is not recorded yet, or restored; returns what that was."""
    return {
        key
        for pk, (kind, native_id) in rows
        for key in _ADD.all(connection, resource_pk=pk, kind=kind, native_id=native_id, state=state)
    }


def doubt(connection: Connection, pk: int) -> None:
    """Take what the resource holds for uncertain: its account is about to be another one."""
    connection.execute(
        update(grants).where(_T.resource_pk == pk, _T.state == HELD).values(state=ASSERTED)
    )


def move(connection: Connection, state: str, pk: int, to_pk: int) -> None:
    """Make what a resource has in ``state`` another one's."""
    connection.execute(
        update(grants).where(_T.resource_pk == pk, _T.state == state).values(resource_pk=to_pk)
    )


def forget_found(connection: Connection, pk: int) -> None:
    """Drop the record of what an account that a rename came upon is to have back: it is gone."""
    connection.execute(delete(grants).where(_T.resource_pk == pk, _T.state == FOUND))


def forget_taking(connection: Connection, rows: Iterable[tuple[int, Key]]) -> None:
    """Drop the record of entitlements that were about to be taken, and are not after all."""
    values = [
        {"of_pk": pk, "of_kind": kind, "of_native_id": native_id} for pk, (kind, native_id) in rows
    ]
    _FORGET_TAKING.run_each(connection, values)


# --- accounts that are being replaced --------------------------------------------------------


def retired(connection: Connection, pks: Sequence[int]) -> dict[int, list[str]]:
    """For each resource, the native ids of the accounts that it replaces."""
    found: dict[int, list[str]] = {pk: [] for pk in pks}
    for chunk in chunks(pks):
        for pk, native_id in _RETIRED.all(connection, chunk):
            found[pk].append(native_id)
    return found


def retire(connection: Connection, pk: int, native_id: str, *, confirmed: bool) -> None:
    """Note that an account is to be deleted once the resource has another one."""
    connection.execute(
        retired_accounts.insert().values(
            resource_pk=pk, native_id=native_id, confirmed=int(confirmed)
        )
    )


def confirmed_account(connection: Connection, pk: int) -> str | None:
    """The retired account to which a failed rename returns."""
    table = retired_accounts.c
    found: str | None = connection.execute(
        select(table.native_id).where(table.resource_pk == pk, table.confirmed == 1)
    ).scalar_one_or_none()
    return found


def retiree(connection: Connection, target: str, native_id: str) -> int | None:
    """Primary key of the resource whose former account this is, if it is still to go."""
    table = retired_accounts.c
    found: int | None = connection.execute(
        select(table.resource_pk)
        .join_from(retired_accounts, resources, resources.c.pk == table.resource_pk)
        .where(resources.c.target == target, table.native_id == native_id)
    ).scalar_one_or_none()
    return found


def retirees(connection: Connection, target: str, native_ids: Sequence[str]) -> set[str]:
    """Which of these accounts are the former ones of somebody, and still to go."""
    return {
        native_id
        for chunk in chunks(native_ids)
        for (native_id,) in _RETIREES.all(connection, chunk, target=target)
    }


def forget_retired(connection: Connection, pk: int, native_ids: Sequence[str]) -> None:
    """Drop the note of `retire`: the accounts are gone, or are not to go after all."""
    for chunk in chunks(native_ids):
        _FORGET_RETIRED.run(connection, chunk, of_pk=pk)


# --- the vendor's catalogue -----------------------------------------------------------------


def catalogue(connection: Connection, target: str) -> dict[Key, tuple[str, str, bool]]:
    """The vendor's entitlements: (kind, native id) to (display name, description, assignable)."""
    table = entitlements.c
    rows = connection.execute(
        select(
            table.kind,
            table.native_id,
            table.display_name,
            table.description,
            table.assignable,
        ).where(table.target == target)
    )
    return {(kind, native): (name, text, bool(flag)) for kind, native, name, text, flag in rows}


def replace_catalogue(
    connection: Connection, target: str, entries: dict[Key, tuple[str, str, bool]]
) -> None:
    """Store the vendor's entitlements as they are now."""
    connection.execute(delete(entitlements).where(entitlements.c.target == target))
    if entries:
        connection.execute(
            entitlements.insert(),
            [
                {
                    "target": target,
                    "kind": kind,
                    "native_id": native_id,
                    "display_name": name,
                    "description": text,
                    "assignable": int(flag),
                }
                for (kind, native_id), (name, text, flag) in entries.items()
            ],
        )
