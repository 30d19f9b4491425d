"""Telling whoever waits for long work how far it is."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[int, int | None], None]
"""Takes how many are done, and of how many; None where that is not known."""


def unseen(done: int, total: int | None) -> None:
    """Nobody waits."""
