"""Falcon's rate limits: sliding windows of a minute."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from scimbridge.simulation.clock import Clock

_WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit after one request."""

    limit: int
    remaining: int
    retry_at: float | None = None
    """Set if the request is one too many: when the next one may come, in epoch seconds."""


class RateLimiter:
    """Counts requests by bucket. Not locked by itself: the state's lock is held by every caller."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, bucket: str, limit: int) -> Allowance:
        """Count one request against ``limit`` per minute; 0 is no limit."""
        now = self._clock()
        seen = self._seen[bucket]
        while seen and seen[0] <= now - _WINDOW_S:
            seen.popleft()
        if limit and len(seen) >= limit:
            return Allowance(limit, 0, retry_at=seen[0] + _WINDOW_S)
        seen.append(now)
        return Allowance(limit, max(limit - len(seen), 0))
