"""Cortex's JSON in the bridge's vocabulary. Pure translation: no call is made here.

Both generations are read alike and leniently: fields may be missing or null, groups may be names or
objects, and ids numbers or text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scimbridge.connectors.http import checked_id
from scimbridge.connectors.interface import Account, Entitlement, EntitlementDetails
from scimbridge.errors import VendorUnavailable

ROLE = "role"
USER_GROUP = "user-group"
KINDS = (ROLE, USER_GROUP)

ACCOUNT_ADMIN = "Account Admin"
"""The role that is given and taken in the Cortex Gateway alone ("Manage user access")."""
_USER_ID = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
_GROUP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_DISABLED = frozenset({"disabled", "inactive", "deactivated"})
"""Any other status counts as active: a word that is not known must not pass for "no access"."""


@dataclass(frozen=True, slots=True)
class GroupRef:
    """A user group as another record names it; either part may be empty."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A user record of either generation."""

    email: str
    """As the vendor spells it."""
    given_name: str = ""
    family_name: str = ""
    role_name: str = ""
    """The display name of the direct role; empty if there is none."""
    groups: tuple[GroupRef, ...] = ()
    status: str = ""
    """Platform IAM only."""
    user_type: str = ""
    last_login: datetime | None = None

    @property
    def native_id(self) -> str:
        """What the bridge calls the user: the vendor has no id but the e-mail address."""
        return self.email.lower()

    @property
    def active(self) -> bool:
        """Whether the user may log in, as far as the status says."""
        return self.status.lower() not in _DISABLED

    @property
    def is_account_admin(self) -> bool:
        """Whether the user is beyond the reach of the API."""
        return self.role_name.casefold() == ACCOUNT_ADMIN.casefold()


@dataclass(frozen=True, slots=True)
class Role:
    """A role of either generation. In v1 the display name is its id."""

    id: str
    name: str
    description: str = ""
    groups: frozenset[str] = frozenset()
    """v1: the names of the user groups that give it."""


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group. In v1 the name is its id."""

    id: str
    name: str
    description: str = ""
    role_id: str = ""
    role_name: str = ""
    nested: tuple[GroupRef, ...] = ()
    managed_by: str = ""
    """Who decides on its members if it is not the tenant, in words; else empty."""


def normal_id(native_id: str) -> str:
    """The native id of an account, in the form in which it is compared.

    Raises `VendorRejected` if it can be nobody's.
    """
    return checked_id(native_id, _USER_ID, "Cortex XDR user").lower()


def could_be_user(user_name: str) -> bool:
    """Whether a login has the form of the vendor's."""
    return _USER_ID.fullmatch(user_name) is not None


def checked_group_id(entitlement: Entitlement) -> str:
    """The id of a user group, fit for a path. Raises `VendorRejected`."""
    return checked_id(entitlement.native_id, _GROUP_ID, "Cortex XDR user group")


class Users(Mapping[str, User]):
    """All users by native id. A record is read when it is asked for: of 10,000, few ever are."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """``rows`` have a ``user_email``."""
        self._rows = {str(row["user_email"]).lower(): row for row in rows}

    def __getitem__(self, native_id: str) -> User:
        return to_user(self._rows[native_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def to_users(rows: Any) -> Users:
    """The users of a list. Records without an e-mail address, which nobody can name, are left out.

    Raises `VendorUnavailable` if there are none: whoever made the API key is one, and an empty list
    would make everybody look gone.
    """
    users = Users(row for row in _records(rows) if _text(row.get("user_email")))
    if not users:
        raise VendorUnavailable("the tenant shows no users at all, not even who made the API key")
    return users


def to_user(row: Mapping[str, Any]) -> User:
    """The user that a record with ``user_email`` shows."""
    return User(
        email=_text(row.get("user_email")),
        given_name=_text(row.get("user_first_name")),
        family_name=_text(row.get("user_last_name")),
        role_name=_text(row.get("role_name")),
        groups=tuple(_group_refs(row.get("groups"))),
        status=_text(row.get("status")),
        user_type=_text(row.get("user_type")),
        last_login=_moment(row.get("last_logged_in", row.get("last_logged_in_ms"))),
    )


def to_account(user: User) -> Account:
    """The account that a user is."""
    last_login = user.last_login.isoformat().replace("+00:00", "Z") if user.last_login else ""
    attributes = {"status": user.status, "userType": user.user_type, "lastLogin": last_login}
    return Account(
        native_id=user.native_id,
        user_name=user.email,
        given_name=user.given_name,
        family_name=user.family_name,
        display_name=" ".join(filter(None, (user.given_name, user.family_name))),
        email=user.email,
        active=user.active,
        attributes={name: value for name, value in attributes.items() if value},
    )


def to_roles(rows: Any) -> dict[str, Role]:
    """Id to role. The v1 route wraps each role in a list of its own."""
    flat = [each for row in _list(rows) for each in (row if isinstance(row, list) else [row])]
    roles = (_to_role(row) for row in _records(flat))
    return {role.id: role for role in roles if role.id}


def _to_role(row: Mapping[str, Any]) -> Role:
    name = _text(row.get("pretty_name"))
    identifier = _text(row.get("role_id")) or name
    return Role(
        id=identifier,
        name=name or identifier,
        description=_text(row.get("description")),
        groups=frozenset(each.name for each in _group_refs(row.get("groups"))),
    )


def to_user_groups(rows: Any) -> dict[str, UserGroup]:
    """Id to user group."""
    groups = (_to_user_group(row) for row in _records(rows))
    return {group.id: group for group in groups if group.id}


def _to_user_group(row: Mapping[str, Any]) -> UserGroup:
    name = _text(row.get("group_name"))
    return UserGroup(
        id=_id(row.get("group_id")) or name,
        name=name,
        description=_text(row.get("description")),
        # Older versions of the route call the id ``role_name``.
        role_id=_text(row.get("role_id")) or _text(row.get("role_name")),
        role_name=_text(row.get("pretty_role_name")),
        nested=tuple(_group_refs(row.get("nested_groups"))),
        managed_by=_managed_by(row),
    )


def _managed_by(row: Mapping[str, Any]) -> str:
    idp_groups = [_text(each) for each in _list(row.get("idp_groups")) if _text(each)]
    if idp_groups:
        return f"the IdP (group {', '.join(idp_groups)})"
    return "Active Directory" if _text(row.get("group_type")).lower() == "ad_type" else ""


def role_details(role: Role) -> EntitlementDetails:
    """A role of the catalogue."""
    return EntitlementDetails(
        Entitlement(ROLE, role.id),
        role.name,
        role.description,
        assignable=role.name.casefold() != ACCOUNT_ADMIN.casefold(),
    )


def group_details(group: UserGroup, *, assignable: bool) -> EntitlementDetails:
    """A user group of the catalogue."""
    return EntitlementDetails(
        Entitlement(USER_GROUP, group.id), group.name, group.description, assignable=assignable
    )


def _group_refs(value: Any) -> Iterator[GroupRef]:
    for each in _list(value):
        if isinstance(each, str) and each:
            yield GroupRef("", each)
        elif isinstance(each, Mapping):
            name = _text(each.get("group_name")) or _text(each.get("name"))
            ref = GroupRef(_id(each.get("group_id", each.get("id"))), name)
            if ref.id or ref.name:
                yield ref


def _records(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in _list(value) if isinstance(each, Mapping)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _id(value: Any) -> str:
    return str(value) if isinstance(value, int) else _text(value)


def _moment(value: Any) -> datetime | None:
    """A time in milliseconds since the epoch; None if there is none to be read."""
    if not isinstance(value, int) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
