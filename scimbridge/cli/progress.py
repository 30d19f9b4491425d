"""What is shown while long work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress
from rich.console import Console


class Bar:
    """A bar on standard error, and on a terminal alone; it is gone when the work is done."""

    def __init__(self, words: str) -> None:
        console = Console(stderr=True)
        self._progress = progress.Progress(
            progress.SpinnerColumn(),
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(words, total=None)
        self.done = 0

    def move(self, done: int, total: int | None) -> None:
        """Show that so many are done, of so many; None where that is not known."""
        self.done = done
        self._progress.update(self._task, completed=done, total=total)

    def start(self) -> None:
        """Show the bar."""
        self._progress.start()

    def stop(self) -> None:
        """Take the bar away, before a line is printed over it or at the end."""
        self._progress.stop()


@contextmanager
def bar(words: str) -> Iterator[Bar]:
    """A bar that is shown until the end of the block, or until it is stopped."""
    shown = Bar(words)
    shown.start()
    try:
        yield shown
    finally:
        shown.stop()
