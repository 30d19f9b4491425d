"""The time by which a SCIM request must be answered, seen by every vendor call made for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_until: ContextVar[float | None] = ContextVar("scimbridge_deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound all vendor calls of the block to ``seconds`` from now; a nested bound only shortens."""
    until = time.monotonic() + seconds
    outer = _until.get()
    token = _until.set(until if outer is None else min(outer, until))
    try:
        yield
    finally:
        _until.reset(token)


def remaining() -> float | None:
    """Seconds left, never negative; None outside any deadline."""
    until = _until.get()
    return None if until is None else max(0.0, until - time.monotonic())
