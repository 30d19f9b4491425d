"""Pausing a target: by an operator as a whole, or its removals because their budget was spent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from scimbridge.directory import guards
from scimbridge.directory.audit import AuditLog
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller
from scimbridge.errors import BudgetSpent, TemporarilyUnavailable
from scimbridge.provisioning.budget import Budget

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one target stands. Times are milliseconds since the epoch."""

    target: str
    paused_at: int | None
    """Since when every write waits."""
    removals_paused_at: int | None
    """Since when removals are refused."""
    reason: str | None
    """What had removals paused."""
    used: int
    """How many accounts lost access within the window."""
    limit: int | None
    """How many may; None if that is not bounded."""
    window_s: int


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses of one target. They are kept in the directory: every process sees them at once."""

    directory: Directory
    audit: AuditLog
    budget: Budget
    retry_after_s: int
    now: Callable[[], int]

    @property
    def name(self) -> str:
        """The target's name."""
        return self.budget.config.name

    def is_paused(self) -> bool:
        """Whether an operator has every change of the vendor wait."""
        with self.directory.read() as connection:
            return guards.get(connection, self.name).paused_at is not None

    def require_running(self) -> None:
        """Raise `TemporarilyUnavailable` while an operator has the target paused."""
        with self.directory.read() as connection:
            self._require_running(connection)

    def _require_running(self, connection: Connection) -> None:
        if guards.get(connection, self.name).paused_at is not None:
            raise TemporarilyUnavailable(
                f"an operator has paused {self.name}, and nothing was changed; the request is "
                f"taken again after `scimbridge guard resume {self.name}`",
                retry_after=self.retry_after_s,
            )

    def standing(self, *, recount: bool = True) -> Standing:
        """How the target stands; without ``recount`` by the accounts that were counted last."""
        with self.directory.read() as connection:
            row = guards.get(connection, self.name)
            managed = self.budget.managed(connection) if recount else 0
            used = self.budget.used(connection)
        limit = self.budget.limit(row, max(row.managed, managed))
        config = self.budget.config
        return Standing(
            target=self.name,
            paused_at=row.paused_at,
            removals_paused_at=row.removals_paused_at,
            reason=row.reason,
            used=used,
            limit=limit if config.removal_budget else None,
            window_s=config.removal_budget_window_s,
        )

    def pause(self, caller: Caller) -> None:
        """Have every write wait and the background hold, until `resume`."""
        with self.directory.write() as connection:
            row = guards.get(connection, self.name)
            guards.change(connection, self.name, paused_at=row.paused_at or self.now())
            self._note(connection, caller, "target paused")

    def resume(self, caller: Caller, *, allow: int | None = None) -> None:
        """End both pauses, and begin a new window in which ``allow`` accounts may lose access."""
        with self.directory.write() as connection:
            before = guards.get(connection, self.name)
            guards.change(
                connection,
                self.name,
                paused_at=None,
                removals_paused_at=None,
                reason=None,
                # Never the same twice, so that a late trip is told from a new one.
                resumed_at=max(self.now(), before.resumed_at + 1),
                allowance=allow,
            )
            guards.forget(connection, self.name)
            self._note(connection, caller, "target resumed", allow=allow, reason=before.reason)

    @contextmanager
    def intent(self, caller: Caller) -> Iterator[Connection]:
        """The transaction of a request's intent, which waits while the target is paused.

        One beyond the removal budget leaves removals paused.
        """
        with self.bounded(caller) as connection:
            self._require_running(connection)
            yield connection

    @contextmanager
    def bounded(self, caller: Caller) -> Iterator[Connection]:
        """A transaction that is held to the removal budget, paused or not."""
        try:
            with self.directory.write() as connection:
                yield connection
        except BudgetSpent as error:
            self.trip(caller, error)
            raise

    def trip(self, caller: Caller, error: BudgetSpent) -> None:
        """Pause removals after ``error``, unless somebody did or an operator decided meanwhile."""
        asked = f"{caller.actor} asked to {error.what}"
        reason = f"{asked}, with {error.used} of {error.limit} used (request {caller.request_id})"
        with self.directory.write() as connection:
            row = guards.get(connection, self.name)
            if row.removals_paused_at is not None or row.resumed_at != error.resumed_at:
                return
            guards.change(connection, self.name, removals_paused_at=self.now(), reason=reason)
            self._note(
                connection,
                caller,
                "removals paused",
                removals=error.removals,
                used=error.used,
                limit=error.limit,
            )
        logger.error("removals at %s are paused: %s", self.name, reason)

    def _note(self, connection: Connection, caller: Caller, action: str, **detail: object) -> None:
        self.audit.append(
            connection,
            caller,
            target=self.name,
            at=self.now(),
            action=action,
            resource_type="Target",
            scim_id=None,
            detail=detail,
        )
