"""What is the same in every process, since it is read from the directory at each scrape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from scimbridge.provisioning.status import Status

_MS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class StatusGauges:
    """A collector of the library's, which hashes it, over how each target stands."""

    statuses: tuple[Status, ...]
    now: int
    """Milliseconds since the epoch."""

    def collect(self) -> Iterator[Metric]:
        """The gauges, for a registry of the library."""
        yield self._gauge(
            "paused",
            "1 if an operator paused all writes, or removals wait for a decision",
            "what",
            [
                (each, what, float(at is not None))
                for each in self.statuses
                for what, at in (
                    ("writes", each.standing.paused_at),
                    ("removals", each.standing.removals_paused_at),
                )
            ],
        )
        bounded = [each for each in self.statuses if each.standing.limit is not None]
        yield self._gauge(
            "removal_budget_used",
            "Accounts that lost access within the window",
            None,
            [(each, "", each.standing.used) for each in bounded],
        )
        yield self._gauge(
            "removal_budget_limit",
            "Accounts that may lose access within the window, by the last count of those managed",
            None,
            [(each, "", each.standing.limit) for each in bounded],
        )
        yield self._gauge(
            "unfinished",
            "Accepted operations that are not carried out yet, and those of them that take access",
            "what",
            [
                (each, what, number)
                for each in self.statuses
                for what, number in (
                    ("changes", each.backlog.changes),
                    ("removals", each.backlog.removals),
                )
            ],
        )
        yield self._gauge(
            "unfinished_oldest_seconds",
            "For how long the oldest of them waits; 0 if none does",
            "what",
            [
                (each, what, self._age(since))
                for each in self.statuses
                for what, since in (
                    ("changes", each.backlog.oldest),
                    ("removals", each.backlog.oldest_removal),
                )
            ],
        )
        yield self._gauge(
            "resources",
            "Users and groups that readers see",
            "type",
            [
                (each, kind, number)
                for each in self.statuses
                for kind, number in sorted(each.resources.items())
            ],
        )
        yield self._gauge(
            "differences",
            "Accounts that were not as the IdP asked when last compared",
            None,
            [(each, "", each.differences) for each in self.statuses],
        )
        yield self._gauge(
            "observe_every_seconds",
            "How often the whole tenant is to be read",
            None,
            [(each, "", each.observe_every_s) for each in self.statuses],
        )
        for name, help_text, field in (
            ("observed", "When the whole tenant was last read, if ever", "observed_at"),
            ("reconciled", "When all accounts were last compared", "reconciled_at"),
            ("token_expires", "When the last token in force expires", "token_expires"),
        ):
            known = [(each, getattr(each, field)) for each in self.statuses]
            yield self._gauge(
                f"{name}_timestamp_seconds",
                help_text,
                None,
                [(each, "", at / _MS) for each, at in known if at is not None],
            )

    def _gauge(
        self,
        name: str,
        help_text: str,
        label: str | None,
        values: Sequence[tuple[Status, str, float | None]],
    ) -> Metric:
        labels = ("target",) if label is None else ("target", label)
        gauge = GaugeMetricFamily(f"scimbridge_{name}", help_text, labels=labels)
        for each, what, value in values:
            gauge.add_metric((each.target, what)[: len(labels)], float(value or 0))
        return gauge

    def _age(self, since: int | None) -> float:
        return 0.0 if since is None else max(0, self.now - since) / _MS
