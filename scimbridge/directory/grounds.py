"""Why a member is entitled to something: the groups, and what each of them grants."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, select

from scimbridge.directory.grants import Key
from scimbridge.directory.memberships import GroupRef
from scimbridge.directory.schema import group_entitlements, memberships, resources

_M = memberships.c
_R = resources.c
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


def of_member(
    connection: Connection, target: str, member_id: str
) -> list[tuple[GroupRef, Key | None]]:
    """The groups that a member is to be in, each with every entitlement that it grants, or None."""
    rows = connection.execute(_GROUNDS, {"target": target, "member_id": member_id})
    return [
        (GroupRef(scim_id, display), None if kind is None else (kind, native_id))
        for scim_id, display, kind, native_id in rows
    ]
