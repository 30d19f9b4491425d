"""What Platform IAM shows of users, roles and user groups, put together.

A user's record names its role by display name, and mixes the groups that it is in directly with
those that an IdP put it into. The records of roles and groups tell the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.connectors.cortex_xdr.assignments import Action, admin_refusal
from scimbridge.connectors.cortex_xdr.mapping import (
    ROLE,
    USER_GROUP,
    GroupRef,
    Role,
    User,
    UserGroup,
)
from scimbridge.connectors.interface import Entitlement, HeldGrant
from scimbridge.errors import AccessRemains, VendorError, VendorRejected


@dataclass(frozen=True, slots=True)
class IamPicture:
    """See `assignments.Picture`."""

    users: Mapping[str, User]
    roles: Mapping[str, Role]
    groups: Mapping[str, UserGroup]

    def holds(self, user: User, entitlement: Entitlement) -> bool:
        """See `assignments.Picture`."""
        if entitlement.kind == ROLE:
            return user.role_name == self._role_name(entitlement.native_id)
        return entitlement.native_id in {self._group_id(ref) for ref in user.groups}

    def needs(self, action: Action, user: User, entitlement: Entitlement) -> bool:
        """See `assignments.Picture`. Which of two roles of one name is held cannot be seen."""
        if action == "revoke":
            return self.holds(user, entitlement)
        in_doubt = entitlement.kind == ROLE and len(self._role_ids(user.role_name)) > 1
        return in_doubt or not self.holds(user, entitlement)

    def refusal(self, action: Action, user: User, entitlement: Entitlement) -> VendorError | None:
        """See `assignments.Picture`."""
        if entitlement.kind == ROLE:
            if action == "grant" and entitlement.native_id not in self.roles:
                return VendorRejected(f"the tenant has no {entitlement}; take a role_id of its own")
            return admin_refusal(action, user, self._role_name(entitlement.native_id))
        group = self.groups.get(entitlement.native_id)
        if group is None:
            return VendorRejected(f"the tenant has no {entitlement}") if action == "grant" else None
        if not group.managed_by:
            return None
        reason = f"{group.managed_by} manages the members of the user group {group.name}"
        if action == "grant":
            return VendorRejected(f"{reason}; add {user.native_id} there")
        return AccessRemains(f"{reason}; remove {user.native_id} there")

    def request(
        self, action: Action, user: User, entitlements: Collection[Entitlement]
    ) -> dict[str, Any]:
        """The fields to set so that the user has, or has no more, ``entitlements``.

        The list of groups replaces the one before. Groups that an IdP fills are not in it: naming
        one would make its member a direct one, who stays when the IdP takes the person out.
        """
        body: dict[str, Any] = {}
        asked = {each.native_id for each in entitlements if each.kind == USER_GROUP}
        if asked:
            direct = {group_id for group_id in self._direct_group_ids(user) if group_id}
            body["user_groups"] = sorted(direct | asked if action == "grant" else direct - asked)
        for each in entitlements:
            if each.kind == ROLE:
                body["role_id"] = each.native_id if action == "grant" else ""
        return body

    def grants(self, user: User) -> Iterator[HeldGrant]:
        """All that the user holds, inherited grants included."""
        for role_id in self._role_ids(user.role_name):
            yield HeldGrant(Entitlement(ROLE, role_id))
        for ref in user.groups:
            group = self.group(ref)
            membership = Entitlement(USER_GROUP, self._group_id(ref))
            if group is None:
                yield HeldGrant(membership)
                continue
            managed = f"membership in {group.name}, managed by {group.managed_by}"
            yield HeldGrant(
                membership, direct=not group.managed_by, via=managed if group.managed_by else ""
            )
            for giving in self._related(group):
                for role_id in (
                    [giving.role_id] if giving.role_id else self._role_ids(giving.role_name)
                ):
                    yield HeldGrant(
                        Entitlement(ROLE, role_id),
                        direct=False,
                        via=_via(group, giving),
                        source=None if group.managed_by else membership,
                    )

    def group(self, ref: GroupRef) -> UserGroup | None:
        """The group that another record names: the ids there are not always those of the list."""
        found = self.groups.get(ref.id)
        if found is None and ref.name:
            found = next((each for each in self.groups.values() if each.name == ref.name), None)
        return found

    def _group_id(self, ref: GroupRef) -> str:
        group = self.group(ref)
        return group.id if group else ref.id or ref.name

    def _direct_group_ids(self, user: User) -> Iterator[str]:
        for ref in user.groups:
            group = self.group(ref)
            if group is None:
                yield ref.id
            elif not group.managed_by:
                yield group.id

    def _role_name(self, role_id: str) -> str:
        role = self.roles.get(role_id)
        return role.name if role else role_id

    def _role_ids(self, role_name: str) -> list[str]:
        """The roles of this name; the name itself if the tenant lists none."""
        if not role_name:
            return []
        return [role.id for role in self.roles.values() if role.name == role_name] or [role_name]

    def _related(self, group: UserGroup) -> Collection[UserGroup]:
        """The group, those nested in it and those that it is nested in, at any depth.

        In which direction roles are inherited, the vendor's guides disagree ("User group
        management" of XSIAM 3, "Create User Groups" of XSOAR 8): too much is told, not too little.
        """

        def inner(each: UserGroup) -> Iterable[UserGroup]:
            return filter(None, map(self.group, each.nested))

        def outer(each: UserGroup) -> Iterable[UserGroup]:
            return (other for other in self.groups.values() if each in inner(other))

        return {each.id: each for step in (inner, outer) for each in _closure(group, step)}.values()


def _closure(
    start: UserGroup, step: Callable[[UserGroup], Iterable[UserGroup]]
) -> Iterator[UserGroup]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        group = waiting.pop()
        if group.id not in seen:
            seen.add(group.id)
            yield group
            waiting.extend(step(group))


def _via(group: UserGroup, giving: UserGroup) -> str:
    nested = f", which is nested with {giving.name}" if giving.id != group.id else ""
    managed = f", managed by {group.managed_by}" if group.managed_by else ""
    return f"user group {group.name}{managed}{nested}"
