"""The console's JSON in the bridge's vocabulary and back. Pure translation: no calls here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.connectors.http import checked_id
from scimbridge.connectors.insightvm.role_rules import Role, to_role
from scimbridge.connectors.interface import Account, Entitlement, EntitlementDetails
from scimbridge.errors import VendorRejected

ROLE = "role"
SITE = "site"
ASSET_GROUP = "asset-group"
PRIVILEGE = "privilege"
LISTS = (SITE, ASSET_GROUP)
"""The kinds of which an account has a list, unless it has access to all of the kind."""

_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_ROLE_ID = re.compile(r"(?!\.{1,2}\Z)[^\x00-\x1f\x7f]{1,255}")


def checked_user_id(native_id: str) -> str:
    """``native_id`` if it has the form of a user's id. Raises `VendorRejected`."""
    return checked_id(native_id, _NUMBER, "InsightVM user")


def checked_entitlement_id(entitlement: Entitlement) -> str:
    """The native id, if the console could have given it. Raises `VendorRejected`."""
    pattern = _ROLE_ID if entitlement.kind in (ROLE, PRIVILEGE) else _NUMBER
    return checked_id(entitlement.native_id, pattern, f"InsightVM {entitlement.kind}")


@dataclass(frozen=True, slots=True)
class Source:
    """An authentication source."""

    type: str
    """``normal`` and ``admin`` are the console's own."""
    id: int | None = None
    """None: whichever source of the type there is."""
    name: str = ""

    @property
    def local(self) -> bool:
        """Whether the console itself holds the passwords of its accounts."""
        return self.type in ("normal", "admin")


def local_source(role: Role) -> Source:
    """The console's own source: a local superuser is of one type, any other of the other."""
    return Source("admin" if role.superuser else "normal")


def to_source(raw: Mapping[str, Any]) -> Source:
    """An authentication source, of the catalogue or of a user record."""
    number = raw.get("id")
    return Source(
        type=_text(raw.get("type")),
        id=number if isinstance(number, int) else None,
        name=_text(raw.get("name")),
    )


@dataclass(frozen=True, slots=True)
class Edit:
    """All that a PUT of a user sets: it replaces the whole, and clears what is left out."""

    login: str
    name: str
    email: str
    enabled: bool
    locale: str
    report_locale: str
    source: Source
    role_id: str
    all_sites: bool
    all_asset_groups: bool
    superuser: bool

    def has_all(self, kind: str) -> bool:
        """Whether the account has access to all sites or to all asset groups."""
        return self.all_sites if kind == SITE else self.all_asset_groups

    def moved(self, old: Role, new: Role) -> Edit:
        """The same account in the role ``new``.

        Access to all that the old role gave goes with it; what the account had beside it stays.
        """
        local = local_source(new)
        return replace(
            self,
            role_id=new.id,
            all_sites=new.all_sites or (self.all_sites and not old.all_sites),
            all_asset_groups=new.all_asset_groups
            or (self.all_asset_groups and not old.all_asset_groups),
            superuser=new.superuser,
            source=local if self.source.local and self.source.type != local.type else self.source,
        )

    def body(self) -> dict[str, Any]:
        """The JSON of a ``UserEdit``, without a password; what is empty is left out."""
        locale = {"default": self.locale, "reports": self.report_locale}
        source: dict[str, Any] = {"type": self.source.type}
        if self.source.id is not None:
            source["id"] = self.source.id
        optional = {
            "email": self.email,
            "locale": {name: value for name, value in locale.items() if value},
            "authentication": source if self.source.type else None,
        }
        return {
            "login": self.login,
            "name": self.name,
            "enabled": self.enabled,
            "role": {
                "id": self.role_id,
                "allSites": self.all_sites,
                "allAssetGroups": self.all_asset_groups,
                "superuser": self.superuser,
            },
        } | {name: value for name, value in optional.items() if value}

    def shown_by(self, other: Edit) -> bool:
        """Whether ``other``, as read back, is this one; what this one leaves open may be any."""
        same_source = self.source.type == other.source.type and (
            self.source.id in (None, other.source.id)
        )
        wanted = replace(
            self,
            source=other.source if same_source else self.source,
            locale=self.locale or other.locale,
            report_locale=self.report_locale or other.report_locale,
        )
        return other == wanted


def to_edit(user: Mapping[str, Any]) -> Edit:
    """What a PUT would have to send so that nothing changes."""
    role, locale = _mapping(user.get("role")), _mapping(user.get("locale"))
    return Edit(
        login=_text(user.get("login")),
        name=_text(user.get("name")),
        email=_text(user.get("email")),
        enabled=user.get("enabled") is not False,
        locale=_text(locale.get("default")),
        report_locale=_text(locale.get("reports")),
        source=to_source(_mapping(user.get("authentication"))),
        role_id=_text(role.get("id")),
        all_sites=role.get("allSites") is True,
        all_asset_groups=role.get("allAssetGroups") is True,
        superuser=role.get("superuser") is True,
    )


def user_role(user: Mapping[str, Any]) -> Role:
    """The role of a user record, with the privileges that the record shows."""
    return to_role({"id": "", **_mapping(user.get("role"))})


def to_account(user: Mapping[str, Any]) -> Account:
    """The account that a user record shows; ``id`` and ``login`` must be there.

    Access to all sites or asset groups is shown where it is the account's own: what a role forces
    ends with the role, and must not be asked for again by a client that repeats what it once read.
    Nor is its absence shown: what is shown of an adopted account is wanted from then on, and would
    stand against the next role that forces it.
    """
    edit, role = to_edit(user), user_role(user)
    attributes: dict[str, Any] = {
        "locked": user.get("locked") is True,
        "authenticationSource": edit.source.name,
        "locale": edit.locale,
    }
    if edit.all_sites and not role.all_sites:
        attributes["allSites"] = True
    if edit.all_asset_groups and not role.all_asset_groups:
        attributes["allAssetGroups"] = True
    return Account(
        native_id=str(user["id"]),
        user_name=edit.login,
        display_name=edit.name,
        email=edit.email,
        active=edit.enabled,
        attributes={name: value for name, value in attributes.items() if value != ""},
    )


def edited(edit: Edit, account: Account, changed: frozenset[str], role: Role) -> Edit:
    """``edit`` with the ``changed`` fields of ``account``, but for the authentication source.

    ``role`` is the account's. An empty name leaves the one that is there: the console demands one.
    Raises `VendorRejected` for what the role rules out.
    """
    wanted: dict[str, Any] = {}
    if "user_name" in changed:
        wanted["login"] = account.user_name
    if "display_name" in changed:
        wanted["name"] = account.display_name or edit.name or account.user_name
    if "email" in changed:
        wanted["email"] = account.email
    if "attributes" in changed:
        attributes = account.attributes
        wanted["locale"] = _text(attributes.get("locale")) or edit.locale
        wanted["all_sites"] = _all_of(attributes, "allSites", edit.all_sites, role.all_sites)
        wanted["all_asset_groups"] = _all_of(
            attributes, "allAssetGroups", edit.all_asset_groups, role.all_asset_groups
        )
    return replace(edit, **wanted)


def cannot_lock(login: str) -> VendorRejected:
    """The answer to ``locked`` set to true."""
    return VendorRejected(
        f"user {login} cannot be locked, which the console does by itself after wrong passwords; "
        "set locked to false, and active to false to keep the user out"
    )


def _all_of(attributes: Mapping[str, Any], name: str, now: bool, forced: bool) -> bool:
    wanted = attributes.get(name)
    if wanted is False and forced:
        raise VendorRejected(f"{name} cannot be false: the account's role demands it")
    return forced or (wanted if isinstance(wanted, bool) else now)


def to_role_details(role: Role) -> EntitlementDetails:
    """A role of the catalogue."""
    return EntitlementDetails(
        entitlement=Entitlement(ROLE, role.id),
        display_name=role.name or role.id,
        description=role.description,
    )


def to_list_details(kind: str, row: Mapping[str, Any]) -> EntitlementDetails:
    """A site or an asset group of the catalogue."""
    number = str(row["id"])
    return EntitlementDetails(
        entitlement=Entitlement(kind, number),
        display_name=_text(row.get("name")) or f"{kind} {number}",
        description=_text(row.get("description")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
