"""What is sent to a vendor for one piece of work, for whoever looks into that work later.

An exchange is told by its route, which has no ids in it: no name, no secret and no body is kept.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MOST = 100
"""How many exchanges are kept at a time: the last ones."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to a vendor, and what came back."""

    method: str
    route: str
    status: int | None
    """None: no whole answer came."""
    after_ms: int
    """How long after the beginning of the work it was sent."""
    took_ms: int
    attempt: int
    """1, unless the same call was made before and is repeated."""


class Trace:
    """Collects the exchanges of one piece of work. Safe between threads."""

    def __init__(self, subject: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``subject``: what the work is about, for whoever takes the exchanges."""
        self.subject = subject
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._kept: deque[Exchange] = deque(maxlen=MOST)
        self._made = 0

    @property
    def elapsed_ms(self) -> int:
        """For how long the work has gone on."""
        return round((self._clock() - self._began) * 1000)

    def add(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """Note an exchange that took ``seconds`` and has just ended."""
        took_ms = round(seconds * 1000)
        after_ms = max(0, self.elapsed_ms - took_ms)
        exchange = Exchange(method, route, status, after_ms, took_ms, _attempt.get())
        with self._lock:
            self._kept.append(exchange)
            self._made += 1

    def take(self) -> tuple[list[Exchange], int]:
        """The exchanges since the last time, and how many there were, with those not kept."""
        with self._lock:
            found, made = list(self._kept), self._made
            self._kept.clear()
            self._made = 0
        return found, made


_current: ContextVar[Trace | None] = ContextVar("scimbridge_trace", default=None)
_attempt: ContextVar[int] = ContextVar("scimbridge_attempt", default=1)


@contextmanager
def traced(subject: int) -> Iterator[Trace]:
    """Collect the exchanges of the block, in threads that run in a copy of its context too."""
    trace = Trace(subject)
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def current() -> Trace | None:
    """The trace of the work that goes on here; None outside any."""
    return _current.get()


@contextmanager
def numbered(number: int) -> Iterator[None]:
    """Say of the exchanges of the block that their call is made for the ``number``-th time."""
    token = _attempt.set(number)
    try:
        yield
    finally:
        _attempt.reset(token)
