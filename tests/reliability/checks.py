"""What has to hold once a bridge has recovered, whatever was done to the one before it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from scimbridge.directory import grants
from scimbridge.directory.schema import audit, operations, resources, retired_accounts
from scimbridge.directory.schema import grants as grants_table
from tests.reliability.stage import Stage

_INACTIVE = '%"active":false%'
_OF_ITSELF = {"native_id", "created", "uuid", "reset_on_login"}
"""What differs between two accounts that were made in the same way, or written more often."""


@dataclass(frozen=True)
class Picture:
    """The vendor and the SCIM view, without what differs from run to run."""

    vendor: dict[str, Any]
    scim: dict[str, Any]

    def differences(self, other: Picture) -> list[str]:
        """In words: what is here, and what is there instead."""
        return _differences("vendor", self.vendor, other.vendor) + _differences(
            "SCIM", self.scim, other.scim
        )


def picture(stage: Stage) -> Picture:
    """How things are now. Called in a process of the bridge."""
    return Picture(vendor_picture(stage), _scim_picture(stage))


def vendor_picture(stage: Stage) -> dict[str, Any]:
    """Accounts by login (a list: there may be two), their grants, and groups."""
    state = stage.vendor_state()
    names = {
        each["native_id"]: each["user_name"].lower()
        for each in state["accounts"]
        # What a disabled account holds counts once it is enabled again.
        if each.get("enabled", True)
    }
    accounts: dict[str, list[str]] = {}
    for each in state["accounts"]:
        shown = {key: value for key, value in each.items() if key not in _OF_ITSELF}
        accounts.setdefault(each["user_name"].lower(), []).append(json.dumps(shown, sort_keys=True))
    held: dict[str, list[str]] = {}
    for each in state["grants"]:
        if each["account"] in names:
            held.setdefault(names[each["account"]], []).append(
                f"{each['kind']}:{each['entitlement']}"
            )
    return {
        "accounts": {name: sorted(each) for name, each in accounts.items()},
        "grants": {name: sorted(each) for name, each in held.items()},
        "groups": sorted(f"{each['kind']} {each['name']}" for each in state["groups"]),
    }


def _scim_picture(stage: Stage) -> dict[str, Any]:
    users = _all(stage, "/Users?")
    names = {each["id"]: each["userName"] for each in users}
    return {
        "users": {each["userName"]: _shown(each, names) for each in users},
        "groups": {each["displayName"]: _shown(each, names) for each in _all(stage, "/Groups?")},
    }


def ids(stage: Stage) -> dict[str, str]:
    """The id of each user by its name, and of each group by its."""
    users = _all(stage, "/Users?attributes=userName")
    groups = _all(stage, "/Groups?attributes=displayName")
    return {each["userName"]: each["id"] for each in users} | {
        each["displayName"]: each["id"] for each in groups
    }


def _all(stage: Stage, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = stage.expect(200, ("GET", f"{path}&count=1000&startIndex={len(found) + 1}", None))
        found += page.get("Resources", [])
        if len(found) >= page["totalResults"]:
            return found


def _shown(resource: dict[str, Any], names: dict[str, str]) -> str:
    # The vendor's own attributes are shown of an account that was found, though not of all that
    # were made; which of the two it was depends on when the process ended.
    shown = {
        key: value
        for key, value in resource.items()
        if key not in ("id", "meta", "schemas") and not key.startswith("urn:scimbridge:")
    }
    if "members" in shown:
        shown["members"] = sorted(names.get(each["value"], "?") for each in shown["members"])
    if "groups" in shown:
        shown["groups"] = sorted(each["display"] for each in shown["groups"])
    return json.dumps(shown, sort_keys=True)


def _differences(where: str, here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    said = []
    for key in here:
        ours, theirs = here[key], there[key]
        if isinstance(ours, dict):
            said += [
                f"{where} {key} of {name}: {ours.get(name)} in place of {theirs.get(name)}"
                for name in sorted(ours.keys() | theirs.keys())
                if ours.get(name) != theirs.get(name)
            ]
        elif ours != theirs:
            said.append(f"{where} {key}: {ours} in place of {theirs}")
    return said[:5]


def intents(stage: Stage) -> int:
    """How many operations were ever recorded."""
    with stage.bridge.directory.read() as connection:
        return int(connection.execute(select(func.count()).select_from(operations)).scalar_one())


def unfinished(stage: Stage) -> int:
    """How many operations are pending."""
    with stage.bridge.directory.read() as connection:
        statement = select(func.count()).where(operations.c.status == "pending")
        return int(connection.execute(statement).scalar_one())


def complaints(stage: Stage) -> list[str]:
    """What is wrong with the directory, or between it and the vendor."""
    accounts = {each["native_id"] for each in stage.vendor_state()["accounts"]}
    with stage.bridge.directory.read() as connection:
        return [
            *leftovers(connection),
            *_links(connection, accounts),
            *_audit(connection, stage),
        ]


def leftovers(connection: Connection) -> list[str]:
    """What a directory holds that is at rest only once it is settled."""
    rows = resources.c
    questions = {
        "operations are unfinished": select(func.count()).where(operations.c.status == "pending"),
        "resources are unsettled": select(func.count()).where(
            rows.generation > rows.confirmed_generation
        ),
        "resources are doubted": select(func.count()).where(rows.dirty > 0),
        "leases are held": select(func.count()).where(rows.lease_owner.is_not(None)),
        "creations are marked as attempted": select(func.count()).where(
            rows.attempted_at.is_not(None)
        ),
        "grants are under way": select(func.count())
        .select_from(grants_table.join(resources))
        .where(
            grants_table.c.state.in_([grants.TAKING, grants.FOUND])
            # Of who is disabled, what may be missing is not given before the activation.
            | (grants_table.c.state == grants.ASSERTED) & rows.desired.not_like(_INACTIVE)
        ),
        "accounts are to be retired": select(func.count()).select_from(retired_accounts),
    }
    counts = {what: connection.execute(query).scalar_one() for what, query in questions.items()}
    return [f"{count} {what}" for what, count in counts.items() if count]


def _links(connection: Connection, accounts: set[str]) -> list[str]:
    """Every link leads to an account (two links to one are impossible: an index is unique)."""
    rows = connection.execute(
        select(resources.c.desired_key, resources.c.native_id).where(
            resources.c.resource_type == "User", resources.c.native_id.is_not(None)
        )
    )
    return [f"{key} is linked to an account that is gone" for key, id in rows if id not in accounts]


def _audit(connection: Connection, stage: Stage) -> list[str]:
    """The chain holds, and every change has a line before it and a line after it."""
    log = stage.provider.operations.outcomes.audit
    said = []
    if (broken := log.verify(connection, stage.vendor.target)) is not None:
        said.append(f"the audit chain is broken at line {broken}")
    lines = Counter(
        (json.loads(detail).get("operation"), action.endswith(" wanted"))
        for action, detail in connection.execute(select(audit.c.action, audit.c.detail))
    )
    for pk, actor, status in connection.execute(
        select(operations.c.pk, operations.c.actor, operations.c.status)
    ):
        if actor != "bridge" and lines[pk, True] != 1:
            said.append(f"operation {pk} has {lines[pk, True]} audit lines of its intent")
        if status != "pending" and lines[pk, False] != 1:
            said.append(f"operation {pk} has {lines[pk, False]} audit lines of its outcome")
    return said
