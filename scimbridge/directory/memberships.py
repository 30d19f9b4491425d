"""Group membership as rows, so that one member more in a group of 100,000 costs one row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Dialect, Insert, bindparam, case, delete, func, select, update
from sqlalchemy.orm import aliased

from scimbridge.directory.engine import insert_or_else
from scimbridge.directory.grants import Key
from scimbridge.directory.prepared import Prepared, PreparedIn
from scimbridge.directory.resources import chunks
from scimbridge.directory.schema import group_entitlements, memberships, resources

_M = memberships.c
_R = resources.c
_members = aliased(resources)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member as readers see it; ``display`` is None if the id names nobody known."""

    member_id: str
    display: str | None
    resource_type: str | None


@dataclass(frozen=True, slots=True)
class MemberChanges:
    """What an unfinished operation does to the members of its group."""

    operation_pk: int
    joining: bool
    leaving: bool
    waits: bool
    """Whether an account is not yet as this needs it."""
    visible: Sequence[str]
    """The ids of the members whose groups are others once it is confirmed."""


_MEMBERS = (
    select(
        _M.member_id,
        func.coalesce(_M.display, _members.c.display),
        _members.c.resource_type,
    )
    .select_from(
        memberships.join(resources, _R.pk == _M.group_pk).outerjoin(
            _members, (_members.c.scim_id == _M.member_id) & (_members.c.target == _R.target)
        )
    )
    .where(_M.group_pk == bindparam("group_pk"))
    .order_by(_M.member_id)
)
_SHOWN = _MEMBERS.where(_M.have == 1)
_WANTED_ROWS = _MEMBERS.where(_M.want == 1)
_WANTED_AMONG = PreparedIn(
    lambda ids: select(_M.member_id).where(
        _M.group_pk == bindparam("group_pk"), _M.want == 1, _M.member_id.in_(ids)
    )
)
_WANTED = select(_M.member_id).where(_M.group_pk == bindparam("group_pk"), _M.want == 1)
_UNFINISHED = select(_M.member_id).where(
    _M.group_pk == bindparam("group_pk"), _M.operation_pk.is_not(None)
)
_OPERATIONS_ON = PreparedIn(
    lambda ids: (
        select(_M.operation_pk)
        .distinct()
        .where(
            _M.group_pk == bindparam("group_pk"),
            _M.member_id.in_(ids),
            _M.operation_pk.is_not(None),
        )
    )
)
_ENTITLEMENTS_OF = PreparedIn(
    lambda ids: (
        select(_M.member_id, group_entitlements.c.kind, group_entitlements.c.native_id)
        .select_from(
            memberships.join(group_entitlements, group_entitlements.c.group_pk == _M.group_pk).join(
                resources, _R.pk == _M.group_pk
            )
        )
        .where(_R.target == bindparam("target"), _M.member_id.in_(ids), _M.want == 1)
    )
)
_GRANTED_BY = Prepared(
    select(group_entitlements.c.kind, group_entitlements.c.native_id).where(
        group_entitlements.c.group_pk == bindparam("group_pk")
    )
)


def _want(dialect: Dialect) -> Insert:
    row = insert_or_else(dialect, memberships)
    row = row.values({each.name: bindparam(each.name) for each in _M if each is not _M.have})
    new = row.excluded
    or_else: Insert = row.on_conflict_do_update(
        index_elements=[_M.group_pk, _M.member_id],
        set_={
            "want": new.want,
            "display": new.display,
            "operation_pk": new.operation_pk,
            # An earlier change that is not carried out yet is waited for as well: what it takes
            # away must not stay because of a later one that affects no account.
            "generation": case(
                (
                    _M.operation_pk.is_not(None) & (_M.generation > new.generation),
                    _M.generation,
                ),
                else_=new.generation,
            ),
        },
    )
    return or_else


_WANT = Prepared(_want)
_DROP_UNWANTED = Prepared(
    delete(memberships).where(_M.operation_pk == bindparam("of_operation"), _M.want == 0)
)
_CONFIRM_WANTED = Prepared(
    update(memberships)
    .where(_M.operation_pk == bindparam("of_operation"), _M.want == 1)
    .values(have=1, operation_pk=None, generation=0)
)
_CHANGES_OF = Prepared(
    select(
        _M.member_id,
        _M.want,
        _M.have,
        # A member that names nobody, or nobody any more, is not waited for.
        _M.generation > func.coalesce(_members.c.confirmed_generation, _M.generation),
    )
    .select_from(memberships.outerjoin(_members, _members.c.scim_id == _M.member_id))
    .where(_M.operation_pk == bindparam("of_operation"))
)
_UNSETTLED_OF = Prepared(
    select(_members.c.pk)
    .select_from(memberships.join(_members, _members.c.scim_id == _M.member_id))
    .where(
        _M.operation_pk == bindparam("of_operation"),
        _M.generation > _members.c.confirmed_generation,
    )
    .order_by(_M.want, _members.c.pk)
)


def shown(connection: Connection, group_pk: int) -> Iterator[MemberRow]:
    """The confirmed members of a group, by id."""
    for row in connection.execute(_SHOWN, {"group_pk": group_pk}):
        yield MemberRow(*row)


def wanted_members(connection: Connection, group_pk: int) -> Iterator[MemberRow]:
    """The desired members of a group, by id."""
    for row in connection.execute(_WANTED_ROWS, {"group_pk": group_pk}):
        yield MemberRow(*row)


def wanted(connection: Connection, group_pk: int) -> set[str]:
    """The ids of all desired members."""
    return set(connection.execute(_WANTED, {"group_pk": group_pk}).scalars())


def wanted_among(connection: Connection, group_pk: int, ids: Collection[str]) -> set[str]:
    """Which of ``ids`` are desired members."""
    found: set[str] = set()
    for chunk in chunks(list(ids)):
        found.update(each for (each,) in _WANTED_AMONG.all(connection, chunk, group_pk=group_pk))
    return found


def unfinished(connection: Connection, group_pk: int) -> set[str]:
    """The ids of all whose joining or leaving is not confirmed yet."""
    return set(connection.execute(_UNFINISHED, {"group_pk": group_pk}).scalars())


def operations_on(connection: Connection, group_pk: int, ids: Collection[str]) -> set[int]:
    """The unfinished operations by which any of ``ids`` join or leave."""
    found: set[int] = set()
    for chunk in chunks(list(ids)):
        found.update(each for (each,) in _OPERATIONS_ON.all(connection, chunk, group_pk=group_pk))
    return found


def entitlements_of(
    connection: Connection, target: str, ids: Collection[str]
) -> dict[str, set[Key]]:
    """For each member id, the union of what its desired groups grant."""
    found: dict[str, set[Key]] = {}
    for chunk in chunks(list(ids)):
        for member_id, kind, native_id in _ENTITLEMENTS_OF.all(connection, chunk, target=target):
            found.setdefault(member_id, set()).add((kind, native_id))
    return found


def want(
    connection: Connection,
    group_pk: int,
    changes: Mapping[str, bool],
    *,
    operation_pk: int | None,
    generations: Mapping[str, int],
    displays: Mapping[str, str | None],
) -> None:
    """Set which members are desired; ``changes`` holds real changes only.

    ``displays`` is what the client calls those who join; ``generations`` gives, for each member
    whose account is affected, the generation to wait for; an unfinished change that waits for a
    later one goes on doing so.
    """
    _WANT.run_each(
        connection,
        [
            {
                "group_pk": group_pk,
                "member_id": member_id,
                "want": int(wanted_now),
                "display": displays.get(member_id),
                "operation_pk": operation_pk,
                "generation": generations.get(member_id, 0),
            }
            for member_id, wanted_now in changes.items()
        ],
    )


def unsettled_members(connection: Connection, operation_pk: int) -> list[int]:
    """Primary keys of the users that an operation on a group waits for; those who leave first."""
    return [pk for (pk,) in _UNSETTLED_OF.all(connection, of_operation=operation_pk)]


def changes_of(connection: Connection, operation_pk: int) -> MemberChanges:
    """Who joins and leaves by an unfinished operation."""
    rows = _CHANGES_OF.all(connection, of_operation=operation_pk)
    return MemberChanges(
        operation_pk,
        joining=any(want for _, want, _, _ in rows),
        leaving=not all(want for _, want, _, _ in rows),
        waits=any(unsettled for _, _, _, unsettled in rows),
        visible=[member for member, want, have, _ in rows if want != have],
    )


def confirm(connection: Connection, changes: MemberChanges) -> None:
    """Show what an operation changed."""
    if changes.leaving:
        _DROP_UNWANTED.run(connection, of_operation=changes.operation_pk)
    if changes.joining:
        _CONFIRM_WANTED.run(connection, of_operation=changes.operation_pk)


def rename(connection: Connection, group_pk: int, displays: Mapping[str, str | None]) -> bool:
    """Take over what the client calls members that stay; whether that changed anything."""
    changed = False
    for member_id, display in displays.items():
        done = connection.execute(
            update(memberships)
            .where(
                _M.group_pk == group_pk,
                _M.member_id == member_id,
                _M.display.is_distinct_from(display),
            )
            .values(display=display)
        )
        changed = changed or done.rowcount > 0
    return changed


def touched_by(connection: Connection, operation_pk: int) -> list[str]:
    """Ids of the members whose accounts an unfinished operation may affect."""
    statement = select(_M.member_id).where(_M.operation_pk == operation_pk)
    return list(connection.execute(statement).scalars())


def touch_all(
    connection: Connection, group_pk: int, operation_pk: int, generations: Mapping[str, int]
) -> None:
    """Have ``operation_pk`` wait for all members: what the group grants has changed.

    Who joins by an unfinished operation goes on waiting for that one, and it for the change.
    """
    for member_id, generation in generations.items():
        connection.execute(
            update(memberships)
            .where(_M.group_pk == group_pk, _M.member_id == member_id)
            .values(
                operation_pk=func.coalesce(_M.operation_pk, operation_pk), generation=generation
            )
        )


def withdraw(
    connection: Connection,
    operation_pk: int,
    generations: Mapping[str, int],
    *,
    into: int,
    keep_removals: bool,
) -> None:
    """Want again what is shown, for all that ``operation_pk`` changed; ``into`` carries it on.

    With ``keep_removals`` those who were to leave still are.
    """
    changed = update(memberships).where(_M.operation_pk == operation_pk)
    back = changed.where(_M.want == 1) if keep_removals else changed
    connection.execute(back.values(want=_M.have))
    connection.execute(changed.values(operation_pk=into))
    for member_id, generation in generations.items():
        connection.execute(
            update(memberships)
            .where(_M.operation_pk == into, _M.member_id == member_id)
            .values(generation=generation)
        )


def remove_member(connection: Connection, target: str, member_id: str) -> list[int]:
    """Take a resource out of every group of its target; returns those groups' primary keys."""
    groups = list(
        connection.execute(
            select(_M.group_pk)
            .select_from(memberships.join(resources, _R.pk == _M.group_pk))
            .where(_R.target == target, _M.member_id == member_id)
        ).scalars()
    )
    for chunk in chunks(groups):
        connection.execute(
            delete(memberships).where(_M.member_id == member_id, _M.group_pk.in_(chunk))
        )
    return groups


# --- what groups grant -----------------------------------------------------------------------


def granted_by(connection: Connection, group_pk: int) -> set[Key]:
    """The entitlements that the members of a group get."""
    return set(_GRANTED_BY.all(connection, group_pk=group_pk))


def set_granted_by(connection: Connection, group_pk: int, keys: Sequence[Key]) -> None:
    """Replace the entitlements that the members of a group get."""
    connection.execute(delete(group_entitlements).where(group_entitlements.c.group_pk == group_pk))
    if keys:
        connection.execute(
            group_entitlements.insert(),
            [
                {"group_pk": group_pk, "kind": kind, "native_id": native_id}
                for kind, native_id in keys
            ],
        )
