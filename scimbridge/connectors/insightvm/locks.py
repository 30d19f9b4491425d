"""Waiting for a turn, no longer than the caller's deadline."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scimbridge.connectors.deadline import remaining
from scimbridge.errors import VendorUnavailable


@contextmanager
def held(lock: threading.Lock, reason: str) -> Iterator[None]:
    """Hold ``lock``; raises `VendorUnavailable` with ``reason`` if the deadline comes first."""
    left = remaining()
    if not lock.acquire(timeout=-1 if left is None else left):
        raise VendorUnavailable(reason)
    try:
        yield
    finally:
        lock.release()


class LockPerName:
    """One lock for each name, kept only as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: dict[str, int] = {}
        self._locks: dict[str, threading.Lock] = {}

    @contextmanager
    def held(self, name: str, reason: str) -> Iterator[None]:
        """Hold the lock of ``name``; raises as `held` does."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
            self._users[name] = self._users.get(name, 0) + 1
        try:
            with held(lock, reason):
                yield
        finally:
            with self._lock:
                self._users[name] -= 1
                if not self._users[name]:
                    del self._users[name], self._locks[name]
