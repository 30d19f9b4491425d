"""Between a User document and an account. Vendors' field names are not known here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.connectors.interface import Account
from scimbridge.scim import urns
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.resources import split_secrets

Document = dict[str, Any]

WAS_INACTIVE = "~inactive"
"""Stored last in a document whose ``active`` was removed while it was false. No schema has it, and
no representation shows it."""


def to_account(
    document: Mapping[str, Any], *, extension: str | None, secrets: Mapping[str, str] | None = None
) -> Account:
    """The account that ``document`` describes; ``extension``: the URN of the vendor's own part."""
    name = document.get("name") or {}
    given, family = str(name.get("givenName") or ""), str(name.get("familyName") or "")
    display = document.get("displayName") or name.get("formatted") or f"{given} {family}".strip()
    return Account(
        user_name=document["userName"],
        given_name=given,
        family_name=family,
        display_name=str(display),
        email=primary_email(document),
        active=is_active(document),
        attributes=dict(document.get(extension) or {}) if extension else {},
        secrets=dict(secrets or {}),
    )


def from_account(account: Account, *, extension: str | None) -> Document:
    """The document that an account without any history with an IdP is shown as."""
    name = {
        key: value
        for key, value in (("givenName", account.given_name), ("familyName", account.family_name))
        if value
    }
    document: Document = {
        "schemas": [urns.USER],
        "userName": account.user_name,
        "active": account.active,
    }
    if name:
        document["name"] = name
    display = account.display_name or " ".join(name.values())
    if display:
        document["displayName"] = display
    if account.email:
        document["emails"] = [{"value": account.email, "type": "work", "primary": True}]
    if extension and account.attributes:
        document["schemas"].append(extension)
        document[extension] = dict(account.attributes)
    return document


def with_attributes(
    document: Mapping[str, Any], shown: Mapping[str, Any], extension: str, user_type: ResourceType
) -> Document:
    """``document`` with what only the vendor says of the account; the IdP's word stands."""
    both = {**document, extension: {**shown, **document.get(extension, {})}}
    return both | {"schemas": user_type.schemas_of(both)}


def is_active(document: Mapping[str, Any]) -> bool:
    """Whether the person is to have access; `WAS_INACTIVE` decides where ``active`` is absent."""
    active = document.get("active")
    return WAS_INACTIVE not in document if active is None else bool(active)


def keep_inactive(before: Mapping[str, Any], after: Document) -> Document:
    """``after`` as inactive as ``before`` if it says nothing itself.

    Unassigning a deactivation is not a reactivation, and is shown as what it is all the same.
    """
    kept = {name: value for name, value in after.items() if name != WAS_INACTIVE}
    if "active" not in kept and not is_active(before):
        kept[WAS_INACTIVE] = True
    return kept


def take_secrets(
    document: Mapping[str, Any], resource_type: ResourceType
) -> tuple[Document, dict[str, str]]:
    """``document`` without its write-only values, and those by name: sent on, never stored."""
    public, secrets = split_secrets(document, resource_type)
    return public, {path.rpartition(":")[2]: str(value) for path, value in secrets.items()}


def primary_email(document: Mapping[str, Any]) -> str:
    """The primary e-mail address, else the first one, else the empty string."""
    emails = [item for item in document.get("emails") or () if item.get("value")]
    chosen = next((item for item in emails if item.get("primary")), emails[0] if emails else {})
    return str(chosen.get("value", ""))


def display_of(document: Mapping[str, Any]) -> str:
    """What other resources show of this one as ``display``."""
    return str(document.get("displayName") or document.get("userName") or "")
