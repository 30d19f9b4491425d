"""People and groups as an operator looks for them: by a part of the name, page by page.

A page begins after the last one of the page before, wherever that stands by now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Tuple,
    func,
    or_,
    outerjoin,
    select,
    tuple_,
)

from scimbridge.directory.grants import Key
from scimbridge.directory.schema import entitlements, group_entitlements, memberships, resources
from scimbridge.errors import NotFound

_E = entitlements.c
_G = group_entitlements.c
_M = memberships.c
_R = resources.c
_MEMBERS = (
    select(func.count())
    .where(_M.group_pk == _R.pk, _M.have == 1)
    .correlate(resources)
    .scalar_subquery()
)
_BY_NAME = (_R.confirmed_key, _R.target, _R.pk)
_CALLED = func.coalesce(_R.display, _M.display)
_BY_DISPLAY = (func.lower(func.coalesce(_CALLED, "")), _M.member_id)
_GRANTED = select(func.count()).where(_G.group_pk == _R.pk).correlate(resources).scalar_subquery()
_GROUPS = select(_R.pk, _R.target, _R.scim_id, _R.display, _R.claimed == 1, _MEMBERS, _GRANTED)


@dataclass(frozen=True, slots=True)
class Person:
    """A user as listed."""

    pk: int
    target: str
    scim_id: str
    key: str
    """The prepared userName."""
    display: str | None
    claimed: bool
    """Whether an IdP manages the user; otherwise the account was only seen."""
    settled: bool
    """Whether the vendor matches what was asked for."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group as listed."""

    pk: int
    target: str
    scim_id: str
    display: str
    claimed: bool
    members: int
    grants: int
    """How many entitlements its members get."""


def people(
    connection: Connection,
    *,
    text: str = "",
    target: str | None = None,
    limit: int,
    after: int | None = None,
) -> list[Person]:
    """Users whose names contain ``text``, or with this SCIM id; by name.

    ``after`` is the `Person.pk` that the page before ended with. Raises `NotFound` if that is gone.
    """
    rows = connection.execute(
        select(
            _R.pk,
            _R.target,
            _R.scim_id,
            _R.confirmed_key,
            _R.display,
            _R.claimed == 1,
            _R.confirmed_generation >= _R.generation,
        )
        .where(*_visible("User", text, target), *_after(connection, after))
        .order_by(*_BY_NAME)
        .limit(limit)
    )
    return [Person(*row) for row in rows]


def groups(
    connection: Connection,
    *,
    text: str = "",
    target: str | None = None,
    granting_nothing: bool = False,
    limit: int,
    after: int | None = None,
) -> list[Group]:
    """Groups whose names contain ``text``, or with this SCIM id; by name.

    ``after`` is as in `people`.
    """
    conditions = [*_visible("Group", text, target), *_after(connection, after)]
    if granting_nothing:
        conditions.append(_GRANTED == 0)
    rows = connection.execute(_GROUPS.where(*conditions).order_by(*_BY_NAME).limit(limit))
    return [Group(*row) for row in rows]


def group(connection: Connection, pk: int) -> Group:
    """The group with this primary key, which must be there."""
    return Group(*connection.execute(_GROUPS.where(_R.pk == pk)).one())


def members(
    connection: Connection, group_pk: int, *, limit: int, after: str | None = None
) -> list[tuple[str, str | None, str | None]]:
    """Members of a group as readers see them: SCIM id, display and resource type.

    The last two are None if the id names nobody known. By what they are called. ``after`` is the id
    that the page before ended with. Raises `NotFound` if that is a member no more.
    """
    joined = outerjoin(memberships, resources, _R.scim_id == _M.member_id)
    of_group = (_M.group_pk == group_pk, _M.have == 1)
    conditions = list(of_group)
    if after is not None:
        last = select(*_BY_DISPLAY).select_from(joined).where(*of_group, _M.member_id == after)
        conditions.append(tuple_(*_BY_DISPLAY) > _place(connection, last))
    rows = connection.execute(
        select(_M.member_id, _CALLED, _R.resource_type)
        .select_from(joined)
        .where(*conditions)
        .order_by(*_BY_DISPLAY)
        .limit(limit)
    )
    return [(member_id, display, kind) for member_id, display, kind in rows]


def granted_by(connection: Connection, group_pk: int) -> list[tuple[Key, str]]:
    """What a group's members get: each entitlement with its name in the vendor's catalogue."""
    rows = connection.execute(
        select(_G.kind, _G.native_id, func.coalesce(_E.display_name, ""))
        .join_from(group_entitlements, resources, _R.pk == _G.group_pk)
        .outerjoin(
            entitlements,
            (_E.target == _R.target) & (_E.kind == _G.kind) & (_E.native_id == _G.native_id),
        )
        .where(_G.group_pk == group_pk)
        .order_by(_G.kind, _G.native_id)
    )
    return [((kind, native_id), display) for kind, native_id, display in rows]


def _after(connection: Connection, pk: int | None) -> list[ColumnElement[bool]]:
    if pk is None:
        return []
    last = select(*_BY_NAME).where(_R.pk == pk, _R.confirmed_key.is_not(None))
    return [tuple_(*_BY_NAME) > _place(connection, last)]


def _place(connection: Connection, last: Select[Any]) -> Tuple:
    """Where the page before ended."""
    found = connection.execute(last).first()
    if found is None:
        raise NotFound("What the page before ended with is gone meanwhile; begin at the first one.")
    return tuple_(*found)


def _visible(kind: str, text: str, target: str | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_R.resource_type == kind, _R.confirmed.is_not(None)]
    if text:
        small = text.casefold()
        found.append(
            or_(
                _R.confirmed_key.contains(small, autoescape=True),
                func.lower(_R.display).contains(small, autoescape=True),
                _R.scim_id == text,
            )
        )
    if target is not None:
        found.append(_R.target == target)
    return found
