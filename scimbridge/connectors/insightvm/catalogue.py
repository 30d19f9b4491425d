"""What a console has beside users: roles, sites, asset groups, privileges, sources of logins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.mapping import (
    ASSET_GROUP,
    SITE,
    Source,
    to_list_details,
    to_role_details,
    to_source,
)
from scimbridge.connectors.insightvm.role_rules import PSEUDO_ROLE, Role, to_role
from scimbridge.connectors.interface import EntitlementDetails
from scimbridge.errors import VendorDenied, VendorNotFound, VendorRejected, VendorUnavailable

ROLES = "/api/3/roles"
_ROLE = "/api/3/roles/{id}"
_ROLE_USERS = "/api/3/roles/{id}/users"
_SOURCES = "/api/3/authentication_sources"
_SOURCE = "/api/3/authentication_sources/{id}"
_SOURCE_USERS = "/api/3/authentication_sources/{id}/users"
_PRIVILEGES = "/api/3/privileges"
_PRIVILEGE = "/api/3/privileges/{id}"
_PRIVILEGE_USERS = "/api/3/privileges/{id}/users"
_USER_PRIVILEGES = "/api/3/users/{id}/privileges"
_LISTS = ((SITE, "/api/3/sites"), (ASSET_GROUP, "/api/3/asset_groups"))

FRESH_S = 900.0
"""How long roles are remembered. What a role forces is checked against every user read anyway."""


class Catalogue:
    """Reads all of it; remembers the roles. Safe between threads."""

    def __init__(self, client: InsightVMClient, target: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._target = target
        self._clock = clock
        self._lock = threading.Lock()
        self._roles: Mapping[str, Role] = {}
        self._read_at: float | None = None

    def roles(self, *, fresh: bool = True) -> Mapping[str, Role]:
        """Id to role; the pseudo-role that stands for custom ones is left out."""
        with self._lock:
            age = None if self._read_at is None else self._clock() - self._read_at
            if not fresh and age is not None and age < FRESH_S:
                return self._roles
        read = (to_role(row) for row in self._rows(ROLES) if row.get("id"))
        roles = {role.id: role for role in read if role.id != PSEUDO_ROLE}
        with self._lock:
            self._roles, self._read_at = roles, self._clock()
        return roles

    def find_role(self, role_id: str) -> Role | None:
        """The role with this id, from memory if it is there."""
        known = self.roles(fresh=False).get(role_id)
        if known is not None or role_id == PSEUDO_ROLE:
            return known
        row = self._find(_ROLE, role_id)
        return None if row is None else to_role({"id": role_id, **row})

    def default_role(self, role_id: str) -> Role:
        """The role that an account is left with. Raises `VendorDenied` if there is no such role.

        (Not `VendorNotFound`: that would be the end of a removal.)
        """
        role = self.find_role(role_id)
        if role is None:
            raise VendorDenied(
                f"{self._target}: the console has no role {role_id!r}; set default_role to one "
                "that an account without any other may have"
            )
        return role

    def holders_of_role(self, role_id: str) -> tuple[str, ...]:
        """Native ids of the accounts in a role. Raises `VendorNotFound`."""
        return self._ids(_ROLE_USERS, role_id)

    def entitlements(self) -> Iterator[EntitlementDetails]:
        """All roles, sites and asset groups."""
        for role in self.roles().values():
            yield to_role_details(role)
        for kind, route in _LISTS:
            for row in self._client.pages(route):
                yield to_list_details(kind, row)

    def authentication_sources(self) -> tuple[Source, ...]:
        """All authentication sources."""
        return tuple(to_source(row) for row in self._rows(_SOURCES))

    def find_authentication_source(self, source_id: int) -> Source | None:
        """The authentication source with this id, or None."""
        row = self._find(_SOURCE, str(source_id))
        return None if row is None else to_source(row)

    def source_called(self, name: str) -> Source:
        """The authentication source of this name. Raises `VendorRejected` with those there are."""
        sources = self.authentication_sources()
        found = [source for source in sources if source.name == name]
        if len(found) != 1:
            known = ", ".join(sorted(repr(source.name) for source in sources)) or "none"
            raise VendorRejected(
                f"{self._target}: {len(found) or 'no'} authentication sources are called "
                f"{name!r}; the console has: {known}"
            )
        return found[0]

    def users_of_source(self, source_id: int) -> tuple[str, ...]:
        """Native ids of the accounts of an authentication source. Raises `VendorNotFound`."""
        return self._ids(_SOURCE_USERS, str(source_id))

    def privileges(self) -> tuple[str, ...]:
        """The ids of all privileges."""
        return tuple(map(str, self._resources(self._client.call("GET", _PRIVILEGES), _PRIVILEGES)))

    def has_privilege(self, privilege: str) -> bool:
        """Whether the console knows a privilege; it tells no more of one than that."""
        return self._find(_PRIVILEGE, privilege) is not None

    def privileges_of(self, user_id: str) -> frozenset[str]:
        """What an account may do by its role. Raises `VendorNotFound`."""
        return frozenset(self._ids(_USER_PRIVILEGES, user_id))

    def holders_of_privilege(self, privilege: str) -> tuple[str, ...]:
        """Native ids of the accounts that a privilege comes to by their role.

        Raises `VendorNotFound` with those that there are.
        """
        if not self.has_privilege(privilege):
            known = ", ".join(sorted(self.privileges()))
            raise VendorNotFound(f"{self._target}: no privilege {privilege!r}; there are {known}")
        return self._ids(_PRIVILEGE_USERS, privilege)

    def _find(self, route: str, native_id: str) -> Mapping[str, Any] | None:
        try:
            return self._client.call("GET", route, at={"id": native_id})
        except VendorNotFound:
            return None

    def _ids(self, route: str, native_id: str) -> tuple[str, ...]:
        body = self._client.call("GET", route, at={"id": native_id})
        return tuple(map(str, self._resources(body, route)))

    def _rows(self, route: str) -> list[Mapping[str, Any]]:
        rows = self._resources(self._client.call("GET", route), route)
        return [row for row in rows if isinstance(row, Mapping)]

    def _resources(self, body: Mapping[str, Any], route: str) -> list[Any]:
        return resources(body, f"{self._target}: GET {route}")


def resources(body: Mapping[str, Any], call: str) -> list[Any]:
    """The unpaged list in an answer. Raises `VendorUnavailable` if there is none."""
    found = body.get("resources")
    if not isinstance(found, list):
        raise VendorUnavailable(f"{call} answers with something else than a list")
    return found
