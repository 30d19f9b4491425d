"""Failures that a simulator is told to produce, and the latency it is told to have."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scimbridge.errors import ConfigError

_KEYS = {
    "match",
    "status",
    "body",
    "hang_s",
    "drip_s",
    "truncate",
    "drop",
    "when",
    "count",
    "headers",
}
_HARMFUL = ("status", "hang_s", "drip_s", "truncate", "drop", "headers")


class ConnectionDropped(Exception):
    """The simulated vendor closes the connection: transports send nothing, or nothing more."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, and the requests it befalls."""

    method: str = "*"
    route: str = "*"
    """A route template as the request log shows it, or ``*`` for any path at all."""
    status: int | None = None
    """Answer with this status instead."""
    body: Any = None
    """With ``status``: text as it is, all else as JSON; None for the vendor's own error body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Set on the answer, whichever it is."""
    hang_s: float = 0.0
    """Seconds in which nothing happens."""
    drip_s: float = 0.0
    """Seconds before each byte of the body: never silent for long, and never done."""
    truncate: bool = False
    """Close the connection in the middle of the body, which said how long it would be."""
    drop: bool = False
    """Close the connection without an answer."""
    when: Literal["before", "after"] = "before"
    """Fail before the request has its effect, or after it."""

    def befalls(self, method: str, route: str | None) -> bool:
        """Whether a request of this method and route template is meant."""
        return self.method in ("*", method) and self.route in ("*", route)


class FaultPlan:
    """The faults that are still to happen. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[tuple[Fault, int]] = []
        self.latency_s = 0.0
        """Seconds by which every answer is late."""

    def add(self, fault: Fault, *, count: int = 1) -> None:
        """Let ``fault`` befall the next ``count`` requests that it matches."""
        with self._lock:
            self._planned.append((fault, count))

    def take(self, method: str, route: str | None) -> Fault | None:
        """The oldest fault that befalls this request, used up by one; None if there is none."""
        with self._lock:
            for position, (fault, count) in enumerate(self._planned):
                if fault.befalls(method, route):
                    self._planned[position : position + 1] = [(fault, count - 1)][: count - 1]
                    return fault
        return None

    def clear(self) -> None:
        """Nothing fails any more; the latency stays."""
        with self._lock:
            self._planned.clear()

    def reset(self) -> None:
        """Nothing fails any more and nothing is late."""
        self.clear()
        self.latency_s = 0.0


def parse_fault(raw: Any) -> tuple[Fault, int]:
    """The fault that a JSON object describes, and how many times it is to happen.

    Raises `ConfigError` naming every mistake.
    """
    if not isinstance(raw, dict):
        raise ConfigError(f"a fault is a JSON object, not {raw!r}")
    method, _, route = str(raw.get("match", "* *")).partition(" ")
    problems = list(_problems(raw, route))
    if problems:
        raise ConfigError(*problems)
    fault = Fault(
        method=method,
        route=route,
        status=raw.get("status"),
        body=raw.get("body"),
        headers=raw.get("headers", {}),
        hang_s=raw.get("hang_s", 0.0),
        drip_s=raw.get("drip_s", 0.0),
        truncate=raw.get("truncate", False),
        drop=raw.get("drop", False),
        when=raw.get("when", "before"),
    )
    return fault, raw.get("count", 1)


def _problems(raw: dict[str, Any], route: str) -> list[str]:
    status, headers = raw.get("status"), raw.get("headers", {})
    count = raw.get("count", 1)
    checks = (
        (not set(raw) <= _KEYS, f"unknown keys {sorted(set(raw) - _KEYS)}; known: {sorted(_KEYS)}"),
        (not route, f"'match' is {raw.get('match')!r}; write 'METHOD /route/template', * for any"),
        (
            not set(raw).intersection(_HARMFUL),
            f"a fault needs one of: {', '.join(_HARMFUL)}",
        ),
        (
            not (status is None or (isinstance(status, int) and 200 <= status <= 599)),
            f"'status' is {status!r}; give an HTTP status from 200 to 599",
        ),
        (not isinstance(headers, dict), f"'headers' is {headers!r}; give an object of strings"),
        *(
            (
                not isinstance(raw.get(name, 0), int | float) or raw.get(name, 0) < 0,
                f"{name!r} is {raw.get(name)!r}; give seconds, 0 or more",
            )
            for name in ("hang_s", "drip_s")
        ),
        *(
            (not isinstance(raw.get(name, False), bool), f"{name!r} is true or false")
            for name in ("drop", "truncate")
        ),
        (raw.get("when", "before") not in ("before", "after"), "'when' is 'before' or 'after'"),
        (
            not isinstance(count, int) or count < 1,
            f"'count' is {count!r}; give a whole number from 1",
        ),
    )
    return [message for bad, message in checks if bad]
