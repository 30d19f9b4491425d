"""Reconciliation: what is desired beside what the vendor really has, and mending the difference.

A difference is the plan from a fresh look to the desired state: the same `plan` that serves a
request, so that a report says what enforcing it would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal

from sqlalchemy import Connection

from scimbridge.connectors.interface import Account, HeldGrant
from scimbridge.directory import differences, grants, leases, memberships, resources, shown
from scimbridge.directory.engine import Directory
from scimbridge.directory.resources import ResourceRow, chunks
from scimbridge.errors import ScimError, TemporarilyUnavailable, VendorNotFound
from scimbridge.provisioning.correlate import user_key
from scimbridge.provisioning.execute import describe
from scimbridge.provisioning.mapping import Document, display_of, from_account
from scimbridge.provisioning.operations import Operations
from scimbridge.provisioning.outcome import BRIDGE, Outcomes
from scimbridge.provisioning.pauses import Pauses
from scimbridge.provisioning.plan import (
    CreateAccount,
    Observed,
    SetActive,
    Step,
    UpdateAccount,
    plan,
)
from scimbridge.provisioning.progress import OnProgress, unseen
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.work import (
    Work,
    dump_account,
    dump_document,
    load,
    parse_document,
)

Mode = Literal["report", "enforce", "accept"]

_LOADED_AT_ONCE = 100
LEASE_S = 3600
"""How long a pass over one target may take before another one may start."""

_BUSY = "it changed while it was looked at; the next pass looks again"
_NOT_ACCEPTABLE = (
    "access and logins are not accepted, since nobody can tell which group they should follow; "
    "change them at the IdP, or enforce what it asked for"
)
_PAUSED = "an operator has paused the target"
_TOO_MANY = (
    "{gone} accounts are gone at once, which looks like a wrong tenant or a fault of the vendor; "
    "nothing is done about it. If they really are gone, delete the people at the IdP"
)
_FEW = 3
_SHARE = 0.1
"""How many accounts may be gone at once: the greater of a number and a share of all users."""
_ATTRIBUTES = {
    "given_name": "name",
    "family_name": "name",
    "display_name": "displayName",
    "email": "emails",
    "active": "active",
}
"""Fields of an account to the attributes of the document that they come from."""
_TEXTS = ("given_name", "family_name", "display_name", "email")


@dataclass(frozen=True, slots=True)
class Drift:
    """One user whose account is not as desired."""

    pk: int
    scim_id: str
    user_name: str
    steps: tuple[Step, ...]
    """What brings the account to the desired state."""
    account: Account | None
    """The account as the vendor shows it; None if it is gone."""
    seen: tuple[int, int, int]
    """Generation, time of the last convergence and fence of the user when it was looked at."""
    failure: str = ""
    """Why it could not be mended, if that was tried."""

    @property
    def words(self) -> tuple[str, ...]:
        """The steps, fit for a person."""
        return tuple(describe(step) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Compares the users of one target with the vendor, and mends what differs."""

    target: Target
    directory: Directory
    outcomes: Outcomes
    operations: Operations
    pauses: Pauses
    owner: str
    now: Callable[[], int]

    def run(self, mode: Mode, on_progress: OnProgress = unseen) -> Iterator[Drift]:
        """Go through all users once; yields what differs, after mending it if ``mode`` says so.

        ``enforce`` brings the account to what is desired. ``accept`` takes what the account shows
        for what is desired, where that is a matter of names or of an account that is gone; access
        is never accepted, since which group it should follow from nobody can tell.

        Differences younger than the vendor's settle window and users who are being worked on are
        left for the next pass. ``on_progress`` is told how many users were compared. Raises
        `TemporarilyUnavailable` if another process is at it, and `VendorError` if the vendor cannot
        be read.
        """
        name, now = self.target.name, self.now()
        until = now + LEASE_S * 1000
        with self.directory.write() as connection:
            taken = leases.take_target(connection, name, owner=self.owner, now=now, until=until)
        if not taken:
            raise TemporarilyUnavailable(
                f"another process is reading {name} just now; try again later"
            )
        try:
            found = list(self._differences(on_progress))
            gone = sum(drift.account is None for drift in found)
            for drift in found:
                if drift.account is None and gone > max(_FEW, self._compared() * _SHARE):
                    yield replace(drift, failure=_TOO_MANY.format(gone=gone))
                else:
                    yield self._mend(drift, mode)
            with self.directory.write() as connection:
                differences.note_pass(connection, name, now=now)
        finally:
            with self.directory.write() as connection:
                leases.give_back_target(
                    connection, name, owner=self.owner, until=until, observed_at=None
                )

    def is_due(self) -> bool:
        """Whether the last complete pass is older than ``reconcile_every_s``."""
        with self.directory.read() as connection:
            last = differences.last_pass(connection, self.target.name)
        return last is None or self.now() - last >= self.target.config.reconcile_every_s * 1000

    # --- comparing -------------------------------------------------------------------------

    def _differences(self, on_progress: OnProgress = unseen) -> Iterator[Drift]:
        self.target.connector.find_out()
        with self.directory.read() as connection:
            pks = [
                row.pk
                for row in resources.visible(connection, self.target.name, "User")
                if self._is_comparable(row)
            ]
        if not pks:
            return
        accounts = {account.native_id: account for account in self.target.connector.accounts()}
        number = count(1)
        for chunk in chunks(pks, _LOADED_AT_ONCE):
            with self.directory.read() as connection:
                loaded = load(connection, self.target, chunk, {}, now=self.now())
            found = {}
            for item in loaded:
                found[item.row.pk] = self._compare(item, accounts)
                on_progress(next(number), len(pks))
            with self.directory.write() as connection:
                differences.clear(connection, list(found))
                for pk, drift in found.items():
                    if drift is not None:
                        differences.note(connection, pk, drift.words, now=self.now())
            yield from (drift for drift in found.values() if drift is not None)

    def _compared(self) -> int:
        with self.directory.read() as connection:
            return shown.count(connection, self.target.name, "User")[0]

    def _is_comparable(self, row: ResourceRow) -> bool:
        """Whether the bridge manages the user, and nothing is under way or just done."""
        settled_ms = round(self.target.policy.capabilities.settle_seconds * 1000)
        at_rest = row.settled and not row.dirty and row.lease_owner is None
        return at_rest and 0 < row.converged_at <= self.now() - settled_ms

    def _compare(self, item: Work, accounts: Mapping[str | None, Account]) -> Drift | None:
        """What differs of one user, by a look at the account as it is now."""
        native_id = item.row.native_id
        account, held = accounts.get(native_id), frozenset[HeldGrant]()
        if native_id is not None and account is None:
            # A list may have shifted between its pages; only the account itself is proof.
            account = self.target.connector.read_account(native_id)
        if account is not None and native_id is not None:
            try:
                held = self.target.connector.grants(native_id)
            except VendorNotFound:
                account = None
        item.observed = self._seen(item, account, held)
        steps = plan(item.desired, item.observed, self.target.policy)
        creates = any(isinstance(step, CreateAccount) for step in steps)
        if creates and (native_id is None or not item.desired.account.active):
            return None  # the person is waited for, or is to have no access and has no account
        if not steps:
            return None
        user_name = item.desired.account.user_name
        return Drift(
            item.row.pk, str(item.row.scim_id), user_name, steps, account, _version(item.row)
        )

    def _seen(self, item: Work, account: Account | None, held: frozenset[HeldGrant]) -> Observed:
        direct = frozenset(each.entitlement for each in held if each.direct)
        lasting = {each.entitlement for each in held if each.direct and each.expires is None}
        recorded = item.observed
        # What was revoked within the settle window may still be shown.
        direct -= recorded.echoes
        return replace(
            recorded,
            native_id=None if account is None else recorded.native_id,
            account=None if account is None else _comparable(item.desired.account, account),
            held=recorded.held & direct,
            direct=direct,
            temporary=direct - lasting - recorded.held,
        )

    # --- mending ---------------------------------------------------------------------------

    def _mend(self, drift: Drift, mode: Mode) -> Drift:
        if mode != "report" and self.pauses.is_paused():
            return replace(drift, failure=_PAUSED)
        if mode == "enforce":
            return self._enforce(drift)
        return self._accept(drift) if mode == "accept" else drift

    def _enforce(self, drift: Drift) -> Drift:
        """Have the user converge from scratch, as after a crash."""
        with self.directory.write() as connection:
            row = self._unchanged(connection, drift)
            if row is None:
                return replace(drift, failure=_BUSY)
            if drift.account is None:
                resources.change(connection, row.pk, native_id=None, observed=None)
                grants.doubt(connection, row.pk)
            operation = self.outcomes.request_repair(connection, row, kind="reconcile")
            self._audit(connection, drift, "reconcile wanted")
        try:
            self.operations.see_through(operation)
        except ScimError as error:
            return replace(drift, failure=error.detail)
        with self.directory.write() as connection:
            differences.clear(connection, [drift.pk])
        return drift

    def _accept(self, drift: Drift) -> Drift:
        """Take what the vendor shows for what is desired, as far as that can be told."""
        if drift.account is None and self._is_there_after_all(drift):
            return replace(drift, failure=_BUSY)
        with self.directory.write() as connection:
            row = self._unchanged(connection, drift)
            if row is None:
                return replace(drift, failure=_BUSY)
            if drift.account is None:
                groups = memberships.remove_member(connection, self.target.name, drift.scim_id)
                for group in resources.by_pks(connection, groups):
                    resources.change(connection, group.pk, revision=group.revision + 1)
                self._audit(connection, drift, "reconcile accepted")
                resources.remove(connection, row.pk)
                return drift
            if not all(map(_is_acceptable, drift.steps)):
                return replace(drift, failure=_NOT_ACCEPTABLE)
            document = accepted(parse_document(row.desired), drift.account, drift.steps)
            resources.change(
                connection,
                row.pk,
                desired=dump_document(document),
                confirmed=dump_document(document),
                observed=dump_account(drift.account),
                display=display_of(document),
                revision=row.revision + 1,
                last_modified=self.now(),
            )
            self._audit(connection, drift, "reconcile accepted")
            differences.clear(connection, [row.pk])
        return drift

    def _is_there_after_all(self, drift: Drift) -> bool:
        with self.directory.read() as connection:
            rows = resources.by_pks(connection, [drift.pk])
        ids = [row.native_id for row in rows if row.native_id is not None]
        return any(self.target.connector.read_account(each) is not None for each in ids)

    def _unchanged(self, connection: Connection, drift: Drift) -> ResourceRow | None:
        """The user, unless a request or an observation came in between."""
        rows = resources.by_pks(connection, [drift.pk])
        same = (row for row in rows if self._is_comparable(row) and _version(row) == drift.seen)
        return next(same, None)

    def _audit(self, connection: Connection, drift: Drift, action: str) -> None:
        self.outcomes.audit.append(
            connection,
            BRIDGE,
            target=self.target.name,
            at=self.now(),
            action=action,
            resource_type="User",
            scim_id=drift.scim_id,
            detail={"userName": drift.user_name, "steps": list(drift.words)},
        )


def _is_acceptable(step: Step) -> bool:
    """Whether the vendor may be right: never where it would be to give access.

    Who is enabled again has what the account still holds.
    """
    return isinstance(step, UpdateAccount) or (isinstance(step, SetActive) and step.active)


def accepted(document: Document, account: Account, steps: Iterable[Step]) -> Document:
    """``document`` with what ``account`` shows of the attributes that ``steps`` would change."""
    changed: set[str] = set()
    for step in steps:
        changed |= step.changed if isinstance(step, UpdateAccount) else {"active"}
    shown = from_account(account, extension=None)
    after = dict(document)
    for field, name in _ATTRIBUTES.items():
        if field not in changed:
            continue
        after.pop(name, None)
        if name in shown:
            after[name] = shown[name]
    return after


def _version(row: ResourceRow) -> tuple[int, int, int]:
    return row.generation, row.converged_at, row.fence


def _comparable(wanted: Account, shown: Account) -> Account:
    """``shown`` with only those differences that matter here.

    What the IdP said nothing of is left out, and the vendor's own attributes are: some change by
    themselves, such as a lock.
    """
    unsaid: dict[str, Any] = {name: "" for name in _TEXTS if not getattr(wanted, name)}
    same_login = user_key(shown.user_name) == user_key(wanted.user_name)
    login = wanted.user_name if same_login else shown.user_name
    return replace(shown, **unsaid, user_name=login, attributes=wanted.attributes)
