"""A list that the vendor gives only as a whole, kept for a moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from scimbridge.connectors.deadline import remaining
from scimbridge.errors import VendorUnavailable

T = TypeVar("T")

FRESH_S = 5.0
"""How old a list may be that is only read: about as old as any answer is by the time it is used."""


class Snapshot(Generic[T]):
    """What ``load`` gave last, for up to ``seconds``. Safe between threads: one loads, others wait.

    ``load`` may raise any `VendorError`; nothing is kept then.
    """

    def __init__(
        self, load: Callable[[], T], *, clock: Callable[[], float], seconds: float = FRESH_S
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._clock = clock
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._version = 0
        self._kept: tuple[float, T] | None = None

    def recent(self) -> T:
        """The list as it was ``seconds`` ago or later, and after the last `forget`."""
        left = remaining()
        if not self._turn.acquire(timeout=-1 if left is None else left):
            raise VendorUnavailable("no time was left to wait for the list that is being read")
        try:
            kept = self._kept
            if kept is not None and self._clock() - kept[0] <= self._seconds:
                return kept[1]
            return self.fresh()
        finally:
            self._turn.release()

    def fresh(self) -> T:
        """The list as it is now."""
        version, started = self._version, self._clock()
        value = self._load()
        with self._state:
            if version == self._version:
                self._kept = (started, value)
        return value

    def forget(self) -> None:
        """What is kept, or being read right now, may be out of date."""
        with self._state:
            self._version += 1
            self._kept = None
