"""Falcon's JSON in the bridge's vocabulary and back. Pure translation: no call is made here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from scimbridge.connectors.interface import Account, Entitlement, EntitlementDetails, HeldGrant

ROLE = "role"
USER_GROUP = "user-group"
USER_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""The native id of an account."""
USER_GROUP_ID = re.compile(r"[0-9a-fA-F]{32}")
"""The native id of a Flight Control user group."""
CID_GROUP_ID = re.compile(r"[0-9a-f]{32}")
"""The id of a Flight Control CID group."""
CUSTOMER_ID = re.compile(r"[0-9a-f]{32}")
"""A CID as the API has it: lower case, without the checksum."""


def to_account(user: Mapping[str, Any]) -> Account:
    """The account that a user record shows. A record without ``uuid`` or ``uid`` is a `KeyError`.

    The vendor leaves out what is empty. It has no flag for "disabled" that could be set: `active`
    is therefore always true, and its own ``status`` an attribute of the extension.
    """
    created = _moment(user.get("created_at"))
    updated = _moment(user.get("updated_at"))
    given, family = _text(user.get("first_name")), _text(user.get("last_name"))
    return Account(
        native_id=user["uuid"],
        user_name=user["uid"],
        given_name=given,
        family_name=family,
        display_name=" ".join(filter(None, (given, family))),
        email=user["uid"],
        attributes=to_attributes(user),
        created=created,
        # ``updated_at`` has been seen a few milliseconds before ``created_at``.
        last_modified=max(filter(None, (created, updated)), default=None),
    )


def to_attributes(user: Mapping[str, Any]) -> dict[str, str]:
    """What a user record shows of the vendor's own attributes."""
    attributes = {
        "status": _text(user.get("status")),
        "lastLogin": _text(user.get("last_login_at")),
    }
    return {name: value for name, value in attributes.items() if value}


def from_account(account: Account) -> dict[str, str]:
    """The body that creates the account; never with a password, which only matters without SSO."""
    names = {"first_name": account.given_name, "last_name": account.family_name}
    return {"uid": normal_uid(account.user_name)} | {k: v for k, v in names.items() if v}


def name_change(account: Account) -> dict[str, str]:
    """The body that updates it. Always both names: the vendor clears one that is left out."""
    return {"first_name": account.given_name, "last_name": account.family_name}


def normal_uid(user_name: str) -> str:
    """The form in which a login is sent and compared."""
    return user_name.lower()


def to_entitlement_details(role: Mapping[str, Any], cid: str | None) -> EntitlementDetails:
    """A role of the catalogue, as seen from the CID ``cid``.

    A custom role can be given only in the CID that owns it (terraform-provider-crowdstrike#490).
    """
    owner = _text(role.get("cid"))
    return EntitlementDetails(
        entitlement=Entitlement(ROLE, role["id"]),
        display_name=_text(role.get("display_name")) or role["id"],
        description=_text(role.get("description")),
        assignable=not owner or cid is None or owner.lower() == cid,
    )


def to_held_grant(grant: Mapping[str, Any], cid: str) -> HeldGrant:
    """One row of a user's grants, as seen from the CID ``cid``.

    What is held in another CID cannot be revoked from here and counts as inherited. Which values
    ``grant_type`` takes besides ``direct`` is not known: where nothing in the row says otherwise
    it counts as direct, since taken for inherited it would never be revoked.
    """
    groups = {
        "user group": grant.get("user_group_name") or grant.get("user_group_id"),
        "CID group": grant.get("cid_group_name") or grant.get("cid_group_id"),
    }
    through = [f"{noun} {name}" for noun, name in groups.items() if name]
    if (held_in := _text(grant.get("cid")) or cid) != cid:
        through.append(f"CID {held_in}")
    via = ", ".join(through)
    kind = _text(grant.get("grant_type"))
    direct = not via and kind in ("", "direct")
    return HeldGrant(
        entitlement=Entitlement(ROLE, grant["role_id"]),
        direct=direct,
        expires=_moment(grant.get("expires_at")),
        via="" if direct else via or kind,
        source=Entitlement(USER_GROUP, group)
        if (group := _text(grant.get("user_group_id")))
        else None,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    """A time stamp such as ``2025-06-19T11:59:07.895264Z``; None if there is none to be read."""
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
