"""The Platform IAM generation: users' status, names, role and user groups can be set."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from scimbridge.connectors.cortex_xdr.assignments import Action, Failures, Pending
from scimbridge.connectors.cortex_xdr.client import CortexXdrClient
from scimbridge.connectors.cortex_xdr.iam_groups import UserGroups
from scimbridge.connectors.cortex_xdr.iam_picture import IamPicture
from scimbridge.connectors.cortex_xdr.mapping import (
    KINDS,
    ROLE,
    USER_GROUP,
    Role,
    User,
    UserGroup,
    Users,
    group_details,
    normal_id,
    role_details,
    to_roles,
    to_user,
    to_users,
)
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings
from scimbridge.connectors.cortex_xdr.snapshot import Snapshot
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import (
    Account,
    Assignment,
    Capabilities,
    Entitlement,
    EntitlementDetails,
    HeldGrant,
)
from scimbridge.errors import (
    AccessRemains,
    VendorDenied,
    VendorError,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

_USER = "user/{user_email}"
_ROLES_FRESH_S = 300.0
"""Roles change rarely, and one that is missing here is looked for again at once."""
_SINGLE_READS = 3
"""Up to so many users are read one by one rather than with all others."""
_USERS_AT_A_TIME = 4
_FIELDS = {"given_name": "user_first_name", "family_name": "user_last_name"}


class IamTenant:
    """One tenant through ``/platform/iam/v1``. Safe between threads."""

    def __init__(
        self, client: CortexXdrClient, settings: CortexXdrSettings, wiring: Wiring
    ) -> None:
        self._client = client
        self._target = wiring.target
        self._statuses = {True: "Active", False: settings.disabled_status}
        self._users = Snapshot(self._read_users, clock=wiring.clock)
        self._roles = Snapshot(self._read_roles, clock=wiring.clock, seconds=_ROLES_FRESH_S)
        self.groups = UserGroups(client, wiring)
        self.capabilities = Capabilities(
            account_attributes=frozenset(_FIELDS) if settings.write_names else frozenset(),
            entitlement_kinds=KINDS,
            single_valued_kinds=frozenset({ROLE}),
            can_create_accounts=False,
            can_delete_accounts=False,
            can_disable_accounts=True,
            revoke_on_disable=True,
            managed_kinds=frozenset({USER_GROUP}),
        )

    def check(self) -> None:
        """See `Connector.check`."""
        if not self._client.has_platform_iam():
            raise VendorDenied(
                f'{self._target}: generation = "iam" is set, but the tenant has no Platform IAM; '
                'set "v1" or "auto"'
            )
        self._read_users()
        self._roles.fresh()
        self.groups.check_write()

    def users(self) -> Collection[User]:
        """All users, as they are now."""
        return self._users.fresh().values()

    def find_user(self, native_id: str) -> User | None:
        """The user, as of a moment ago."""
        return self._read_user(native_id) or self._users.recent().get(native_id)

    def entitlements(self) -> Iterator[EntitlementDetails]:
        """See `Connector.entitlements`."""
        yield from map(role_details, self._roles.fresh().values())
        for group in self.groups.fresh().values():
            yield group_details(group, assignable=not group.managed_by)

    def grants(self, native_id: str) -> frozenset[HeldGrant] | None:
        """What the user holds, as it is now; None if there is no such user."""
        picture = self._picture([native_id], (), KINDS)
        user = picture.users.get(native_id)
        return None if user is None else frozenset(picture.grants(user))

    def update(self, account: Account, names: frozenset[str]) -> None:
        """Set those ``names`` of the account that differ, and see that they were taken."""
        user = self._get(normal_id(account.native_id or ""))
        names = frozenset(each for each in names if getattr(user, each) != getattr(account, each))
        if not names:
            return
        body = {field: getattr(account, name) for name, field in _FIELDS.items() if name in names}
        self._patch(user.email, _not_only_clearing(body, user))
        shown = self._get(user.native_id)
        for name in names:
            if getattr(shown, name) != getattr(account, name):
                raise VendorRejected(
                    f"{self._target}: {name} of {user.email} was set to "
                    f"{getattr(account, name)!r} and is shown as {getattr(shown, name)!r}; "
                    "if SSO sets the names, write write_names = false"
                )

    def set_active(self, native_id: str, *, active: bool) -> None:
        """See `Connector.set_active`."""
        user = self._get(native_id)
        if user.active is active:
            return
        refused: VendorError | None = None
        try:
            self._patch(user.email, {"status": self._statuses[active]})
        except (VendorNotFound, VendorRejected) as error:
            refused = error
        shown = self._get(native_id)
        if shown.active is active:
            return
        reason = refused.reason if refused else f"the status is still {shown.status!r}"
        if active:
            raise refused or VendorUnavailable(f"{user.email} is not active again: {reason}")
        admin = " (an Account Admin can only be reduced in the Cortex Gateway)"
        raise AccessRemains(
            f"{user.email} could not be deactivated{admin if shown.is_account_admin else ''}: "
            f"{reason}"
        )

    # --- giving and taking -----------------------------------------------------------------

    def look(self, native_ids: Collection[str], wanted: Collection[Entitlement]) -> IamPicture:
        """See `assignments.Tenant`."""
        return self._picture(native_ids, wanted, {each.kind for each in wanted})

    def change(self, action: Action, pending: Pending, picture: IamPicture) -> Failures:
        """See `assignments.Tenant`. One call for each user changes role and groups together."""

        def change(user: User, wanted: tuple[Assignment, ...]) -> Failures:
            body = picture.request(action, user, [each.entitlement for each in wanted])
            try:
                self._patch(user.email, _not_only_clearing(body, user))
            except VendorError as error:
                return dict.fromkeys(wanted, error)
            return {}

        failures: Failures = {}
        with ThreadPoolExecutor(min(_USERS_AT_A_TIME, len(pending))) as pool:
            # The copied context carries the caller's deadline into the thread.
            running = [
                pool.submit(copy_context().run, change, user, wanted) for user, wanted in pending
            ]
            for each in running:
                failures |= each.result()
        return failures

    # --- reading and writing ---------------------------------------------------------------

    def _picture(
        self,
        native_ids: Collection[str],
        wanted: Collection[Entitlement],
        kinds: Collection[str],
    ) -> IamPicture:
        """Lists that lack what a user or ``wanted`` names are read anew: they may be outdated."""
        users = self._look_at(native_ids)
        roles: Mapping[str, Role] = {}
        groups: Mapping[str, UserGroup] = {}
        if ROLE in kinds:
            roles = self._roles.recent()
            names = {role.name for role in roles.values()}
            shown = {user.role_name for user in users.values() if user.role_name}
            if shown - names or _ids(wanted, ROLE) - roles.keys():
                roles = self._roles.fresh()
        if USER_GROUP in kinds:
            groups = self.groups.recent()
            picture = IamPicture(users, roles, groups)
            refs = {ref for user in users.values() for ref in user.groups}
            if not all(map(picture.group, refs)) or _ids(wanted, USER_GROUP) - groups.keys():
                groups = self.groups.fresh()
        return IamPicture(users, roles, groups)

    def _look_at(self, native_ids: Collection[str]) -> Mapping[str, User]:
        """These users as they are now, singly if they are few and the tenant gives them singly."""
        if len(native_ids) <= _SINGLE_READS:
            users = {each: self._read_user(each) for each in native_ids}
            found = {each: user for each, user in users.items() if user is not None}
            if len(found) == len(users):
                return found
        listed = self._users.fresh()
        return {each: listed[each] for each in native_ids if each in listed}

    def _get(self, native_id: str) -> User:
        """The user as it is now. Raises `VendorNotFound`."""
        user = self._look_at([native_id]).get(native_id)
        if user is None:
            raise VendorNotFound(f"{self._target}: no Cortex XDR user {native_id}")
        return user

    def _read_user(self, native_id: str) -> User | None:
        """The user; None if the tenant does not give it, in which case the list decides."""
        row = self._client.iam_user(native_id)
        user = to_user(row) if isinstance(row, Mapping) else None
        return user if user is not None and user.native_id == native_id else None

    def _patch(self, email: str, body: Mapping[str, Any]) -> None:
        try:
            self._client.iam("PATCH", _USER, body, user_email=email)
        finally:
            self._users.forget()

    def _read_users(self) -> Users:
        return to_users(self._client.iam_list("user"))

    def _read_roles(self) -> dict[str, Role]:
        return to_roles(self._client.iam_list("role"))


def _not_only_clearing(body: dict[str, Any], user: User) -> dict[str, Any]:
    """``body``, with the status as it is if all else in it is empty.

    The vendor refuses a request "with all fields null or empty", which one that only takes away may
    be taken for.
    """
    return body if any(body.values()) or not user.status else {**body, "status": user.status}


def _ids(entitlements: Collection[Entitlement], kind: str) -> set[str]:
    return {each.native_id for each in entitlements if each.kind == kind}
