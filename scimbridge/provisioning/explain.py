"""Why a person holds what they hold: groups, mapping, recorded grants and history.

Nothing is changed, and the vendor is asked only by `observed_grants`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from scimbridge.connectors.interface import Account, Entitlement, HeldGrant
from scimbridge.directory import audit, differences, grants, grounds, journal, resources, shown
from scimbridge.directory.audit import AuditLine
from scimbridge.directory.engine import Directory
from scimbridge.directory.resources import ResourceRow
from scimbridge.directory.shown import GroupRef
from scimbridge.provisioning.correlate import user_key
from scimbridge.provisioning.entitlements import attribute_entitlements
from scimbridge.provisioning.mapping import Document, is_active, to_account
from scimbridge.provisioning.plan import effective
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.work import load_account, parse_document
from scimbridge.provisioning.writes import not_found

_RECORDED: Mapping[str, str] = {
    grants.HELD: "given by the bridge, confirmed",
    grants.ASSERTED: "being given or taken by the bridge",
    grants.TAKING: "given by hand, being taken for a while",
    grants.FOUND: "given by hand before the account was theirs, being taken for a while",
    grants.SUSPENDED: "given by hand, taken for a while, to be given back",
    grants.REVOKED: "revoked by the bridge a moment ago",
    grants.RESTORED: "given by hand, given back by the bridge a moment ago",
}


_SHOWN: Mapping[str, str] = {
    "user_name": "userName",
    "given_name": "name.givenName",
    "family_name": "name.familyName",
    "display_name": "displayName",
    "email": "emails",
    "active": "active",
}
"""Fields of an account, and the attributes that they come from."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One attribute, as it is desired and as the vendor last showed or took it."""

    attribute: str
    desired: str
    observed: str | None
    """None: there is no account, or what it holds is not known."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One entitlement of a person, and what stands behind it."""

    entitlement: Entitlement
    display_name: str
    """As the vendor's catalogue has it; empty if it is not in there."""
    groups: tuple[str, ...]
    """The display names of the groups that grant it."""
    by_attribute: bool
    """Whether the user's own ``roles`` or ``entitlements`` name it."""
    outranked: bool
    """Wanted, but not given: an account holds one of its kind, and another one ranks higher."""
    recorded: str
    """What the bridge's own record of grants says, in words; empty if nothing."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An operation that is not finished, or that failed last."""

    kind: str
    asked_at: int
    """Milliseconds since the epoch."""
    attempts: int
    failure: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that the directory knows of a person's access at one target."""

    scim_id: str
    user_name: str
    active: bool
    native_id: str | None
    claimed: bool
    """Whether an IdP manages the user; otherwise the account was only seen."""
    converged_at: int
    """When the vendor was last brought to what is desired, in ms since the epoch; 0: never."""
    attributes: tuple[Compared, ...]
    groups: tuple[GroupRef, ...]
    reasons: tuple[Reason, ...]
    differs: tuple[str, ...]
    """What the last reconciliation found, in words."""
    pending: tuple[Pending, ...]
    history: tuple[AuditLine, ...]
    """The audit lines of this person, oldest first."""


def explain(directory: Directory, target: Target, who: str, *, last: int = 20) -> Explanation:
    """``who`` is a userName or a SCIM id; ``last`` bounds the history. Raises `NotFound`."""
    with directory.read() as connection:
        row = _find(connection, target.name, who)
        document = parse_document(row.desired)
        scim_id = str(row.scim_id)
        ways = grounds.of_member(connection, target.name, scim_id)
        return Explanation(
            scim_id=scim_id,
            user_name=document["userName"],
            active=is_active(document),
            native_id=row.native_id,
            claimed=bool(row.claimed),
            converged_at=row.converged_at,
            attributes=tuple(_attributes(row, document)),
            groups=tuple(dict.fromkeys(group for group, _ in ways)),
            reasons=_reasons(connection, target, row, ways),
            differs=differences.of_user(connection, row.pk),
            pending=tuple(
                Pending(each.kind, each.created, each.attempts, str(each.failure.get("detail", "")))
                for each in journal.pending_of(connection, row.pk)
            ),
            history=tuple(audit.lines(connection, target.name, scim_id=scim_id, last=last)),
        )


def observed_grants(target: Target, native_id: str) -> list[HeldGrant]:
    """What the account holds at the vendor now, inherited grants included. Raises `VendorError`."""
    held = target.connector.grants(native_id)
    return sorted(held, key=lambda each: (each.entitlement, each.direct, each.via))


def _attributes(row: ResourceRow, document: Document) -> Iterator[Compared]:
    desired = to_account(document, extension=None)
    observed = None if row.dirty or row.native_id is None else load_account(row.observed)
    for field, name in _SHOWN.items():
        wanted, seen = _text(desired, field), _text(observed, field)
        if wanted or seen:
            yield Compared(name, wanted, None if observed is None else seen)


def _text(account: Account | None, field: str) -> str:
    value = getattr(account, field, "")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reasons(
    connection: Connection,
    target: Target,
    row: ResourceRow,
    ways: list[tuple[GroupRef, grants.Key | None]],
) -> tuple[Reason, ...]:
    catalogue = grants.catalogue(connection, target.name)
    states = grants.of_resources(connection, [row.pk], settling_since=row.converged_at)[row.pk]
    document = parse_document(row.desired)
    named = attribute_entitlements(document, catalogue, states, target=target.name)
    by_groups: dict[Entitlement, list[str]] = {}
    for group, key in ways:
        if key is not None:
            by_groups.setdefault(Entitlement(*key), []).append(group.display)
    recorded = {Entitlement(*key): _RECORDED[state] for key, state in states.items()}
    wanted = frozenset(by_groups) | named
    given = effective(wanted, target.policy)
    return tuple(
        Reason(
            entitlement=each,
            display_name=catalogue.get((each.kind, each.native_id), ("", "", False))[0],
            groups=tuple(by_groups.get(each, ())),
            by_attribute=each in named,
            outranked=each in wanted - given,
            recorded=recorded.get(each, ""),
        )
        for each in sorted(wanted | recorded.keys())
    )


def _find(connection: Connection, target: str, who: str) -> ResourceRow:
    found = resources.find(connection, target, "User", who)
    if found is None or found.confirmed is None:
        named = shown.by_key(connection, target, "User", user_key(who), groups=False)
        found = resources.by_pks(connection, [named[0].pk])[0] if named else None
    if found is None:
        raise not_found("User", who)
    return found
