"""What the terminal shows while a run goes on and when it is over."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich import progress as bars
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.model import Level, Outcome, Result, Run
from conformance.report.tally import failures, tally, verdict


class Progress:
    """A bar that moves with each result, and a line for each failure."""

    def __init__(self, console: Console, *, total: int) -> None:
        self._console = console
        self._bar = bars.Progress(
            bars.SpinnerColumn(),
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("transcripts", total=total)

    def __enter__(self) -> Progress:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

    def step(self, result: Result) -> None:
        """Count one result."""
        self._bar.advance(self._task)
        if result.outcome is Outcome.FAILED:
            line = Text(f"{result.info.level.name:<6} {result.info.id}: {result.problems[0]}")
            line.stylize("red" if result.info.level is Level.MUST else "yellow", 0, 6)
            self._console.print(line, soft_wrap=True)

    def announce(self, name: str) -> None:
        """Say what runs now."""
        self._bar.update(self._task, description=name)


def print_summary(run: Run, folder: Path, console: Console) -> None:
    """Print the summary table, the verdict and where the reports are."""
    rows = tally(run.results)
    table = Table(title=f"SCIM conformance of {run.url}", title_justify="left")
    table.add_column("Client")
    for name in ("MUST", "SHOULD", "MAY", "Exempt", "Skipped"):
        table.add_column(name, justify="right")
    for row in rows:
        if row is rows[-1]:
            table.add_section()
        grades = [f"{row.passed(level)} / {row.ran(level)}" for level in Level]
        ends = [str(row.total(outcome)) for outcome in (Outcome.EXEMPT, Outcome.SKIPPED)]
        table.add_row(row.client, *grades, *ends)
    console.print(table)
    console.print(verdict(run.conforms, rows), style="green" if run.conforms else "bold red")
    for path in run.left_behind:
        console.print(f"left behind on the server: {path}", style="yellow")
    if failures(run.results):
        console.print("Each failure with its request and response:")
    console.print(f"{folder / 'conformance.html'}, {folder / 'conformance.md'}", soft_wrap=True)
