"""Falcon's response policies as records and back. Pure translation: no call is made here.

The vendor shows settings nested in categories and takes them as a flat list. A record has those
that are switched on: what is not listed is off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scimbridge.connectors.falcon.policy_fql import PLATFORMS, VENDOR_ID
from scimbridge.connectors.http import checked_id
from scimbridge.connectors.interface import Record
from scimbridge.errors import VendorRejected

DEFAULT_NAME = "platform_default"
"""Each platform's own policy for the hosts that no other one applies to."""

_TEXTS = {
    "name": "name",
    "description": "description",
    "platformName": "platform_name",
    "createdBy": "created_by",
    "modifiedBy": "modified_by",
}


def to_policy(policy: Mapping[str, Any], precedence: int | None) -> Record:
    """The record of a policy. ``precedence``: its place, which the vendor's JSON does not have."""
    return _present(
        {
            "id": policy["id"],
            **{ours: policy.get(theirs) for ours, theirs in _TEXTS.items()},
            "enabled": bool(policy.get("enabled")),
            "precedence": precedence,
            "hostGroups": [
                _present({"value": group["id"], "display": group.get("name")})
                for group in policy.get("groups") or ()
            ],
            "settings": list(_settings(policy.get("settings") or ())),
            "meta": _present(
                {
                    "created": policy.get("created_timestamp"),
                    "lastModified": policy.get("modified_timestamp"),
                }
            ),
        }
    )


def to_member(host: Mapping[str, Any]) -> Record:
    """The record of a host that a policy applies to."""
    return _present(
        {
            "id": host["device_id"],
            "hostname": host.get("hostname"),
            "platformName": host.get("platform_name"),
            "status": host.get("status"),
            "hostGroups": [{"value": group} for group in host.get("groups") or ()],
            "lastSeen": host.get("last_seen"),
        }
    )


def creation(record: Record) -> dict[str, Any]:
    """What creates the policy: without host groups and disabled, which takes actions to change.

    Raises `VendorRejected` for a platform that there is not, or a clone's id that cannot be one.
    """
    if (platform := record.get("platformName")) not in PLATFORMS:
        raise VendorRejected(f"platformName {platform!r} is none of {', '.join(PLATFORMS)}")
    body = {
        "name": record.get("name"),
        "platform_name": platform,
        "description": record.get("description"),
        "settings": _flat(switched_on(record), on=True),
    }
    if clone := record.get("cloneId"):
        body["clone_id"] = checked_id(clone, VENDOR_ID, "Falcon response policy")
    return _present(body)


def change(before: Record, after: Record) -> dict[str, Any]:
    """What an update has to send; empty if it has nothing to do.

    Whether settings that are left out stay as they are is not known, so that all are sent: those
    that are to be on, and those that were.
    """
    texts = {
        name: after.get(name, "")
        for name in ("name", "description")
        if after.get(name, "") != before.get(name, "")
    }
    on, was_on = switched_on(after), switched_on(before)
    if not texts and on == was_on:
        return {}
    return {
        "id": before["id"],
        **texts,
        "settings": _flat(on, on=True) + _flat(was_on - on, on=False),
    }


def switched_on(record: Record) -> frozenset[str]:
    """The ids of the settings that are on."""
    return frozenset(each["value"] for each in record.get("settings", ()))


def host_groups(record: Record) -> frozenset[str]:
    """The ids of the host groups. Raises `VendorRejected` for one that cannot be an id."""
    values = (each["value"] for each in record.get("hostGroups", ()))
    return frozenset(checked_id(value, VENDOR_ID, "Falcon host group") for value in values)


def _settings(categories: Iterable[Mapping[str, Any]]) -> Iterator[Record]:
    for category in categories:
        for setting in category.get("settings") or ():
            if (setting.get("value") or {}).get("enabled") is True:
                yield _present(
                    {
                        "value": setting["id"],
                        "display": setting.get("name"),
                        "category": category.get("name"),
                    }
                )


def _flat(ids: Iterable[str], *, on: bool) -> list[dict[str, Any]]:
    return [{"id": each, "value": {"enabled": on}} for each in sorted(ids)]


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
