"""The numbers of a report: how many cases of which client and level ended how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.model import Level, Outcome, Result


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the summary: a client, or all of them together."""

    client: str
    counts: Counter[tuple[Level, Outcome]]

    def ran(self, level: Level) -> int:
        """How many cases of a level were played, exempt ones included."""
        return sum(
            self.counts[level, outcome] for outcome in Outcome if outcome is not Outcome.SKIPPED
        )

    def passed(self, level: Level) -> int:
        """How many cases of a level passed."""
        return self.counts[level, Outcome.PASSED]

    def failed(self, level: Level) -> int:
        """How many cases of a level failed without an exemption."""
        return self.counts[level, Outcome.FAILED]

    def total(self, outcome: Outcome) -> int:
        """How many cases of any level ended so."""
        return sum(n for (_, o), n in self.counts.items() if o is outcome)


def tally(results: Iterable[Result]) -> list[Row]:
    """Return one row for each client, in order of first appearance, and a last one for all."""
    rows: dict[str, Row] = {}
    everyone = Row("All", Counter())
    for result in results:
        row = rows.setdefault(result.info.client, Row(result.info.client, Counter()))
        for counted in (row, everyone):
            counted.counts[result.info.level, result.outcome] += 1
    return [*rows.values(), everyone]


def failures(results: Iterable[Result]) -> list[Result]:
    """Return what failed, MUST first, otherwise in the order of the run."""
    order = list(Level)
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    return sorted(failed, key=lambda result: order.index(result.info.level))


def verdict(conforms: bool, rows: list[Row]) -> str:
    """Return the run's outcome in one sentence."""
    everyone = rows[-1]
    if conforms:
        soft = everyone.failed(Level.SHOULD) + everyone.failed(Level.MAY)
        advice = "recommendation is" if soft == 1 else "recommendations are"
        return "No MUST failed." + (f" {soft} {advice} not followed." if soft else "")
    return f"{everyone.failed(Level.MUST)} of {everyone.ran(Level.MUST)} MUST cases failed."
