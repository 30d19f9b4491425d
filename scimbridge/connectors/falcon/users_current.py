"""User management by the current routes: ``/user-management/...``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scimbridge.connectors.falcon import fql
from scimbridge.connectors.falcon.client import PAGE, FalconClient
from scimbridge.connectors.falcon.envelope import Reply
from scimbridge.connectors.falcon.mapping import from_account, name_change, to_held_grant
from scimbridge.connectors.falcon.user_routes import RoleAction, RoleCall, UserRecord
from scimbridge.connectors.interface import Account, HeldGrant
from scimbridge.scim.filters import Filter

_USERS = "/user-management/entities/users/v1"
_READ_USERS = "/user-management/entities/users/GET/v1"
_QUERY_USERS = "/user-management/queries/users/v1"
_QUERY_ROLES = "/user-management/queries/roles/v1"
_READ_ROLES = "/user-management/entities/roles/GET/v2"
_GRANTS = "/user-management/combined/user-roles/v2"
_ROLE_ACTIONS = "/user-management/entities/user-role-actions/v1"


class CurrentUserRoutes:
    """See `UserRoutes`."""

    def __init__(self, client: FalconClient, cid: Callable[[], str]) -> None:
        """``cid``: the CID that roles are given in; may raise any `VendorError`."""
        self._client = client
        self._cid = cid

    def users(self, where: Filter | None, *, home: str | None) -> Iterator[UserRecord]:
        """See `UserRoutes.users`."""
        query = fql.from_filter(where) if where is not None else None
        yield from self._found(fql.both(fql.cid_is(home), query) if home is not None else query)

    def users_called(self, user_name: str) -> Iterator[UserRecord]:
        """See `UserRoutes.users_called`."""
        yield from self._found(fql.uid_is(user_name))

    def some_users(self) -> Sequence[UserRecord]:
        """See `UserRoutes.some_users`."""
        reply = self._client.call("GET", _QUERY_USERS, params={"limit": PAGE})
        return self.read_users(reply.resources)

    def read_users(self, uuids: Sequence[str]) -> Sequence[UserRecord]:
        """See `UserRoutes.read_users`."""
        if not uuids:
            return ()
        return self._client.call("POST", _READ_USERS, json={"ids": list(uuids)}).resources

    def create_user(self, account: Account) -> Reply:
        """See `UserRoutes.create_user`."""
        return self._client.call("POST", _USERS, json=from_account(account), repeatable=False)

    def rename_user(self, uuid: str, account: Account) -> None:
        """See `UserRoutes.rename_user`."""
        self._client.call("PATCH", _USERS, params={"user_uuid": uuid}, json=name_change(account))

    def delete_user(self, uuid: str) -> None:
        """See `UserRoutes.delete_user`."""
        self._client.call("DELETE", _USERS, params={"user_uuid": uuid})

    def role_ids(self) -> Sequence[str]:
        """See `UserRoutes.role_ids`."""
        return self._client.call("GET", _QUERY_ROLES).resources

    def roles(self, role_ids: Sequence[str]) -> Iterator[Sequence[Mapping[str, Any]]]:
        """See `UserRoutes.roles`."""
        for start in range(0, len(role_ids), PAGE):
            chunk = list(role_ids[start : start + PAGE])
            yield self._client.call("POST", _READ_ROLES, json={"ids": chunk}).resources

    def grants(self, uuid: str) -> frozenset[HeldGrant]:
        """See `UserRoutes.grants`."""
        pages = list(self._client.pages(_GRANTS, {"user_uuid": uuid, "direct_only": False}))
        cid = self._cid()
        return frozenset(to_held_grant(grant, cid) for page in pages for grant in page)

    def role_call(self, action: RoleAction, uuid: str, role_ids: Sequence[str]) -> RoleCall:
        """See `UserRoutes.role_call`."""
        body = {"action": action, "cid": self._cid(), "uuid": uuid, "role_ids": list(role_ids)}
        return RoleCall("POST", _ROLE_ACTIONS, None, body)

    def _found(self, query: str | None) -> Iterator[UserRecord]:
        """What the vendor finds for ``query``, each once, of any home CID."""
        seen: set[str] = set()
        for page in self._client.pages(_QUERY_USERS, {"filter": query, "sort": "uid|asc"}):
            # Rows shift between pages when users come and go meanwhile.
            uuids = tuple(uuid for uuid in page if uuid not in seen)
            seen.update(uuids)
            yield from self.read_users(uuids)
