"""The things that a console holds, as immutable values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

GLOBAL_ADMIN = "global-admin"
"""The role whose holders may do everything, and alone may manage users."""
SITE_OWNER = "site-admin"
"""The role whose holders never have access to asset groups."""


class Kind(StrEnum):
    """What access is given to, beside the role."""

    SITE = "site"
    ASSET_GROUP = "asset-group"

    @property
    def segment(self) -> str:
        """Its collection in a URL."""
        return {"site": "sites", "asset-group": "asset_groups"}[self]

    @property
    def variable(self) -> str:
        """The name of its id where it comes second in a path."""
        return {"site": "siteId", "asset-group": "assetGroupId"}[self]


@dataclass(frozen=True, slots=True)
class Access:
    """What a user may see of one kind."""

    everything: bool = False
    """``allSites`` or ``allAssetGroups``: ``ids`` do not matter then."""
    ids: frozenset[int] = frozenset()

    def covers(self, collection_id: int) -> bool:
        """Whether the user may see this one."""
        return self.everything or collection_id in self.ids


@dataclass(frozen=True, slots=True)
class Locale:
    """Languages, as BCP 47 tags."""

    default: str | None = None
    reports: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A person's login."""

    user_id: int
    login: str
    name: str
    role_id: str
    source_id: int
    email: str | None = None
    enabled: bool = True
    locked: bool = False
    superuser: bool = False
    sites: Access = Access()
    asset_groups: Access = Access()
    locale: Locale | None = None
    password: str | None = None
    """None for a user who has no password at this console: SAML."""
    reset_on_login: bool = False
    two_factor_key: str | None = None
    """The seed of the one-time codes, in base 32."""
    failures: int = 0
    """Wrong passwords since the last right one."""
    owns_content: bool = False
    """Owns reports or tickets."""

    def access(self, kind: Kind) -> Access:
        """The user's access of one kind."""
        return self.sites if kind is Kind.SITE else self.asset_groups

    def with_access(self, kind: Kind, access: Access) -> User:
        """The same user with other access of one kind."""
        if kind is Kind.SITE:
            return replace(self, sites=access)
        return replace(self, asset_groups=access)


@dataclass(frozen=True, slots=True)
class Role:
    """What its holders may do. For a custom role id and name are the same text."""

    role_id: str
    name: str
    description: str
    privileges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthenticationSource:
    """Where a user's password is checked: ``type`` is normal, admin, kerberos, ldap or saml."""

    source_id: int
    name: str
    type: str

    @property
    def external(self) -> bool:
        """Whether somebody else than the console checks the password."""
        return self.type not in ("normal", "admin")


@dataclass(frozen=True, slots=True)
class AssetCollection:
    """A site or an asset group."""

    collection_id: int
    name: str
    description: str
    type: str
    """Of a site: static, dynamic or agent. Of an asset group: static or dynamic."""
    assets: int
