"""What one process lets a caller take: failed calls of an address, and requests at a time."""

from __future__ import annotations

import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_MOST_KEYS: Final = 10_000
"""Counted at a time; the one that failed longest ago is forgotten first."""


@dataclass(slots=True)
class Failures:
    """Counts failures by key: ``burst`` are free, then one each ``seconds``.

    Safe between threads, and bounded in memory whatever keys an attacker makes up.
    """

    burst: int
    seconds: int
    now: Callable[[], int]
    """Milliseconds since the epoch."""
    _forgotten_at: OrderedDict[str, int] = field(default_factory=OrderedDict)
    """When all failures of a key will have been paid for, in the same milliseconds."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, key: str) -> int:
        """Count one failure; the whole seconds until one is free again, 0 if this one was."""
        now, each = self.now(), self.seconds * 1000
        with self._lock:
            # A clock that was set back must make nobody wait for longer than a full burst.
            owed = min(max(self._forgotten_at.pop(key, now) - now, 0), self.burst * each)
            late = owed - (self.burst - 1) * each
            self._forgotten_at[key] = now + owed + (each if late <= 0 else 0)
            if len(self._forgotten_at) > _MOST_KEYS:
                self._forgotten_at.popitem(last=False)
        return math.ceil(max(late, 0) / 1000)


@dataclass(slots=True)
class Slots:
    """How many requests of each target are served at a time. Safe between threads."""

    _taken: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, target: str, limit: int) -> bool:
        """Take a slot, to be given back with `give`; False if ``limit`` are taken."""
        with self._lock:
            if self._taken[target] >= limit:
                return False
            self._taken[target] += 1
            return True

    def give(self, target: str) -> None:
        """Give a slot back."""
        with self._lock:
            self._taken[target] -= 1
