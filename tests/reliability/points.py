"""The points at which a process can end: around every vendor call and every commit."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from signal import SIGKILL, SIGSTOP
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from sqlalchemy import Connection

from scimbridge.connectors.wire import BoundedAdapter
from scimbridge.directory.engine import Directory


@dataclass
class Fate:
    """Counts the points that this process passes, and ends or stops it at one of them."""

    at: int | None = None
    number: int = SIGKILL
    passed: int = 0
    seen: list[str] = field(default_factory=list)
    _writing: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, at: int | None, number: int = SIGKILL) -> None:
        """Have ``number`` sent at the ``at``-th point from now."""
        self.at, self.number, self.passed, self.seen = at, number, 0, []

    def point(self, name: str) -> None:
        """Something is about to happen, or has just happened."""
        with self._lock:
            self.passed += 1
            self.seen.append(name)
            if self.at is None or self.passed < self.at:
                return
            if self.number == SIGSTOP and self._writing:
                return  # it would hold the database's one lock for writers: the next point will do
            self.at = None
            # To this thread: another one would be stopped first, and this one go on for a while.
            signal.pthread_kill(threading.get_ident(), self.number)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that writes; none begins between the decision to stop and the stop."""
        with self._lock:
            self._writing += 1
        try:
            yield
        finally:
            with self._lock:
                self._writing -= 1


class Line(BaseAdapter):
    """The line to the vendor, with a point before and after each call.

    While the stage is prepared it leads to the simulator in process (``direct``); `connect` has it
    lead to a URL instead.
    """

    def __init__(self, fate: Fate, direct: BaseAdapter) -> None:
        super().__init__()
        self._fate = fate
        self._inner = direct
        self._base: str | None = None
        self.open_transactions = threading.local()

    def connect(self, base: str) -> None:
        """Call the simulator at ``base`` from now on, as the bridge calls a vendor."""
        self._inner = BoundedAdapter()
        self._base = base

    def send(
        self, request: requests.PreparedRequest, *args: Any, **named: Any
    ) -> requests.Response:
        """See `requests.adapters.BaseAdapter.send`."""
        if getattr(self.open_transactions, "count", 0):
            raise AssertionError(f"{request.method} {request.url} within a transaction")
        name = f"{request.method} {urlsplit(str(request.url)).path}"
        self._fate.point(f"before {name}")
        if self._base is not None:
            parts = urlsplit(str(request.url))
            request = request.copy()
            request.url = self._base + parts.path + (f"?{parts.query}" if parts.query else "")
        response = self._inner.send(request, *args, **named)
        self._fate.point(f"after {name}")
        return response

    def close(self) -> None:
        """See `requests.adapters.BaseAdapter.close`."""
        self._inner.close()


def watch_commits(fate: Fate, line: Line) -> None:
    """Have every commit of this process pass two points; vendor calls within one are refused."""
    write, read = Directory.write, Directory.read
    local = line.open_transactions

    @contextmanager
    def counted() -> Iterator[None]:
        local.count = getattr(local, "count", 0) + 1
        try:
            yield
        finally:
            local.count -= 1

    @contextmanager
    def mortal_write(directory: Directory) -> Iterator[Connection]:
        with counted(), fate.writing(), write(directory) as connection:
            yield connection
            fate.point("before a commit")
        fate.point("after a commit")

    @contextmanager
    def watched_read(directory: Directory) -> Iterator[Connection]:
        with counted(), read(directory) as connection:
            yield connection

    Directory.write = mortal_write  # type: ignore[method-assign]
    Directory.read = watched_read  # type: ignore[method-assign]
