"""What readers see: the confirmed users and groups, and who is in which group.

Of a resource only those columns are read that a reader is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from scimbridge.directory.prepared import Prepared, PreparedIn
from scimbridge.directory.resources import chunks
from scimbridge.directory.schema import lists, memberships, resources

_M = memberships.c
_R = resources.c


class ShownRow(NamedTuple):
    """One confirmed resource; the columns' meaning is said in `scimbridge.directory.schema`."""

    pk: int
    resource_type: str
    scim_id: str
    confirmed: str
    revision: int
    created: int
    last_modified: int


@dataclass(frozen=True, slots=True)
class GroupRef:
    """A group that a resource is in, as readers see it."""

    scim_id: str
    display: str


_ALL = select(*(_R[name] for name in ShownRow._fields)).where(
    _R.target == bindparam("target"),
    _R.resource_type == bindparam("resource_type"),
    _R.confirmed_key.is_not(None),
)
_VISIBLE = _ALL.order_by(_R.pk)
_BY_ID = Prepared(_ALL.where(_R.scim_id == bindparam("scim_id")))
_BY_KEY = Prepared(_VISIBLE.where(_R.confirmed_key == bindparam("key")))
_BY_EXTERNAL_ID = Prepared(_VISIBLE.where(_R.external_id == bindparam("external_id")))
_WITH_MEMBER = Prepared(
    _VISIBLE.where(
        _R.pk.in_(select(_M.group_pk).where(_M.member_id == bindparam("member_id"), _M.have == 1))
    )
)
_PAGE = Prepared(
    _VISIBLE.where(_R.pk > bindparam("after")).limit(bindparam("limit")).offset(bindparam("offset"))
)
_LIST = Prepared(
    select(lists.c.total, lists.c.version).where(
        lists.c.target == bindparam("target"),
        lists.c.resource_type == bindparam("resource_type"),
    )
)
_GROUPS_OF = PreparedIn(
    lambda ids: (
        select(_M.member_id, _R.scim_id, _R.display)
        .select_from(memberships.join(resources, _R.pk == _M.group_pk))
        .where(
            _R.target == bindparam("target"),
            _M.member_id.in_(ids),
            _M.have == 1,
            _R.confirmed_key.is_not(None),
        )
        .order_by(_R.pk)
    )
)


def find(connection: Connection, target: str, resource_type: str, scim_id: str) -> ShownRow | None:
    """The resource with this SCIM id."""
    row = _BY_ID.first(connection, target=target, resource_type=resource_type, scim_id=scim_id)
    return None if row is None else ShownRow(*row)


def by_key(connection: Connection, target: str, resource_type: str, key: str) -> list[ShownRow]:
    """What is known under this prepared name: several only if names need not be unique."""
    rows = _BY_KEY.all(connection, target=target, resource_type=resource_type, key=key)
    return [*map(ShownRow._make, rows)]


def by_external_id(
    connection: Connection, target: str, resource_type: str, external_id: str
) -> list[ShownRow]:
    """All resources with this externalId: the client may use one twice."""
    rows = _BY_EXTERNAL_ID.all(
        connection, target=target, resource_type=resource_type, external_id=external_id
    )
    return [*map(ShownRow._make, rows)]


def groups_with(connection: Connection, target: str, member_id: str) -> list[ShownRow]:
    """The groups that show this member."""
    rows = _WITH_MEMBER.all(connection, target=target, resource_type="Group", member_id=member_id)
    return [*map(ShownRow._make, rows)]


def everything(connection: Connection, target: str, resource_type: str) -> Iterator[ShownRow]:
    """All resources, in the one stable order: who came to be known later comes later."""
    rows = connection.execute(_VISIBLE, {"target": target, "resource_type": resource_type})
    for row in rows:
        yield ShownRow(*row)


def page(
    connection: Connection,
    target: str,
    resource_type: str,
    *,
    after: int = 0,
    offset: int,
    limit: int,
) -> list[ShownRow]:
    """``limit`` of those of `everything` behind the primary key ``after``, without ``offset``."""
    rows = _PAGE.all(
        connection,
        target=target,
        resource_type=resource_type,
        after=after,
        offset=offset,
        limit=limit,
    )
    return [*map(ShownRow._make, rows)]


def count(connection: Connection, target: str, resource_type: str) -> tuple[int, int]:
    """How many resources `everything` yields, and a number that rises when others do so."""
    found = _LIST.first(connection, target=target, resource_type=resource_type)
    return (0, 0) if found is None else (found[0], found[1])


def groups_of(
    connection: Connection, target: str, ids: Sequence[str]
) -> dict[str, tuple[GroupRef, ...]]:
    """For each member id that is in any, the groups that it is shown to be in."""
    found: dict[str, list[GroupRef]] = {}
    for chunk in chunks(ids):
        for member_id, *group in _GROUPS_OF.all(connection, chunk, target=target):
            found.setdefault(member_id, []).append(GroupRef(*group))
    return {member_id: tuple(groups) for member_id, groups in found.items()}
