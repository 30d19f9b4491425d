"""Epoch seconds to and from the texts that Falcon uses."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """``2025-06-19T11:59:07.895264Z``: microseconds, as user management shows them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_timestamp(text: str) -> float | None:
    """Epoch seconds of a date or an RFC 3339 time, UTC unless it says otherwise; else None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def long_timestamp(seconds: float) -> str:
    """``2026-01-01T00:00:00.000000000Z``: nanoseconds, as policies show them."""
    return f"{timestamp(seconds)[:-1]}000Z"
