"""The removal budget: how many accounts may lose access before somebody has to look."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from scimbridge.config import TargetConfig
from scimbridge.directory import guards
from scimbridge.directory.guards import GuardRow
from scimbridge.errors import BudgetSpent, Forbidden
from scimbridge.provisioning.mapping import is_active
from scimbridge.provisioning.work import parse_document


@dataclass(frozen=True, slots=True)
class Budget:
    """The budget of one target, counted in the directory."""

    config: TargetConfig
    now: Callable[[], int]
    """Milliseconds since the epoch."""

    def used(self, connection: Connection) -> int:
        """How many accounts lost access within the window."""
        return guards.count(connection, self.config.name, since=self._since())

    def limit(self, row: GuardRow, managed: int) -> int:
        """How many may, if so many accounts are managed."""
        share = int(managed * self.config.removal_budget_percent / 100)
        in_force = self.now() < row.resumed_at + self._window_ms
        allowed = (row.allowance or 0) if in_force else 0
        return max(self.config.removal_budget_accounts, share, allowed)

    def managed(self, connection: Connection) -> int:
        """How many active users an IdP has written to; reads all of them."""
        documents = guards.claimed_users(connection, self.config.name)
        return sum(is_active(parse_document(each)) for each in documents)

    def spend(
        self, connection: Connection, items: Collection[str], *, record: str | None = None
    ) -> None:
        """Count accounts, by their SCIM ids, in the transaction that takes access from them.

        With ``record`` the items are what is taken from that record of the vendor's own.
        Raises `BudgetSpent`, or `Forbidden` if removals are paused; the caller's transaction must
        be rolled back then.
        """
        name, since = self.config.name, self._since()
        row = guards.get(connection, name)
        if row.removals_paused_at is not None:
            raise Forbidden(
                f"removals at {name} are paused until an operator decides: {row.reason}. "
                f"Nothing was changed. {_remedy(name)}"
            )
        new = set(items) - guards.counted(connection, name, items, since=since)
        used = self.used(connection)
        limit = self._limit_for(connection, row, used + len(new))
        if new and used + len(new) > limit:
            raise BudgetSpent(
                f"this would {_what(len(new), record)} at {name}, where {used} of the {limit} "
                f"removals allowed within {self.config.removal_budget_window_s} s "
                "(removal_budget) are used. Nothing was changed, and removals are paused until an "
                f"operator decides. {_remedy(name)}",
                what=_what(len(new), record),
                removals=len(new),
                used=used,
                limit=limit,
                resumed_at=row.resumed_at,
            )
        guards.note(connection, name, items, at=self.now(), forget_until=since)

    def _limit_for(self, connection: Connection, row: GuardRow, wanted: int) -> int:
        """The limit, managed accounts counted once a window and before anything is refused.

        The larger count holds: removals must not shrink the budget that they are taken from.
        """
        fresh = row.managed_at > self._since()
        managed = row.managed if fresh else 0
        if fresh and wanted <= self.limit(row, managed):
            return self.limit(row, managed)
        managed = max(managed, self.managed(connection))
        if not fresh:
            guards.change(connection, row.target, managed=managed, managed_at=self.now())
        return self.limit(row, managed)

    @property
    def _window_ms(self) -> int:
        return self.config.removal_budget_window_s * 1000

    def _since(self) -> int:
        return self.now() - self._window_ms


def _what(number: int, record: str | None) -> str:
    if record is None:
        return f"take access from {number} account{'' if number == 1 else 's'}"
    return f"take {number} value{'' if number == 1 else 's'} from {record}"


def _remedy(name: str) -> str:
    return (
        f"If that is meant, `scimbridge guard resume {name}` lets removals go on, with --allow "
        "for more than the budget"
    )
