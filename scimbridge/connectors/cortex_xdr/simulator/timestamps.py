"""Times as Cortex writes them: milliseconds since the epoch."""

from __future__ import annotations


def milliseconds(seconds: float | None) -> int | None:
    """Epoch seconds in whole milliseconds; None stays None."""
    return None if seconds is None else int(seconds * 1000)
