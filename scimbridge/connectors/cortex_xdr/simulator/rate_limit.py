"""A limit of requests in any minute. Cortex publishes no figure for these routes."""

from __future__ import annotations

from collections import defaultdict, deque

from scimbridge.simulation.clock import Clock

_WINDOW_S = 60.0


class RateLimiter:
    """Counts requests by API key. The state's lock is held by every caller."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, key_id: str, limit: int) -> float:
        """Count one request; returns the seconds to wait if it is one too many, else 0."""
        now = self._clock()
        seen = self._seen[key_id]
        while seen and seen[0] <= now - _WINDOW_S:
            seen.popleft()
        if limit and len(seen) >= limit:
            return seen[0] + _WINDOW_S - now
        seen.append(now)
        return 0.0
