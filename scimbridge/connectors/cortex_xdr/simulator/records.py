"""The things that a Cortex tenant holds, as immutable values. Times are epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass

VIEW = "access_management_view"
ACTION = "access_management_action"
"""The RBAC permissions that an API key needs: the one to read, the other to write."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it was created in the console."""

    key_id: str
    secret: str
    advanced: bool
    """False: the secret itself is sent; True: a hash over secret, nonce and time."""
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Role:
    """A role; people see the pretty name only, writes name the id."""

    role_id: str
    pretty_name: str
    description: str
    permissions: tuple[str, ...]
    """Keys of the permission catalogue."""
    created_by: str
    created: float
    updated: float | None = None
    is_custom: bool = False
    account_level: bool = False
    """Lives in the Gateway, above the tenant."""


@dataclass(frozen=True, slots=True)
class User:
    """A person with access to the tenant: there is no id besides the e-mail address."""

    email: str
    first_name: str
    last_name: str
    user_type: str = "CSP"
    """``CSP``, ``SSO`` or ``CSP / SSO``: where the person comes from."""
    role_id: str = ""
    """The direct role; empty: none."""
    active: bool = True
    phone_number: str = ""
    hidden: bool = False
    last_logged_in: float | None = None

    @property
    def key(self) -> str:
        """What the user is found by: addresses differ without regard to case."""
        return self.email.lower()


@dataclass(frozen=True, slots=True)
class Group:
    """A user group. Members are the keys of users."""

    group_id: str
    """``<uuid>_<n>``."""
    name: str
    description: str | None
    role_id: str
    created_by: str
    created: float
    updated: float
    users: tuple[str, ...] = ()
    """Members put in directly."""
    jit_users: tuple[str, ...] = ()
    """Members that the IdP asserted at their sign-in, or that a directory sync brought."""
    nested: tuple[str, ...] = ()
    """Ids of the child groups."""
    idp_groups: tuple[str, ...] = ()
    """Names of the IdP's groups whose people become members when they sign in."""
    directory: bool = False
    """Imported from Azure Active Directory (``ad_type``), not made in the console."""

    @property
    def members(self) -> tuple[str, ...]:
        """All members; nothing on the wire tells the two kinds apart."""
        return tuple(dict.fromkeys((*self.users, *self.jit_users)))
