"""The Falcon connector: accounts and roles of one CID."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scimbridge.connectors.breaker import Breaker
from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.delegations import to_pairs
from scimbridge.connectors.falcon.further_types import open_further_types
from scimbridge.connectors.falcon.grants import RoleActions, is_unknown_user
from scimbridge.connectors.falcon.mapping import (
    ROLE,
    USER_GROUP,
    USER_UUID,
    normal_uid,
    to_account,
    to_attributes,
    to_entitlement_details,
)
from scimbridge.connectors.falcon.mssp_reads import MsspReads
from scimbridge.connectors.falcon.settings import FalconSettings, parse_cid
from scimbridge.connectors.falcon.user_group_members import (
    MOST_MEMBERS,
    Action,
    UserGroupMembers,
)
from scimbridge.connectors.falcon.user_groups import UserGroups
from scimbridge.connectors.falcon.user_routes import UserRecord, UserRoutes
from scimbridge.connectors.falcon.users_current import CurrentUserRoutes
from scimbridge.connectors.falcon.users_legacy import LegacyUserRoutes
from scimbridge.connectors.http import Wiring, checked_id
from scimbridge.connectors.interface import (
    Account,
    Assignment,
    Capabilities,
    Connector,
    Created,
    Entitlement,
    EntitlementDetails,
    HeldGrant,
    ManagedEntitlement,
    Record,
    RecordPage,
    RecordQuery,
)
from scimbridge.errors import (
    OutcomeUnknown,
    PartialFailure,
    VendorConflict,
    VendorDenied,
    VendorError,
    VendorNotFound,
    VendorRejected,
)
from scimbridge.scim.filters import Filter

_OWN_CID = "/sensors/queries/installers/ccid/v1"

_NAMES = frozenset({"given_name", "family_name"})
_NOBODY = "00000000-0000-4000-8000-000000000000"
_TAKEN = ("already", "in use", "exists", "duplicate")
"""Words of a refusal that mean "this uid is taken"; the exact text is not documented."""

CAPABILITIES = Capabilities(
    account_attributes=_NAMES,
    entitlement_kinds=(ROLE,),
    can_disable_accounts=False,
    revoke_on_disable=True,
    can_rename_accounts=False,
    # CrowdStrike's own Terraform provider waits this long for reads to agree with writes
    # (internal/user/user_role_assignment.go, 2026-08).
    settle_seconds=90.0,
)

FLIGHT_CONTROL = replace(
    CAPABILITIES,
    entitlement_kinds=(ROLE, USER_GROUP),
    managed_kinds=frozenset({USER_GROUP}),
    group_member_limits={USER_GROUP: MOST_MEMBERS},
)


class FalconConnector(Connector):
    """See `Connector`. One instance serves one target for the life of the process."""

    def __init__(self, settings: FalconSettings, wiring: Wiring) -> None:
        self._target = wiring.target
        self._client = FalconClient(settings, wiring)
        self._user_routes: UserRoutes = (
            LegacyUserRoutes(self._client)
            if settings.falcon_api == "legacy"
            else CurrentUserRoutes(self._client, self._cid)
        )
        self._roles = RoleActions(self._client, self._user_routes, self.grants)
        self._flight_control = settings.flight_control
        reads = MsspReads(self._client, settings.falcon_api)
        self._members = UserGroupMembers(self._client, reads)
        self._user_groups = UserGroups(self._client, reads, self._members, wiring.target)
        self._known_cid = settings.member_cid or settings.cid
        self._record_types = open_further_types(self._client, reads, self._cid, settings)
        verbs = {name: each.verbs for name, each in self._record_types.items()}
        able = FLIGHT_CONTROL if settings.flight_control else CAPABILITIES
        managed = able.managed_kinds if settings.flight_control_resources else frozenset()
        self._capabilities = replace(able, record_types=verbs, managed_kinds=managed)

    @property
    def capabilities(self) -> Capabilities:
        """See `Connector.capabilities`."""
        return self._capabilities

    @property
    def breaker(self) -> Breaker:
        """The target's circuit breaker, for health and metrics."""
        return self._client.breaker

    def close(self) -> None:
        """Close the connections to the vendor."""
        self._client.close()

    # --- observe ---------------------------------------------------------------------------

    def check(self) -> None:
        """See `Connector.check`.

        The write scope is proven by changing the names of a user that cannot exist.
        """
        self._user_routes.role_ids()
        self._check_cid()
        if self._flight_control:
            self._user_groups.check()
        for record_type in self._record_types.values():
            record_type.check()
        nobody = Account(user_name="", given_name="scimbridge", family_name="check")
        try:
            self._user_routes.rename_user(_NOBODY, nobody)
        except (VendorNotFound, VendorRejected):
            return

    def accounts(self, where: Filter | None = None) -> Iterator[Account]:
        """See `Connector.accounts`."""
        home = self._cid() if self._flight_control else None
        users = self._user_routes.users(where, home=home)
        yield from (to_account(user) for user in users if self._is_ours(user))

    def find_account(self, user_name: str) -> Account | None:
        """See `Connector.find_account`."""
        users = self._users_called(user_name)
        return next((to_account(user) for user in users if self._is_ours(user)), None)

    def read_account(self, native_id: str) -> Account | None:
        """See `Connector.read_account`."""
        uuid = _checked(native_id)
        users = self._user_routes.read_users((uuid,))
        return next((to_account(user) for user in users if user.get("uuid") == uuid), None)

    def entitlements(self) -> Iterator[EntitlementDetails]:
        """See `Connector.entitlements`."""
        for roles in self._user_routes.roles(self._user_routes.role_ids()):
            cid = self._cid() if any(role.get("cid") for role in roles) else None
            yield from (to_entitlement_details(role, cid) for role in roles)
        if self._flight_control:
            yield from self._user_groups.all()

    def grants(self, native_id: str) -> frozenset[HeldGrant]:
        """See `Connector.grants`."""
        uuid = _checked(native_id)
        try:
            held = self._user_routes.grants(uuid)
        except VendorRejected as error:
            if not is_unknown_user(error):
                raise
            raise VendorNotFound(f"no Falcon user {native_id}", trace_id=error.trace_id) from error
        if not self._flight_control:
            return held
        # What these give in child CIDs the grants of the own CID do not show.
        return held | frozenset(map(HeldGrant, self._members.groups_of(native_id)))

    def entitlement_attributes(
        self, entitlements: Collection[Entitlement]
    ) -> Mapping[Entitlement, Mapping[str, Any]]:
        """See `Connector.entitlement_attributes`."""
        return self._user_groups.attributes(entitlements)

    def passed_on(self, attributes: Mapping[str, Any]) -> frozenset[Entitlement]:
        """See `Connector.passed_on`: the roles that are delegated."""
        return frozenset(
            Entitlement(ROLE, role) for _, role in to_pairs(attributes.get("delegations") or ())
        )

    # --- act -------------------------------------------------------------------------------

    def create_account(self, account: Account, entitlements: frozenset[Entitlement]) -> Created:
        """See `Connector.create_account`. Roles take a call of their own: none is given here."""
        try:
            reply = self._user_routes.create_user(account)
        except VendorRejected as error:
            raise self._create_refused(account, error) from error
        for user in reply.resources:
            if isinstance(user, Mapping) and isinstance(user.get("uuid"), str):
                return Created(user["uuid"], attributes=to_attributes(user))
        raise OutcomeUnknown(
            f"{self._target}: the answer to creating {account.user_name!r} shows no user; "
            "it may have been created all the same",
            trace_id=reply.trace_id,
        )

    def update_account(self, account: Account, changed: frozenset[str]) -> None:
        """See `Connector.update_account`."""
        if account.native_id is None:
            raise VendorRejected(f"{account.user_name!r} has no native id to be updated by")
        if not changed & _NAMES:
            return
        uuid = _checked(account.native_id)
        try:
            self._user_routes.rename_user(uuid, account)
        except VendorRejected as error:
            # 400 is also how an unknown user may be refused.
            if self.read_account(uuid) is None:
                raise VendorNotFound(error.reason, trace_id=error.trace_id) from error
            raise

    def delete_account(self, native_id: str) -> None:
        """See `Connector.delete_account`."""
        uuid = _checked(native_id)
        try:
            self._user_routes.delete_user(uuid)
        except VendorNotFound:
            return
        except VendorRejected:
            # As above: only what can still be read remains.
            if self.read_account(uuid) is not None:
                raise

    def grant(self, assignments: Sequence[Assignment]) -> None:
        """See `Connector.grant`."""
        self._apply("grant", assignments)

    def revoke(self, assignments: Sequence[Assignment]) -> None:
        """See `Connector.revoke`."""
        self._apply("revoke", assignments)

    def find_entitlement(self, kind: str, display_name: str) -> Entitlement | None:
        """See `Connector.find_entitlement`."""
        return self._user_groups.find(display_name)

    def create_entitlement(self, kind: str, wanted: ManagedEntitlement) -> Entitlement:
        """See `Connector.create_entitlement`."""
        return self._user_groups.create(wanted)

    def update_entitlement(
        self,
        entitlement: Entitlement,
        before: Sequence[ManagedEntitlement],
        after: ManagedEntitlement,
    ) -> None:
        """See `Connector.update_entitlement`."""
        self._user_groups.update(entitlement, before, after)

    def delete_entitlement(self, entitlement: Entitlement) -> None:
        """See `Connector.delete_entitlement`."""
        self._user_groups.delete(entitlement)

    # --- further resource types ------------------------------------------------------------

    def records(
        self, type: str, where: Filter | None = None, *, owner: str | None = None
    ) -> Iterator[Record]:
        """See `Connector.records`."""
        return self._record_types[type].records(where, owner)

    def record_page(
        self, type: str, query: RecordQuery, *, owner: str | None = None
    ) -> RecordPage | None:
        """See `Connector.record_page`."""
        return self._record_types[type].page(query, owner)

    def read_record(self, type: str, record_id: str, *, owner: str | None = None) -> Record | None:
        """See `Connector.read_record`."""
        return self._record_types[type].read(record_id, owner)

    def create_record(self, type: str, record: Record) -> str:
        """See `Connector.create_record`."""
        return self._record_types[type].create(record)

    def update_record(self, type: str, before: Record, after: Record) -> None:
        """See `Connector.update_record`."""
        self._record_types[type].update(before, after)

    def delete_record(self, type: str, record_id: str) -> None:
        """See `Connector.delete_record`."""
        self._record_types[type].delete(record_id)

    # --- below the contract ----------------------------------------------------------------

    def _apply(self, action: Action, assignments: Sequence[Assignment]) -> None:
        """Each kind by calls of its own; raises `PartialFailure` after all were tried."""
        kinds = {USER_GROUP} if self._flight_control else set()
        memberships = [each for each in assignments if each.entitlement.kind in kinds]
        failures = self._members.change(action, memberships)
        try:
            self._roles.apply(
                action, [each for each in assignments if each.entitlement.kind not in kinds]
            )
        except PartialFailure as partial:
            failures |= partial.failures
        if failures:
            first = next(iter(failures.values()))
            raise PartialFailure(
                f"{len(failures)} of {len(set(assignments))} changes failed, "
                f"the first one: {first}",
                failures,
            )

    def _users_called(self, user_name: str) -> Iterator[UserRecord]:
        """The records with this uid: compared here, whatever the query makes of the value."""
        wanted = normal_uid(user_name)
        for user in self._user_routes.users_called(user_name):
            if normal_uid(user["uid"]) == wanted:
                yield user

    def _is_ours(self, user: UserRecord) -> bool:
        """A Flight Control parent may see users of its children, which are not this target's."""
        cid = self._cid()
        return bool(user.get("cid", cid) == cid)

    def _create_refused(self, account: Account, error: VendorRejected) -> VendorError:
        """A duplicate is documented as 400 and has been seen as 409: the uid itself decides.

        It may also belong to a CID that cannot be seen from here; then the text has to do.
        """
        if isinstance(error, VendorConflict):
            return error
        said_so = any(word in error.reason.lower() for word in _TAKEN)
        if said_so or any(self._users_called(account.user_name)):
            return VendorConflict(error.reason, trace_id=error.trace_id)
        return error

    def _cid(self) -> str:
        """The CID that roles are given in: as configured, else asked for once."""
        if self._known_cid is None:
            # Threads that come first may each ask: a lock would make them miss their deadlines.
            self._known_cid = self._find_cid()
        return self._known_cid

    def _check_cid(self) -> None:
        """With a wrong one the tenant would look empty, and no role could be revoked."""
        try:
            found = self._find_cid()
        except VendorDenied:
            if self._known_cid is None:
                raise
            return
        if self._known_cid is None:
            self._known_cid = found
        elif self._known_cid != found:
            raise VendorDenied(
                f"{self._target}: these credentials act in the CID {found} and the configuration "
                f"says {self._known_cid}; correct cid or member_cid"
            )

    def _find_cid(self) -> str:
        """The vendor's answer if the API client may ask, else the home of the users it sees.

        The former is right in any tenant and wants a scope of its own; the latter only counts if
        all users agree, since a Flight Control parent may see those of its children.
        """
        try:
            answered = self._client.call("GET", _OWN_CID).resources
        except (VendorDenied, VendorNotFound, VendorRejected):
            answered = tuple({user.get("cid") for user in self._user_routes.some_users()})
        try:
            (cid,) = (parse_cid(each) for each in answered)
        except (TypeError, ValueError) as error:
            raise VendorDenied(
                f"{self._target}: the customer id could not be found out; set cid, "
                "or give the API client the scope Sensor Download: read"
            ) from error
        return cid


def _checked(native_id: str) -> str:
    return checked_id(native_id, USER_UUID, "Falcon user")
