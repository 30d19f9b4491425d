"""Users and groups: desired and confirmed documents, their keys, generations and bindings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Select, bindparam, delete, insert, select, update

from scimbridge.directory.prepared import Prepared, PreparedIn
from scimbridge.directory.schema import resources

_Item = TypeVar("_Item")
_T = resources.c
_CHUNK = 500
"""Ids in one IN list: below SQLite's oldest limit of 999 variables."""


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One resource as stored; the columns' meaning is said in `scimbridge.directory.schema`."""

    pk: int
    target: str
    resource_type: str
    scim_id: str | None
    desired_key: str | None
    confirmed_key: str | None
    external_id: str | None
    desired: str
    confirmed: str | None
    disposition: str
    generation: int
    confirmed_generation: int
    revision: int
    claimed: int
    origin: str | None
    native_id: str | None
    observed: str | None
    attempted_at: int | None
    attempted_login: str | None
    dirty: int
    lease_owner: str | None
    lease_until: int
    fence: int
    display: str | None
    created: int
    last_modified: int
    converged_at: int

    @property
    def settled(self) -> bool:
        """Whether the vendor matches what was asked for."""
        return self.confirmed_generation >= self.generation

    @property
    def renamed(self) -> bool:
        """Whether it is to have another name than readers see."""
        return self.confirmed_key not in (None, self.desired_key)


_ALL = select(resources)
_BY_ID = Prepared(
    _ALL.where(
        _T.target == bindparam("target"),
        _T.resource_type == bindparam("resource_type"),
        _T.scim_id == bindparam("scim_id"),
    )
)
_BY_ANY_KEY = Prepared(
    _ALL.where(
        _T.target == bindparam("target"),
        _T.resource_type == bindparam("resource_type"),
        (_T.desired_key == bindparam("key")) | (_T.confirmed_key == bindparam("key")),
    ).order_by(_T.pk)
)
_BY_NATIVE_ID = Prepared(
    _ALL.where(
        _T.target == bindparam("target"),
        _T.resource_type == bindparam("resource_type"),
        _T.native_id == bindparam("native_id"),
    )
)


def _of_type(wanted: Select[Any], column: Column[Any]) -> PreparedIn:
    """Those of a target and a type whose ``column`` is in a list."""
    of_type = wanted.where(
        _T.target == bindparam("target"), _T.resource_type == bindparam("resource_type")
    )
    return PreparedIn(lambda values: of_type.where(column.in_(values)))


_BY_NATIVE_IDS = _of_type(_ALL, _T.native_id)
# Two statements: each has an index, and keeps to the most variables.
_KNOWN_KEYS = tuple(_of_type(select(each), each) for each in (_T.desired_key, _T.confirmed_key))
_BY_PKS = PreparedIn(lambda pks: _ALL.where(_T.pk.in_(pks)))
_BY_IDS = PreparedIn(lambda ids: _ALL.where(_T.target == bindparam("target"), _T.scim_id.in_(ids)))
_VISIBLE = _ALL.where(
    _T.target == bindparam("target"),
    _T.resource_type == bindparam("resource_type"),
    _T.confirmed_key.is_not(None),
).order_by(_T.pk)
_RAISE_GENERATION = PreparedIn(
    lambda pks: update(resources).where(_T.pk.in_(pks)).values(generation=_T.generation + 1)
)
_RAISE_REVISION = PreparedIn(
    lambda ids: (
        update(resources)
        .where(_T.target == bindparam("of_target"), _T.scim_id.in_(ids))
        .values(revision=_T.revision + 1)
    )
)
_DELETE = Prepared(delete(resources).where(_T.pk == bindparam("of_pk")))


def _one(connection: Connection, statement: Prepared, **parameters: Any) -> ResourceRow | None:
    row = statement.first(connection, **parameters)
    return None if row is None else ResourceRow(*row)


def find(
    connection: Connection, target: str, resource_type: str, scim_id: str
) -> ResourceRow | None:
    """The resource with this SCIM id, settled or not."""
    return _one(connection, _BY_ID, target=target, resource_type=resource_type, scim_id=scim_id)


def find_by_any_key(
    connection: Connection, target: str, resource_type: str, key: str
) -> ResourceRow | None:
    """The resource that has, or is about to have, this key."""
    return _one(connection, _BY_ANY_KEY, target=target, resource_type=resource_type, key=key)


def find_by_native_id(
    connection: Connection, target: str, resource_type: str, native_id: str
) -> ResourceRow | None:
    """The resource that is bound to this account or entitlement."""
    return _one(
        connection,
        _BY_NATIVE_ID,
        target=target,
        resource_type=resource_type,
        native_id=native_id,
    )


def by_native_ids(
    connection: Connection, target: str, resource_type: str, native_ids: Sequence[str]
) -> list[ResourceRow]:
    """The resources that are bound to these accounts or entitlements, in no particular order."""
    return [
        ResourceRow(*row)
        for chunk in chunks(native_ids)
        for row in _BY_NATIVE_IDS.all(connection, chunk, target=target, resource_type=resource_type)
    ]


def known_keys(
    connection: Connection, target: str, resource_type: str, keys: Sequence[str]
) -> set[str]:
    """Which of ``keys`` a resource has, or is about to have."""
    return {
        key
        for statement in _KNOWN_KEYS
        for chunk in chunks(keys)
        for (key,) in statement.all(connection, chunk, target=target, resource_type=resource_type)
    }


def by_pks(connection: Connection, pks: Sequence[int]) -> list[ResourceRow]:
    """The resources with these primary keys, in no particular order."""
    return [ResourceRow(*row) for chunk in chunks(pks) for row in _BY_PKS.all(connection, chunk)]


def by_ids(connection: Connection, target: str, ids: Collection[str]) -> dict[str, ResourceRow]:
    """The resources with these SCIM ids, of any type, by id; unknown ids are left out."""
    rows = (
        ResourceRow(*row)
        for chunk in chunks(list(ids))
        for row in _BY_IDS.all(connection, chunk, target=target)
    )
    return {str(row.scim_id): row for row in rows}


def visible(connection: Connection, target: str, resource_type: str) -> Iterator[ResourceRow]:
    """All that readers can see, in the one stable order: by primary key."""
    rows = connection.execute(_VISIBLE, {"target": target, "resource_type": resource_type})
    for row in rows:
        yield ResourceRow(*row)


def create(connection: Connection, **columns: Any) -> int:
    """Insert a resource; returns its primary key."""
    columns = _fenced(columns)
    ((pk,),) = _create(tuple(columns)).all(connection, **columns)
    return int(pk)


def create_all(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert resources; ``rows`` name the same columns."""
    if rows:
        fenced = [_fenced(row) for row in rows]
        _create_each(tuple(fenced[0])).run_each(connection, fenced)


def _fenced(columns: Mapping[str, Any]) -> dict[str, Any]:
    # SQLite gives the key of a row that was deleted to the next one, and whoever still works on the
    # former must not find the fence that it knows there: none counts a lease a millisecond.
    return {"fence": columns["created"], **columns}


def change(connection: Connection, pk: int, **columns: Any) -> None:
    """Set columns of one resource."""
    values = {f"new_{name}": value for name, value in columns.items()}
    _change(tuple(columns)).run(connection, of_pk=pk, **values)


# Writers set the same few combinations of columns again and again.
@lru_cache(maxsize=256)
def _create(names: tuple[str, ...]) -> Prepared:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return Prepared(insert(resources).values(values).returning(_T.pk))


@lru_cache(maxsize=256)
def _create_each(names: tuple[str, ...]) -> Prepared:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return Prepared(insert(resources).values(values))


@lru_cache(maxsize=256)
def _change(names: tuple[str, ...]) -> Prepared:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return Prepared(update(resources).where(_T.pk == bindparam("of_pk")).values(values))


def raise_generation(connection: Connection, pks: Sequence[int]) -> None:
    """Mark resources as unsettled: what is wanted of them changed."""
    for chunk in chunks(pks):
        _RAISE_GENERATION.run(connection, chunk)


def raise_revision(connection: Connection, target: str, ids: Collection[str]) -> None:
    """Give resources a new version because something that they show changed elsewhere."""
    for chunk in chunks(list(ids)):
        _RAISE_REVISION.run(connection, chunk, of_target=target)


def remove(connection: Connection, pk: int) -> None:
    """Forget a resource and everything that hangs on it."""
    _DELETE.run(connection, of_pk=pk)


def chunks(items: Sequence[_Item], size: int = _CHUNK) -> Iterator[Sequence[_Item]]:
    """``items`` in runs of at most ``size``, for IN lists."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
