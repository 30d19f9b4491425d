"""The custom roles that a target's settings describe: created, kept as described, deleted."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress

from scimbridge.connectors.insightvm.catalogue import ROLES, Catalogue
from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.role_rules import Role
from scimbridge.errors import VendorConflict, VendorNotFound, VendorRejected, VendorUnavailable

logger = logging.getLogger(__name__)

_ROLE = f"{ROLES}/{{id}}"
_DESCRIPTION = "Managed by scimbridge"


class CustomRoles:
    """Brings a console's custom roles to what is described; all others are left alone."""

    def __init__(
        self,
        client: InsightVMClient,
        catalogue: Catalogue,
        described: Mapping[str, tuple[str, ...]],
        target: str,
    ) -> None:
        """``described``: name to privileges; without privileges the role shall not exist."""
        self._client = client
        self._catalogue = catalogue
        self._described = described
        self._target = target

    def converge(self) -> None:
        """Create, update and delete; what the console refuses is logged, and the rest done.

        Raises `VendorUnavailable` if a change does not show afterwards.
        """
        if not self._described:
            return
        existing = self._catalogue.roles()
        for name, privileges in self._described.items():
            try:
                self._converge(name, frozenset(privileges), existing.get(name))
            except VendorRejected as error:
                logger.error("%s: custom role %r: %s", self._target, name, error.reason)

    def _converge(self, name: str, privileges: frozenset[str], role: Role | None) -> None:
        if role is None and privileges:
            self._put(Role(name, name, _DESCRIPTION, privileges))
        elif role is not None and not privileges:
            self._delete(role)
        elif role is not None and role.privileges != privileges:
            self._put(
                Role(role.id, role.name or name, role.description or _DESCRIPTION, privileges)
            )

    def _put(self, role: Role) -> None:
        body = {
            "id": role.id,
            "name": role.name,
            "description": role.description,
            "privileges": sorted(role.privileges),
        }
        self._client.call("PUT", _ROLE, at={"id": role.id}, json=body)
        shown = self._catalogue.roles().get(role.id)
        if shown is None or shown.privileges != role.privileges:
            raise VendorUnavailable(
                f"{self._target}: custom role {role.id!r} was set, and the console still shows "
                "something else"
            )
        logger.info("%s: custom role %r is set", self._target, role.id)

    def _delete(self, role: Role) -> None:
        holders = self._catalogue.holders_of_role(role.id)
        if holders:
            raise VendorConflict(
                f"cannot be deleted while users have it ({', '.join(holders)}); "
                "give them another one first"
            )
        with suppress(VendorNotFound):
            self._client.call("DELETE", _ROLE, at={"id": role.id})
        if role.id in self._catalogue.roles():
            raise VendorUnavailable(f"{self._target}: custom role {role.id!r} is still there")
        logger.info("%s: custom role %r is deleted", self._target, role.id)
