"""What stands behind entitlements: the groups of a member, and the members of what they grant."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, or_, select

from scimbridge.directory.grants import Key
from scimbridge.directory.schema import group_entitlements, memberships, resources
from scimbridge.directory.shown import GroupRef

_M = memberships.c
_R = resources.c
_members = resources.alias("members")
_GROUNDS = (
    select(
        _R.scim_id,
        func.coalesce(_R.display, _R.desired_key),
        group_entitlements.c.kind,
        group_entitlements.c.native_id,
    )
    .select_from(
        memberships.join(resources, _R.pk == _M.group_pk).outerjoin(
            group_entitlements, group_entitlements.c.group_pk == _M.group_pk
        )
    )
    .where(_R.target == bindparam("target"), _M.member_id == bindparam("member_id"), _M.want == 1)
    .order_by(_R.created, _R.pk)
)

_COUNT_USERS = (
    select(func.count(_M.member_id.distinct()))
    .select_from(
        memberships.join(resources, _R.pk == _M.group_pk).join(
            _members, (_members.c.scim_id == _M.member_id) & (_members.c.target == _R.target)
        )
    )
    .where(
        _R.target == bindparam("target"),
        _members.c.resource_type == "User",
        _M.want == 1,
        or_(
            _M.group_pk == bindparam("group_pk"),
            _M.group_pk.in_(
                select(group_entitlements.c.group_pk).where(
                    group_entitlements.c.kind == bindparam("kind"),
                    group_entitlements.c.native_id == bindparam("native_id"),
                )
            ),
        ),
    )
)


def of_member(
    connection: Connection, target: str, member_id: str
) -> list[tuple[GroupRef, Key | None]]:
    """The groups that a member is to be in, each with every entitlement that it grants, or None."""
    rows = connection.execute(_GROUNDS, {"target": target, "member_id": member_id})
    return [
        (GroupRef(scim_id, display), None if kind is None else (kind, native_id))
        for scim_id, display, kind, native_id in rows
    ]


def count_users(connection: Connection, target: str, group_pk: int, key: Key) -> int:
    """How many users are desired members of a group, or of any other that grants ``key``."""
    kind, native_id = key
    parameters = {"target": target, "group_pk": group_pk, "kind": kind, "native_id": native_id}
    return int(connection.execute(_COUNT_USERS, parameters).scalar_one())
