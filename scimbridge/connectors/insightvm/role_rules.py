"""Roles and what they force upon an account: the console rejects a user that breaks these rules.

Source: Rapid7's own plugin (insightconnect-plugins ``rapid7_insightvm``, ``ValidateUser``), which
computes the flags before every write, and the console's guide on managing users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GLOBAL_ADMIN = "global-admin"
SITE_OWNER = "site-admin"
PSEUDO_ROLE = "custom"
"""Listed among the roles and held by nobody: it stands for "any custom role"."""
BUILT_IN_ROLES = frozenset(
    {
        GLOBAL_ADMIN,
        "security-manager",
        SITE_OWNER,
        "system-admin",
        "user",
        "controls-insight-only",
        PSEUDO_ROLE,
    }
)

_FORCES_ALL_SITES = frozenset({"all-permissions", "manage-sites", "manage-tags"})
_FORCES_ALL_ASSET_GROUPS = frozenset({"all-permissions", "manage-dynamic-asset-groups"})


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the console."""

    id: str
    name: str = ""
    description: str = ""
    privileges: frozenset[str] = frozenset()

    @property
    def superuser(self) -> bool:
        """Whether its holders are superusers: an internal setting of one built-in role."""
        return self.id == GLOBAL_ADMIN

    @property
    def all_sites(self) -> bool:
        """Whether its holders have access to all sites and cannot be given single ones."""
        return self.superuser or bool(self.privileges & _FORCES_ALL_SITES)

    @property
    def all_asset_groups(self) -> bool:
        """Whether its holders have access to all asset groups and cannot be given single ones."""
        return self.superuser or bool(self.privileges & _FORCES_ALL_ASSET_GROUPS)

    @property
    def forced(self) -> tuple[bool, bool]:
        """`all_sites` and `all_asset_groups`."""
        return self.all_sites, self.all_asset_groups


def to_role(raw: Mapping[str, Any]) -> Role:
    """A role of the catalogue, or the one in a user record. Without ``id`` it is a `KeyError`.

    A newer console has been seen giving the name as an object with a ``defaultValue``.
    """
    name = raw.get("name")
    if isinstance(name, Mapping):
        name = name.get("defaultValue")
    privileges = raw.get("privileges")
    return Role(
        id=str(raw["id"]),
        name=name if isinstance(name, str) else "",
        description=str(raw.get("description") or ""),
        privileges=frozenset(map(str, privileges)) if isinstance(privileges, list) else frozenset(),
    )
