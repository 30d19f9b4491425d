"""Time as the simulators see it: epoch seconds, from a function that is passed in."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], float]
"""Returns the seconds since the epoch, UTC; `time.time` in a running simulator."""


class ManualClock:
    """A clock that stands still until it is told otherwise, so that lags are tested at once."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:
        self._now = now

    def __call__(self) -> float:
        """The current time in epoch seconds (2026-01-01T00:00:00Z unless told otherwise)."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        self._now += seconds
