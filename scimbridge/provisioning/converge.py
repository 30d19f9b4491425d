"""Convergence: bringing the vendor to what the directory says is desired.

The same code runs for a live request, for the repetition of one that failed and for what a crash
left behind. Nothing here relies on how far an earlier attempt came: it starts from the desired
state and from what is recorded as observed, and every step can be repeated.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scimbridge.connectors.deadline import deadline, remaining
from scimbridge.connectors.dropped import keeping
from scimbridge.connectors.interface import Entitlement, HeldGrant
from scimbridge.directory import grants, leases
from scimbridge.directory.engine import Directory
from scimbridge.errors import AccessRemains, ScimError, Uniqueness, VendorError, VendorNotFound
from scimbridge.provisioning.correlation import Correlation
from scimbridge.provisioning.execute import describe, execute
from scimbridge.provisioning.keeper import Keeper
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.plan import (
    CreateAccount,
    DeleteAccount,
    Disposition,
    Step,
    UpdateAccount,
    needs_direct_grants,
    plan,
    takes_all_access,
)
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.work import Work, load

_POLL_S = (0.004, 0.03)
_TOGETHER = 100
"""The most people in one pass."""
_IN_DOUBT = 10
"""The most of those of whom nothing is certain: all their steps are taken again, one after another.
Of a larger pass nobody might be done when the deadline comes, at each attempt anew."""


@dataclass(frozen=True, slots=True)
class Converger:
    """Converges the users of one target. Safe between threads, processes and replicas."""

    target: Target
    directory: Directory
    outcomes: Outcomes
    owner: str
    """Names this process in leases."""
    now: Callable[[], int]
    """Milliseconds since the epoch."""
    pause: Callable[[float], None] = field(default=time.sleep)

    def converge(
        self,
        pks: Sequence[int],
        *,
        seconds: float,
        done: Callable[[], bool],
        secrets: dict[int, Mapping[str, str]] | None = None,
    ) -> dict[int, Exception]:
        """Work on those of ``pks`` that are unsettled until ``done()`` or ``seconds`` are over.

        Users on whom somebody else works are waited for. Returns the failures by primary key; a
        user with a failure is not tried again within the call. What is left in ``secrets`` was not
        sent: nobody else has it, and somebody else may have done all the rest.
        """
        secrets = {} if secrets is None else secrets
        failures: dict[int, Exception] = {}
        with deadline(seconds):
            try:
                self.target.connector.find_out()
            except VendorError as error:
                return dict.fromkeys(pks, error)
            began = False
            while not done():
                pending = [pk for pk in pks if pk not in failures]
                if began and len(pending) > _IN_DOUBT and not remaining():
                    break  # the next pass would end nothing, and leave its people in doubt
                leased = self._lease(pending, seconds) if pending else []
                if leased:
                    began = True
                    failures.update(self._pass(leased, secrets))
                elif not pending or not remaining() or (failures and not self._waits_for(pending)):
                    break
                else:
                    self.pause(random.uniform(*_POLL_S))  # noqa: S311 - spreads the waiting
        return failures

    def _waits_for(self, pks: Sequence[int]) -> bool:
        """Whether somebody else is at one of these users; all others are done."""
        with self.directory.read() as connection:
            return leases.any_unsettled(connection, pks)

    def _lease(self, pks: Sequence[int], seconds: float) -> list[int]:
        """Lease the first of ``pks`` that are free; who is left has the next pass."""
        if len(pks) > _IN_DOUBT:
            with self.directory.read() as connection:
                certain, doubtful = leases.free(connection, pks, now=self.now())
            pks = certain[:_TOGETHER] or doubtful[:_IN_DOUBT]
            if not pks:
                return []
        until = self.now() + round((seconds + leases.LEASE_MARGIN_S) * 1000)
        with self.directory.write() as connection:
            return leases.take(connection, pks, owner=self.owner, now=self.now(), until=until)

    def _pass(
        self, pks: Sequence[int], secrets: dict[int, Mapping[str, str]]
    ) -> dict[int, Exception]:
        with self.directory.read() as connection:
            work = load(connection, self.target, pks, secrets, now=self.now())
        self._bind(work)
        for item in work:
            self._plan(item)
        self._record_intent(work)
        with keeping(Keeper(self.directory, {item.row.native_id: item for item in work})):
            execute(self.target.connector, work)
        for item in work:
            item.error = item.error or item.unfinished
            if item.remaining and item.error is None and not item.gone:
                item.error = AccessRemains(
                    f"{item.desired.account.user_name} still has {', '.join(item.remaining)}, "
                    "which the bridge cannot take away; remove it in the vendor's console"
                )
        self.outcomes.conclude(work)
        for item in work:
            if item.error is None and not item.gone:
                secrets.pop(item.row.pk, None)
        return {item.row.pk: item.error for item in work if item.error is not None}

    def _bind(self, work: list[Work]) -> None:
        """Find or create the missing accounts, find out about those that are not wanted any more,
        and reload those users: their plan has changed."""
        correlation = Correlation(self.target, self.directory, self.now)
        changed: dict[int, Work] = {}
        for item in work:
            steps = plan(item.desired, item.observed, self.target.policy)
            creation = next((step for step in steps if isinstance(step, CreateAccount)), None)
            if others := correlation.other_attempts(item, creation):
                try:
                    correlation.end_attempts(item, others)
                except (VendorError, Uniqueness) as error:
                    # Whatever needs no new account is done all the same.
                    item.unfinished = error
                    item.error = None if creation is None else error
                    continue
                changed[item.row.pk] = item
            if creation is None:
                continue
            try:
                self.target.guard.check_steps(item.desired.account.user_name, steps)
            except ScimError as error:
                item.error = error
                continue
            correlation.bind(item, creation)
            if item.error is not None:
                item.log.append({"step": describe(creation), "error": str(item.error)})
            elif not (item.waiting or item.gone):
                changed[item.row.pk] = item
        if not changed:
            return
        secrets = {pk: item.desired.account.secrets for pk, item in changed.items()}
        with self.directory.read() as connection:
            again = load(connection, self.target, list(changed), secrets, now=self.now())
        for fresh in again:
            item = changed[fresh.row.pk]
            item.row, item.desired, item.observed = fresh.row, fresh.desired, fresh.observed

    def _plan(self, item: Work) -> None:
        if item.error is not None or item.gone:
            return
        try:
            if needs_direct_grants(item.desired, item.observed, self.target.policy):
                self._read_direct_grants(item)
            steps = plan(item.desired, item.observed, self.target.policy)
            if item.waiting:
                # Without an account nothing is given, but an old one still has to lose all.
                steps = tuple(step for step in steps if _ends(step, item))
            self.target.guard.check_steps(item.desired.account.user_name, steps)
            item.steps = steps
            item.gone = not steps and self._is_gone(item)
        except (VendorError, ScimError) as error:
            item.error = error

    def _is_gone(self, item: Work) -> bool:
        """Whether an account that is wanted, and of which nothing is certain, is not there.

        No step finds that out where the vendor stores nothing that the bridge writes.
        """
        wanted = item.desired.disposition is Disposition.PRESENT and item.desired.account.active
        native_id = item.observed.native_id
        if not wanted or native_id is None or item.observed.account is not None:
            return False
        return self.target.connector.read_account(native_id) is None

    def _read_direct_grants(self, item: Work) -> None:
        held: set[HeldGrant] = set()
        own: set[Entitlement] = set()
        ending: set[HeldGrant] = set()
        everything = takes_all_access(item.desired)
        moves = item.row.renamed and not self.target.policy.capabilities.can_rename_accounts
        steps = plan(item.desired, item.observed, self.target.policy)
        deleted = {step.native_id for step in steps if isinstance(step, DeleteAccount)}
        for native_id in filter(None, [item.observed.native_id, *item.observed.retired]):
            try:
                found = self.target.connector.grants(native_id)
            except VendorNotFound:
                continue  # gone, and its access with it; the steps find out what that means
            held |= found
            if moves and native_id == item.observed.native_id:
                own = {grant.entitlement for grant in found if grant.direct and not grant.expires}
            if native_id not in deleted and (everything or native_id in item.observed.retired):
                ending |= found
        direct = frozenset(grant.entitlement for grant in held if grant.direct)
        lasting = {grant.entitlement for grant in held if grant.direct and grant.expires is None}
        known = item.observed.held | item.observed.uncertain | item.observed.restored
        item.observed = replace(
            item.observed,
            direct=direct | item.observed.restored,
            temporary=direct - lasting - known,
            own=frozenset(own) - item.observed.held - item.observed.uncertain,
        )
        # What comes through a group or a parent tenant survives every revocation of ours.
        item.remaining = tuple(
            sorted(
                f"{grant.entitlement} through {grant.via or 'another tenant or group'}"
                for grant in ending
                if not grant.direct and grant.source not in direct
            )
        )

    def _record_intent(self, work: Sequence[Work]) -> None:
        """Write down which grants are about to change hands, before the first call is sent."""
        changing = [item.changing for item in work if item.error is None]
        for state in (grants.ASSERTED, grants.TAKING, grants.FOUND):
            rows = [row for each in changing for row in each[state]]
            if rows:
                with self.directory.write() as connection:
                    grants.put(connection, state, rows)


def _ends(step: Step, item: Work) -> bool:
    """Whether a step takes something from an account that is being replaced."""
    if isinstance(step, CreateAccount | UpdateAccount):
        return False
    return step.native_id in item.observed.retired
