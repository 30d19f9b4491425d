"""One person's convergence in progress: loaded from the directory, filled in by the vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection

from scimbridge.connectors.interface import Account, Entitlement
from scimbridge.directory import grants, memberships, resources
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import ScimbridgeError
from scimbridge.provisioning.entitlements import attribute_entitlements
from scimbridge.provisioning.mapping import to_account
from scimbridge.provisioning.plan import (
    Desired,
    Disposition,
    Grant,
    Observed,
    Revoke,
    SetActive,
    Step,
)
from scimbridge.provisioning.targets import Target

ADOPTED_DISABLED = "adopted disabled"
"""The origin of an account that was there, and was disabled."""
_STORED = ("user_name", "given_name", "family_name", "display_name", "email", "active")


@dataclass(slots=True)
class Work:
    """What one pass over one leased user knows and does."""

    row: ResourceRow
    desired: Desired
    observed: Observed
    steps: tuple[Step, ...] = ()
    error: ScimbridgeError | None = None
    gone: bool = False
    """The vendor no longer knows the account that the directory has, or the one that was found is
    not the person's any more; bind another one."""
    unfinished: ScimbridgeError | None = None
    """Why the user cannot be done yet although all steps are."""
    waiting: bool = False
    """There is no account, none can be created, and that is as good as it gets for now."""
    remaining: tuple[str, ...] = ()
    """Access that the steps cannot take away although they should, in words."""
    dropped: frozenset[Entitlement] = frozenset()
    """Given by hand, and recorded by this pass because a vendor call takes it by the way."""
    owed: frozenset[Entitlement] = frozenset()
    """What of that kind is not back yet, as far as is known."""
    swept: frozenset[Entitlement] = frozenset()
    """What else such a call takes and gives again: it may come back after somebody revoked it."""
    log: list[dict[str, object]] = field(default_factory=list)

    @property
    def direct_by_hand(self) -> frozenset[Entitlement]:
        """Direct grants that the bridge did not give, and that last until somebody ends them."""
        observed = self.observed
        direct = (observed.direct or frozenset()) - observed.temporary - observed.echoes
        return direct - self.observed.held - self.observed.uncertain

    @property
    def changing(self) -> dict[str, list[tuple[int, grants.Key]]]:
        """What the steps give or take, as `grants.put` takes it, by the state that means so."""
        given = self._touched(Grant) | self._touched(Revoke) | self.swept
        managed = given & self._managed
        by_hand = self.by_hand(Grant)
        if self.waiting or not self.desired.account.active:
            by_hand |= self.by_hand(Revoke) | self.direct_by_hand
        by_hand |= self.owed
        found = by_hand & (self.observed.found | self.observed.own)
        by_state = {grants.ASSERTED: managed, grants.TAKING: by_hand - found, grants.FOUND: found}
        return {
            state: [(self.row.pk, (item.kind, item.native_id)) for item in sorted(items)]
            for state, items in by_state.items()
        }

    @property
    def given(self) -> frozenset[Entitlement]:
        """What the calls of this pass give, or take by the way and give again."""
        return self._touched(Grant) | self.swept | self.dropped | self.owed

    @property
    def enables(self) -> bool:
        """Whether this pass lets the person in again."""
        return any(isinstance(step, SetActive) and step.active for step in self.steps)

    def by_hand(self, kind: type[Grant] | type[Revoke]) -> frozenset[Entitlement]:
        """What steps of ``kind`` give or take that was not the bridge's to begin with."""
        return self.by_hand_among(self._touched(kind))

    def by_hand_among(self, held: frozenset[Entitlement]) -> frozenset[Entitlement]:
        """What of ``held`` is not the bridge's, and lasts until somebody ends it."""
        return held - self._managed - self.observed.temporary - self.observed.echoes

    @property
    def _managed(self) -> frozenset[Entitlement]:
        observed = self.observed
        return self.desired.entitlements | observed.held | observed.uncertain - observed.suspended

    def _touched(self, kind: type[Grant] | type[Revoke]) -> frozenset[Entitlement]:
        return frozenset(step.entitlement for step in self.steps if isinstance(step, kind))


def load(
    connection: Connection,
    target: Target,
    pks: Sequence[int],
    secrets: Mapping[int, Mapping[str, str]],
    *,
    now: int,
) -> list[Work]:
    """Read everything that planning needs of these users, in a fixed number of queries.

    ``now`` is in milliseconds since the epoch.
    """
    settling_ms = round(target.capabilities.settle_seconds * 1000)
    rows = resources.by_pks(connection, pks)
    ids = [row.scim_id for row in rows if row.scim_id is not None]
    by_groups = memberships.entitlements_of(connection, target.name, ids)
    recorded = grants.of_resources(connection, pks, settling_since=now - settling_ms)
    retired = grants.retired(connection, pks)
    catalogue: Mapping[grants.Key, object] | None = None
    work = []
    for row in rows:
        document = parse_document(row.desired)
        wanted = {Entitlement(*key) for key in by_groups.get(row.scim_id or "", ())}
        if document.get("roles") or document.get("entitlements"):
            if catalogue is None:
                catalogue = grants.catalogue(connection, target.name)
            wanted |= attribute_entitlements(
                document, catalogue, recorded[row.pk], target=target.name
            )
        desired = Desired(
            Disposition(row.disposition),
            to_account(document, extension=target.extension, secrets=secrets.get(row.pk)),
            frozenset(wanted),
        )
        observed = _observed(row, recorded[row.pk], tuple(retired[row.pk]))
        work.append(Work(row, desired, observed))
    return work


def _observed(
    row: ResourceRow, recorded: Mapping[grants.Key, str], retired: tuple[str, ...]
) -> Observed:
    def in_state(*states: str) -> frozenset[Entitlement]:
        return frozenset(Entitlement(*key) for key, state in recorded.items() if state in states)

    trusted = not row.dirty
    held = in_state(grants.HELD)
    return Observed(
        native_id=row.native_id,
        account=load_account(row.observed) if trusted else None,
        held=held if trusted else frozenset(),
        uncertain=in_state(grants.ASSERTED, grants.TAKING, grants.FOUND)
        | (frozenset() if trusted else held),
        suspended=in_state(grants.TAKING, grants.FOUND, grants.SUSPENDED),
        found=in_state(grants.FOUND),
        echoes=in_state(grants.REVOKED),
        restored=in_state(grants.RESTORED),
        retired=retired,
        was_disabled=row.origin == ADOPTED_DISABLED,
    )


def dump_account(account: Account) -> str:
    """The attributes of an account, as the directory stores them; never its secrets."""
    stored: dict[str, Any] = {name: getattr(account, name) for name in _STORED}
    stored["attributes"] = dict(account.attributes)
    return orjson.dumps(stored).decode()


def load_account(text: str | None) -> Account | None:
    """The inverse of `dump_account`."""
    return None if text is None else Account(**orjson.loads(text))


def dump_document(document: Mapping[str, Any]) -> str:
    """A document, as the directory stores it."""
    return orjson.dumps(document).decode()


def parse_document(text: str) -> dict[str, Any]:
    """A stored document."""
    document: dict[str, Any] = orjson.loads(text)
    return document
