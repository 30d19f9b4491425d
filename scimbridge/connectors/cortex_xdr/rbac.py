"""The v1 generation: roles are given and taken, user groups are only seen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.connectors.cortex_xdr.assignments import (
    Action,
    Failures,
    Pending,
    admin_refusal,
)
from scimbridge.connectors.cortex_xdr.client import CortexXdrClient
from scimbridge.connectors.cortex_xdr.mapping import (
    KINDS,
    ROLE,
    USER_GROUP,
    Role,
    User,
    UserGroup,
    Users,
    group_details,
    role_details,
    to_roles,
    to_user_groups,
    to_users,
)
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings
from scimbridge.connectors.cortex_xdr.snapshot import Snapshot
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import (
    Assignment,
    Capabilities,
    Entitlement,
    EntitlementDetails,
    HeldGrant,
)
from scimbridge.errors import (
    AccessRemains,
    VendorError,
    VendorNotFound,
    VendorRejected,
)

NOBODY = "scimbridge-check@invalid"
"""Whom `check` tries to change: no such domain can exist (RFC 2606), so nobody is harmed."""
READ_ONLY = "user groups are read-only on this tenant (its API is the v1 generation)"
_PREDEFINED_ROLES = frozenset(
    {"Instance Administrator", "Security Admin", "Investigator", "Responder", "Viewer"}
)
"""Shown although nobody holds them; a tenant may lack some ("Manage user roles")."""
_NAMES_AT_A_TIME = 20
_USERS_AT_A_TIME = 100
_MEMBERSHIP = "a membership that this tenant's API (the v1 generation) cannot change"

CAPABILITIES = Capabilities(
    account_attributes=frozenset(),
    entitlement_kinds=KINDS,
    single_valued_kinds=frozenset({ROLE}),
    can_create_accounts=False,
    can_delete_accounts=False,
    can_disable_accounts=False,
    revoke_on_disable=True,
)


@dataclass(frozen=True, slots=True)
class RbacPicture:
    """See `assignments.Picture`."""

    users: Mapping[str, User]

    def holds(self, user: User, entitlement: Entitlement) -> bool:
        """See `assignments.Picture`."""
        if entitlement.kind == ROLE:
            return user.role_name == entitlement.native_id
        return entitlement.native_id in {group.name for group in user.groups}

    def needs(self, action: Action, user: User, entitlement: Entitlement) -> bool:
        """See `assignments.Picture`."""
        return self.holds(user, entitlement) != (action == "grant")

    def refusal(self, action: Action, user: User, entitlement: Entitlement) -> VendorError | None:
        """See `assignments.Picture`."""
        if entitlement.kind == USER_GROUP:
            if action == "grant":
                return VendorRejected(f"{entitlement}: {READ_ONLY}")
            return AccessRemains(
                f"{user.native_id} is still in {entitlement}: {READ_ONLY}; remove the membership "
                "in the Cortex console"
            )
        return admin_refusal(action, user, entitlement.native_id)


class RbacTenant:
    """One tenant through ``/public_api/v1/rbac``. Safe between threads."""

    capabilities = CAPABILITIES

    def __init__(
        self, client: CortexXdrClient, settings: CortexXdrSettings, wiring: Wiring
    ) -> None:
        self._client = client
        self._role_names = _PREDEFINED_ROLES | set(settings.role_names)
        self._users = Snapshot(self._read_users, clock=wiring.clock)

    def check(self) -> None:
        """See `Connector.check`."""
        self.check_read()
        with suppress(VendorNotFound, VendorRejected):
            self._set_role([NOBODY], "")

    def check_read(self) -> None:
        """Prove that the tenant has these routes and lets the key read."""
        self._read_users()

    def users(self) -> Collection[User]:
        """All users, as they are now."""
        return self._users.fresh().values()

    def find_user(self, native_id: str) -> User | None:
        """The user, as of a moment ago."""
        return self._users.recent().get(native_id)

    def entitlements(self) -> Iterator[EntitlementDetails]:
        """See `Connector.entitlements`. User groups that nobody is in cannot be seen."""
        users = self.users()
        yield from map(role_details, self._roles(users).values())
        for group in self._groups(users).values():
            yield group_details(group, assignable=False)

    def grants(self, native_id: str) -> frozenset[HeldGrant] | None:
        """What the user holds, as it is now; None if there is no such user."""
        users = self._users.fresh()
        user = users.get(native_id)
        if user is None:
            return None
        held = {
            HeldGrant(Entitlement(USER_GROUP, group.name), direct=False, via=_MEMBERSHIP)
            for group in user.groups
        }
        if user.role_name:
            held.add(HeldGrant(Entitlement(ROLE, user.role_name)))
        if user.groups:
            names = {group.name for group in user.groups}
            for role in self._roles(users.values()).values():
                if giving := sorted(role.groups & names):
                    via = f"user group {', '.join(giving)}"
                    held.add(HeldGrant(Entitlement(ROLE, role.id), direct=False, via=via))
        return frozenset(held)

    def look(self, native_ids: Collection[str], wanted: Collection[Entitlement]) -> RbacPicture:
        """See `assignments.Tenant`."""
        return RbacPicture(self._users.fresh())

    def change(self, action: Action, pending: Pending, picture: object) -> Failures:
        """See `assignments.Tenant`. Many users get the same role in one call."""
        by_role: dict[str, list[tuple[User, Assignment]]] = {}
        for user, wanted in pending:
            for each in wanted:
                role = each.entitlement.native_id if action == "grant" else ""
                by_role.setdefault(role, []).append((user, each))
        failures: Failures = {}
        for role, todo in by_role.items():
            for start in range(0, len(todo), _USERS_AT_A_TIME):
                failures |= self._change(role, todo[start : start + _USERS_AT_A_TIME])
        return failures

    def _change(self, role: str, todo: Sequence[tuple[User, Assignment]]) -> Failures:
        """One refused user spoils the call for all: find out which, unless it is for the role."""
        try:
            self._set_role([user.email for user, _ in todo], role)
        except (VendorNotFound, VendorRejected) as error:
            unknown_role = isinstance(error, VendorNotFound) and f"Role '{role}'" in error.reason
            if len(todo) == 1 or unknown_role:
                return {each: error for _, each in todo}
            half = len(todo) // 2
            return self._change(role, todo[:half]) | self._change(role, todo[half:])
        except VendorError as error:
            return {each: error for _, each in todo}
        return {}

    def _set_role(self, emails: Sequence[str], role: str) -> None:
        self._client.rbac("set_user_role", {"user_emails": list(emails), "role_name": role})

    def _read_users(self) -> Users:
        return to_users(self._client.rbac("get_users", {}))

    def _roles(self, users: Collection[User]) -> dict[str, Role]:
        held = {user.role_name for user in users if user.role_name}
        roles = {}
        for reply in self._by_names("get_roles", "role_names", held | self._role_names):
            roles.update(to_roles(reply))
        return {name: Role(id=name, name=name) for name in sorted(held)} | roles

    def _groups(self, users: Collection[User]) -> dict[str, UserGroup]:
        named = {group.name for user in users for group in user.groups if group.name}
        groups = {}
        for reply in self._by_names("get_user_group", "group_names", named):
            rows = reply.get("data") if isinstance(reply, Mapping) else reply
            for group in to_user_groups(rows).values():
                groups[group.name] = replace(group, id=group.name)
        return {name: UserGroup(id=name, name=name) for name in sorted(named)} | groups

    def _by_names(self, operation: str, key: str, names: Collection[str]) -> Iterator[Any]:
        """The replies about ``names``. One unknown name fails a call, which is then made singly."""
        ordered = sorted(names)
        for start in range(0, len(ordered), _NAMES_AT_A_TIME):
            chunk = ordered[start : start + _NAMES_AT_A_TIME]
            try:
                yield self._client.rbac(operation, {key: chunk})
            except VendorNotFound:
                yield from self._one_by_one(operation, key, chunk)

    def _one_by_one(self, operation: str, key: str, names: Sequence[str]) -> Iterator[Any]:
        for name in names:
            with suppress(VendorNotFound):
                yield self._client.rbac(operation, {key: [name]})
