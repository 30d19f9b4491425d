"""The results as a table and as a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.load import Measured
from tests.bench.operations import Operation


@dataclass(frozen=True, slots=True)
class Series:
    """What was measured of one tenant."""

    measured: Mapping[str, Mapping[str, Sequence[Measured]]]
    """Operation to server to its runs."""
    worker_megabytes: Mapping[str, float]
    """Server to the resident memory of its largest worker, after all runs."""

    def rate(self, operation: str, server: str) -> float | None:
        """The median of requests a second; None if that server was not measured."""
        runs = self.measured[operation].get(server)
        return None if runs is None else median(run.rate for run in runs)

    def ratio(self, operation: str, server: str) -> float | None:
        """The rate as a fraction of the ceiling's: the median over the runs, each by itself."""
        runs, ceiling = self.measured[operation].get(server), self.measured[operation]["ceiling"]
        if runs is None:
            return None
        return median(one.rate / other.rate for one, other in zip(runs, ceiling, strict=True))


def machine() -> dict[str, object]:
    """What the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": [round(each, 1) for each in os.getloadavg()],
    }


def table(operations: Sequence[Operation], series: Series) -> str:
    """A Markdown table: rates, and ratios to the ceiling beside the goals."""
    lines = [
        "| operation | goal | bridge/ceiling | peer/ceiling | bridge | ceiling | peer "
        "| bridge p99 | failed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in operations:
        runs = series.measured[each.name]["bridge"]
        failed = (
            f"{name} {sum(run.failed for run in found)}"
            for name, found in series.measured[each.name].items()
            if any(run.failed for run in found)
        )
        cells = [
            each.title,
            "" if each.goal is None else f"{each.goal:.2f}",
            _number(series.ratio(each.name, "bridge"), ".2f"),
            _number(series.ratio(each.name, "peer"), ".3f"),
            *(
                _number(series.rate(each.name, name), ",.0f")
                for name in ("bridge", "ceiling", "peer")
            ),
            f"{median(run.p99_ms for run in runs):.0f} ms",
            ", ".join(failed) or "0",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    memory = ", ".join(f"{name} {size:.0f} MB" for name, size in series.worker_megabytes.items())
    return "\n".join([*lines, "", f"Largest worker: {memory}. Load: {os.getloadavg()[0]:.1f}."])


def plot(operations: Sequence[Operation], by_size: Mapping[int, Series], path: Path) -> None:
    """The cost of each operation against the size, in requests of the ceiling."""
    from matplotlib import pyplot  # the environment of the benchmark alone has it

    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for each in operations:
        ratios = [(size, series.ratio(each.name, "bridge")) for size, series in by_size.items()]
        costs = [(size, 1 / ratio) for size, ratio in ratios if ratio]
        axes.plot(*zip(*costs, strict=True), marker="o", label=each.title)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="users stored, and members of the group",
        ylabel="cost of a request, in requests of the ceiling",
    )
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def _number(value: float | None, style: str) -> str:
    return "" if value is None else format(value, style)
