"""User management by the deprecated routes: ``/users/...`` and ``/user-roles/...``.

They know neither pages nor filters, act in the token's own CID, and tell of a role only that it is
assigned: not until when, nor through what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.envelope import Reply
from scimbridge.connectors.falcon.mapping import ROLE, from_account, name_change, normal_uid
from scimbridge.connectors.falcon.user_routes import RoleAction, RoleCall, UserRecord
from scimbridge.connectors.interface import Account, Entitlement, HeldGrant
from scimbridge.errors import VendorNotFound, VendorRejected
from scimbridge.scim.filters import Filter

_USERS = "/users/entities/users/v1"
_ALL_UUIDS = "/users/queries/user-uuids-by-cid/v1"
_ALL_UIDS = "/users/queries/emails-by-cid/v1"
_UUID_OF_UID = "/users/queries/user-uuids-by-email/v1"
_ROLES = "/user-roles/entities/user-roles/v1"
_ALL_ROLE_IDS = "/user-roles/queries/user-role-ids-by-cid/v1"
_ROLE_IDS_OF_USER = "/user-roles/queries/user-role-ids-by-user-uuid/v1"

_CHUNK = 100
"""Ids in one call: how many are taken is not documented, and they are part of the URL."""

_CURRENT_NAMES = MappingProxyType(
    {"customer": "cid", "firstName": "first_name", "lastName": "last_name"}
)
_LEGACY_NAMES = MappingProxyType({new: old for old, new in _CURRENT_NAMES.items()})


class LegacyUserRoutes:
    """See `UserRoutes`."""

    def __init__(self, client: FalconClient) -> None:
        self._client = client

    def users(self, where: Filter | None, *, home: str | None) -> Iterator[UserRecord]:
        """See `UserRoutes.users`. Always all users: nothing can be asked for but a login."""
        uuids = tuple(dict.fromkeys(self._client.call("GET", _ALL_UUIDS).resources))
        for start in range(0, len(uuids), _CHUNK):
            yield from self.read_users(uuids[start : start + _CHUNK])

    def users_called(self, user_name: str) -> Iterator[UserRecord]:
        """See `UserRoutes.users_called`.

        Whether the search minds case is not known. Where it finds nobody, the list of all logins
        says whether there is such a user, and in which spelling.
        """
        uid = normal_uid(user_name)
        uuids = self._uuids_of(uid)
        if not uuids:
            uids = self._client.call("GET", _ALL_UIDS).resources
            others = (each for each in uids if normal_uid(each) == uid and each != uid)
            uuids = tuple(uuid for other in others for uuid in self._uuids_of(other))
        yield from self.read_users(uuids)

    def some_users(self) -> Sequence[UserRecord]:
        """See `UserRoutes.some_users`."""
        return self.read_users(self._client.call("GET", _ALL_UUIDS).resources[:_CHUNK])

    def read_users(self, uuids: Sequence[str]) -> Sequence[UserRecord]:
        """See `UserRoutes.read_users`. If none of them is there, the vendor answers 404."""
        if not uuids:
            return ()
        try:
            reply = self._client.call("GET", _USERS, params={"ids": uuids})
        except VendorNotFound:
            return ()
        return _in_current_form(reply).resources

    def create_user(self, account: Account) -> Reply:
        """See `UserRoutes.create_user`."""
        body = _renamed(from_account(account), _LEGACY_NAMES)
        return _in_current_form(self._client.call("POST", _USERS, json=body, repeatable=False))

    def rename_user(self, uuid: str, account: Account) -> None:
        """See `UserRoutes.rename_user`."""
        body = _renamed(name_change(account), _LEGACY_NAMES)
        self._client.call("PATCH", _USERS, params={"user_uuid": uuid}, json=body)

    def delete_user(self, uuid: str) -> None:
        """See `UserRoutes.delete_user`."""
        self._client.call("DELETE", _USERS, params={"user_uuid": uuid})

    def role_ids(self) -> Sequence[str]:
        """See `UserRoutes.role_ids`."""
        return self._client.call("GET", _ALL_ROLE_IDS).resources

    def roles(self, role_ids: Sequence[str]) -> Iterator[Sequence[Mapping[str, Any]]]:
        """See `UserRoutes.roles`."""
        for start in range(0, len(role_ids), _CHUNK):
            chunk = role_ids[start : start + _CHUNK]
            yield self._client.call("GET", _ROLES, params={"ids": chunk}).resources

    def grants(self, uuid: str) -> frozenset[HeldGrant]:
        """See `UserRoutes.grants`. All count as direct: as inherited, none would be revoked."""
        reply = self._client.call("GET", _ROLE_IDS_OF_USER, params={"user_uuid": uuid})
        return frozenset(HeldGrant(Entitlement(ROLE, role_id)) for role_id in reply.resources)

    def role_call(self, action: RoleAction, uuid: str, role_ids: Sequence[str]) -> RoleCall:
        """See `UserRoutes.role_call`."""
        if action == "grant":
            return RoleCall("POST", _ROLES, {"user_uuid": uuid}, {"roleIds": list(role_ids)})
        return RoleCall("DELETE", _ROLES, {"user_uuid": uuid, "ids": role_ids}, None)

    def _uuids_of(self, uid: str) -> tuple[str, ...]:
        """One login in a call: of several, the order of the answer would not say whose is whose."""
        try:
            return self._client.call("GET", _UUID_OF_UID, params={"uid": uid}).resources
        except (VendorNotFound, VendorRejected):
            return ()


def _in_current_form(reply: Reply) -> Reply:
    users = (user for user in reply.resources if isinstance(user, Mapping))
    return replace(reply, resources=tuple(_renamed(user, _CURRENT_NAMES) for user in users))


def _renamed(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in record.items()}
