"""What a simulator was asked, in the order of arrival."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

_CAPACITY = 20_000


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as it arrived, and the status it was answered with."""

    method: str
    route: str | None
    """The template, such as ``/api/3/users/{id}``; None if the vendor has no such route."""
    path: str
    query: dict[str, list[str]]
    """Every key with all its values in order: vendors differ on repeated keys."""
    content_type: str | None
    user_agent: str | None
    body: str
    """The body as text, without secrets."""
    at: float
    """Epoch seconds of the simulator's clock."""
    status: int | None = None
    """None as long as there is no answer: still under way, or the connection was dropped."""

    def as_dict(self) -> dict[str, Any]:
        """The request as plain JSON."""
        return asdict(self)


class RequestLog:
    """The requests that one simulator has seen, the newest 20,000 of them. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[int, RecordedRequest] = {}
        self._next = 0

    def begin(self, request: RecordedRequest) -> int:
        """Record an arrival; returns the number that `finish` takes."""
        with self._lock:
            number = self._next
            self._next += 1
            self._entries[number] = request
            self._entries.pop(number - _CAPACITY, None)
            return number

    def finish(self, number: int, status: int) -> None:
        """Record the answer, unless the log was cleared in the meantime."""
        with self._lock:
            if number in self._entries:
                self._entries[number] = replace(self._entries[number], status=status)

    def requests(self) -> Sequence[RecordedRequest]:
        """All recorded requests in the order of arrival."""
        with self._lock:
            return tuple(self._entries.values())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
