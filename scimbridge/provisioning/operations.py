"""Seeing operations through: in the request that asked, and in the background if that failed."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scimbridge.connectors.deadline import deadline, remaining
from scimbridge.connectors.trace import traced
from scimbridge.directory import journal, passes, resources
from scimbridge.directory.journal import OperationRow
from scimbridge.errors import (
    Forbidden,
    NotYet,
    ScimbridgeError,
    TemporarilyUnavailable,
    VendorDenied,
    VendorError,
    VendorUnavailable,
)
from scimbridge.provisioning.converge import Converger
from scimbridge.provisioning.failures import from_record, is_permanent, to_record, to_scim
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.passes import keep
from scimbridge.provisioning.pauses import Pauses
from scimbridge.provisioning.vendor_groups import VendorGroups
from scimbridge.provisioning.withdrawal import Withdrawal

logger = logging.getLogger(__name__)

UNDO_SECONDS = 5.0
"""How long the request that was refused waits for the undoing; the background does the rest."""

LONGEST_PAUSE_S = 900
"""The most time between two attempts at an operation."""


@dataclass(frozen=True, slots=True)
class Operations:
    """The unfinished work of one target."""

    converger: Converger
    outcomes: Outcomes
    objects: VendorGroups
    pauses: Pauses
    deadline_s: float
    retry_after_s: int
    now: Callable[[], int]

    def see_through(
        self,
        operation_pk: int,
        *,
        seconds: float | None = None,
        secrets: Mapping[int, Mapping[str, str]] | None = None,
    ) -> None:
        """Return once the vendor matches what the operation asked for.

        Raises the `ScimError` that tells the IdP why it does not: a refusal, after which the
        former state is wanted again, or `TemporarilyUnavailable` (or `ServerFault`, if the
        bridge's own credentials are at fault), after which the background goes on.
        """
        seconds = self.deadline_s if seconds is None else seconds
        unsent = {pk: each for pk, each in (secrets or {}).items() if each}
        with traced(operation_pk):
            failures = self._attempt(operation_pk, seconds, unsent)
            operation = self._finished(operation_pk)
            if operation.status == journal.PENDING:
                error = _worst(failures)
                raise self._give_up(operation, error) from error
        if operation.status != journal.DONE:
            raise from_record(operation)
        if unsent:
            self._send(operation, unsent, seconds)

    def _attempt(
        self, operation_pk: int, seconds: float, secrets: dict[int, Mapping[str, str]]
    ) -> dict[int, Exception]:
        """The group's object, the members' accounts, and the object if it is to go after them."""
        operation = self._get(operation_pk)
        if operation.resource_type == "User":
            return self.converger.converge(
                [operation.resource_pk],
                seconds=seconds,
                done=lambda: self._is_over(operation_pk),
                secrets=secrets,
            )
        failures = self._converge_object(operation_pk, seconds)
        if not failures:
            failures = self.converger.converge(
                self._accounts(operation_pk),
                seconds=seconds,
                # A group whose object goes last is not over, with nobody left to wait for.
                done=lambda: self._is_over(operation_pk) or not self._accounts(operation_pk),
                secrets=secrets,
            )
        return failures or self._converge_object(operation_pk, seconds)

    def _send(
        self, operation: OperationRow, secrets: Mapping[int, Mapping[str, str]], seconds: float
    ) -> None:
        """Converge once more with what whoever carried out the operation did not have."""
        with self.outcomes.directory.write() as connection:
            rows = resources.by_pks(connection, [operation.resource_pk])
            repairs = [
                self.outcomes.request_repair(connection, row, kind="secrets") for row in rows
            ]
        with deadline(seconds):
            for repair in repairs:  # none if the user was deleted meanwhile
                self.see_through(repair, seconds=remaining(), secrets=secrets)

    def _converge_object(self, operation_pk: int, seconds: float) -> dict[int, Exception]:
        """Do what the group's own object at the vendor needs; the failure, if there is one."""
        operation = self._get(operation_pk)
        if operation.status != journal.PENDING:
            return {}
        members_left = bool(self._accounts(operation_pk))
        try:
            with deadline(seconds):
                self.objects.converge(operation, seconds=seconds, members_left=members_left)
        except VendorError as error:
            return {operation.resource_pk: error}
        return {}

    def _give_up(self, operation: OperationRow, error: Exception | None) -> ScimbridgeError:
        answer = to_scim(
            error or TemporarilyUnavailable("the vendor took too long; the change goes on"),
            retry_after=self.retry_after_s,
        )
        withdrawable = (
            not operation.removal
            or isinstance(error, Forbidden)
            or self._changes_the_group(operation)
        )
        if error is not None and is_permanent(error) and withdrawable and operation.kind != "undo":
            undo = Withdrawal(self.outcomes).withdraw(operation.pk, answer, status=journal.FAILED)
            if undo is not None:
                with traced(undo):
                    self._attempt(undo, UNDO_SECONDS, {})
                self._is_over(undo)
            return answer
        wait = getattr(answer, "retry_after", self.retry_after_s)
        with self.outcomes.directory.write() as connection:
            journal.postpone(
                connection,
                operation.pk,
                next_attempt=self.now() + 1000 * _pause(operation.attempts, wait),
                error=to_record(answer),
            )
            keep(connection, now=self.now())
            passes.trim(connection, operation.pk)
        return answer

    def _changes_the_group(self, operation: OperationRow) -> bool:
        """Whether a refusal refuses more than a removal: a new name or attributes, as a whole."""
        if operation.resource_type != "Group" or operation.kind not in ("patch", "replace"):
            return False
        with self.outcomes.directory.read() as connection:
            (row,) = resources.by_pks(connection, [operation.resource_pk])
        return operation.generation > row.confirmed_generation

    def _is_over(self, operation_pk: int) -> bool:
        return self._finished(operation_pk).status != journal.PENDING

    def _finished(self, operation_pk: int) -> OperationRow:
        """The operation, which is over if its accounts have converged."""
        operation = self._get(operation_pk)
        if operation.status != journal.PENDING or operation.resource_type == "User":
            return operation
        self.outcomes.finish_group(operation_pk)
        return self._get(operation_pk)

    def _accounts(self, operation_pk: int) -> list[int]:
        with self.outcomes.directory.read() as connection:
            return self.outcomes.waits_for(connection, journal.get(connection, operation_pk))

    def _get(self, operation_pk: int) -> OperationRow:
        with self.outcomes.directory.glance() as connection:
            return journal.get(connection, operation_pk)

    # --- in the background -----------------------------------------------------------------

    def recover(self, *, limit: int = 100) -> int:
        """Try what is due again: after crashes, outages and deadlines. Returns how many were due.

        Any number of processes may do this at once; leases keep them apart. Nothing is done while
        an operator has the target paused. Paused removals do not hold what was accepted before.
        While the vendor is ill one operation at a time shows whether it still is: the rest waits.
        """
        target = self.outcomes.target
        with self.outcomes.directory.read() as connection:
            due = journal.due(connection, target.name, now=self.now(), limit=limit)
            crowded = passes.too_many(connection)
        if crowded:
            with self.outcomes.directory.write() as connection:
                passes.prune(connection)
        for operation in due:
            if self.pauses.is_paused():
                break
            age_s = (self.now() - operation.created) / 1000
            if age_s > target.config.abandon_after_s and not operation.removal:
                self._abandon(operation)
                continue
            with self.outcomes.directory.write() as connection:
                journal.take_over(connection, operation.pk)
            try:
                self.see_through(operation.pk)
            except ScimbridgeError as answer:
                # Recorded in the journal with the time of the next attempt, and shown there.
                if _is_ill(answer.__cause__):
                    self._spare_the_vendor(answer)
                    break
            except Exception as error:  # a fault of ours must not keep the others from their turn
                logger.exception("operation %s failed", operation.pk)
                self._give_up(operation, error)
        return len(due)

    def _spare_the_vendor(self, answer: ScimbridgeError) -> None:
        """Hundreds of attempts a minute would keep a vendor down that is hardly up again."""
        told = getattr(answer, "retry_after", 0)
        wait = min(LONGEST_PAUSE_S, max(self.retry_after_s, told))
        with self.outcomes.directory.write() as connection:
            journal.hold(connection, self.outcomes.target.name, until=self.now() + 1000 * wait)

    def _abandon(self, operation: OperationRow) -> None:
        last = operation.failure.get("detail", "it was never tried")
        error = TemporarilyUnavailable(
            f"given up after {self.outcomes.target.config.abandon_after_s} s "
            f"(abandon_after_s); last failure: {last}"
        )
        Withdrawal(self.outcomes).withdraw(operation.pk, error, status=journal.ABANDONED)


def _is_ill(error: BaseException | None) -> bool:
    """Whether the failure is one that other operations would meet as well."""
    return isinstance(error, VendorUnavailable | VendorDenied) and not isinstance(error, NotYet)


def _worst(failures: Mapping[int, Exception]) -> Exception | None:
    """The failure to answer with: a refusal before an outage, since waiting will not help it."""
    ordered = sorted(failures.values(), key=is_permanent, reverse=True)
    return ordered[0] if ordered else None


def _pause(attempts: int, first: float) -> int:
    """Seconds until the next attempt: doubling, with jitter, never above the longest pause."""
    longest: float = min(LONGEST_PAUSE_S, first * 2 ** min(attempts, 10))
    return max(1, round(longest * random.uniform(0.5, 1.0)))  # noqa: S311 - spreads the load
