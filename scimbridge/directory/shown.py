"""What readers are shown: the confirmed resources, and who is in which group.

Of a resource only those columns are read that a reader is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import orjson
from sqlalchemy import Connection, Select, Text, bindparam, null, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from scimbridge.directory.prepared import Prepared
from scimbridge.directory.schema import lists, memberships, resources

_M = memberships.c
_R = resources.c
_Rows: TypeAlias = Select[Any]


class ShownRow(NamedTuple):
    """One confirmed resource; the columns' meaning is said in `scimbridge.directory.schema`."""

    pk: int
    resource_type: str
    scim_id: str
    confirmed: str
    revision: int
    created: int
    last_modified: int
    groups: str | None
    """Those that it is shown to be in, in JSON: a list of ids with what each is called. None, or an
    empty list, if there are none, or if they were not asked for."""


@dataclass(frozen=True, slots=True)
class GroupRef:
    """A group that a resource is in, as readers see it."""

    scim_id: str
    display: str


class _json_pairs(GenericFunction[str]):
    """The rows of two columns as one list in JSON: each database has its own name for it."""

    type = Text()
    inherit_cache = True


@compiles(_json_pairs, "sqlite")
def _on_sqlite(element: _json_pairs, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(_json_pairs, "postgresql")
def _on_postgresql(element: _json_pairs, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(element.clauses, **options)}))::text"


_group = resources.alias("group_of")
_named = (
    select(_group.c.scim_id, _group.c.display)
    .select_from(memberships.join(_group, _group.c.pk == _M.group_pk))
    .where(
        _M.member_id == _R.scim_id,
        _M.have == 1,
        _group.c.target == _R.target,
        _group.c.confirmed_key.is_not(None),
    )
    .order_by(_M.group_pk)
    .correlate(resources)
    .subquery("named")
)
_GROUPS = select(_json_pairs(_named.c.scim_id, _named.c.display)).scalar_subquery()


def _shown(narrow: Callable[[_Rows], _Rows]) -> tuple[Prepared, Prepared]:
    """The resources that ``narrow`` leaves: without their groups, and with them."""
    without, including = (
        select(*(_R[name] for name in ShownRow._fields[:-1]), groups.label("groups")).where(
            _R.target == bindparam("target"),
            _R.resource_type == bindparam("resource_type"),
            _R.confirmed_key.is_not(None),
        )
        for groups in (null(), _GROUPS)
    )
    return Prepared(narrow(without)), Prepared(narrow(including))


_BY_ID = _shown(lambda rows: rows.where(_R.scim_id == bindparam("scim_id")))
_BY_KEY = _shown(lambda rows: rows.where(_R.confirmed_key == bindparam("key")).order_by(_R.pk))
_BY_EXTERNAL_ID = _shown(
    lambda rows: rows.where(_R.external_id == bindparam("external_id")).order_by(_R.pk)
)
_EVERYTHING = _shown(lambda rows: rows.order_by(_R.pk))
_WITH_MEMBER, _ = _shown(
    lambda rows: rows.where(
        _R.pk.in_(select(_M.group_pk).where(_M.member_id == bindparam("member_id"), _M.have == 1))
    ).order_by(_R.pk)
)
_PAGE = _shown(
    lambda rows: (
        rows.where(_R.pk > bindparam("after"))
        .order_by(_R.pk)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
)
_LIST = Prepared(
    select(lists.c.total, lists.c.version).where(
        lists.c.target == bindparam("target"),
        lists.c.resource_type == bindparam("resource_type"),
    )
)


def find(
    connection: Connection, target: str, resource_type: str, scim_id: str, *, groups: bool
) -> ShownRow | None:
    """The resource with this SCIM id; here and below, ``groups`` asks for `ShownRow.groups` too."""
    row = _BY_ID[groups].first(
        connection, target=target, resource_type=resource_type, scim_id=scim_id
    )
    return None if row is None else ShownRow(*row)


def by_key(
    connection: Connection, target: str, resource_type: str, key: str, *, groups: bool
) -> list[ShownRow]:
    """What is known under this prepared name: several only if names need not be unique."""
    rows = _BY_KEY[groups].all(connection, target=target, resource_type=resource_type, key=key)
    return [*map(ShownRow._make, rows)]


def by_external_id(
    connection: Connection, target: str, resource_type: str, external_id: str, *, groups: bool
) -> list[ShownRow]:
    """All resources with this externalId: the client may use one twice."""
    rows = _BY_EXTERNAL_ID[groups].all(
        connection, target=target, resource_type=resource_type, external_id=external_id
    )
    return [*map(ShownRow._make, rows)]


def groups_with(connection: Connection, target: str, member_id: str) -> list[ShownRow]:
    """The groups that show this member."""
    rows = _WITH_MEMBER.all(connection, target=target, resource_type="Group", member_id=member_id)
    return [*map(ShownRow._make, rows)]


def everything(
    connection: Connection, target: str, resource_type: str, *, groups: bool
) -> Iterator[ShownRow]:
    """All resources, in the one stable order: who came to be known later comes later."""
    rows = _EVERYTHING[groups].each(connection, target=target, resource_type=resource_type)
    return map(ShownRow._make, rows)


def page(
    connection: Connection,
    target: str,
    resource_type: str,
    *,
    after: int = 0,
    offset: int,
    limit: int,
    groups: bool,
) -> list[ShownRow]:
    """``limit`` of those of `everything` behind the primary key ``after``, without ``offset``."""
    rows = _PAGE[groups].all(
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


def group_refs(groups: str) -> tuple[GroupRef, ...]:
    """What `ShownRow.groups` says."""
    return tuple(GroupRef(scim_id, display) for scim_id, display in orjson.loads(groups))
