"""The circuit breaker of one target: a vendor that is down is asked by one probe, not by all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

from scimbridge.errors import VendorRateLimited, VendorUnavailable

BreakerState = Literal["closed", "open", "half-open"]

ShutBy = Literal["failures", "vendor"]
"""Why a vendor is not called: it failed again and again, or it asked for a pause."""


class Breaker:
    """Opens after ``threshold`` transient failures in a row, for ``cooldown`` seconds.

    After the cooldown one call is let through; its outcome closes the breaker or opens it again.
    A vendor's own "not before ..." (`hold`) shuts it too, and needs no probe afterwards.
    """

    def __init__(
        self,
        target: str,
        *,
        threshold: int = 5,
        cooldown: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        on_open: Callable[[], None] = lambda: None,
        on_shut: Callable[[ShutBy, float], None] = lambda _by, _seconds: None,
    ) -> None:
        """``on_shut``: told for how many seconds nothing passes, and 0 once it does again.

        A pause that the vendor asked for ends without that being told. Neither may raise.
        """
        self._on_open = on_open
        self._on_shut = on_shut
        self._target = target
        self._threshold = threshold
        self._cooldown = cooldown
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_until: float | None = None
        self._held_until = 0.0
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """For health and metrics. Half-open: the next call is the probe, or it is under way."""
        with self._lock:
            if self._opened_until is None:
                return "closed"
            return "open" if self._clock() < self._opened_until else "half-open"

    def admit(self) -> None:
        """Let one call pass, or raise `VendorUnavailable` that says how long to wait.

        Who is admitted reports back by exactly one of `succeeded`, `failed` and `abstained`.
        """
        with self._lock:
            now = self._clock()
            if now < self._held_until:
                raise VendorRateLimited(
                    f"{self._target}: the vendor has asked for a pause",
                    retry_after=self._held_until - now,
                )
            if self._opened_until is None:
                return
            if now < self._opened_until:
                raise VendorUnavailable(
                    f"{self._target}: not called, after {self._failures} failures in a row",
                    retry_after=self._opened_until - now,
                )
            if self._probing:
                raise VendorUnavailable(
                    f"{self._target}: waiting for one call to show whether the vendor is back",
                    retry_after=1.0,
                )
            self._probing = True

    def succeeded(self) -> None:
        """The vendor answered, be it with a refusal."""
        with self._lock:
            self._failures = 0
            self._probing = False
            if self._opened_until is not None:
                self._opened_until = None
                self._on_shut("failures", 0.0)

    def failed(self) -> None:
        """The vendor did not answer, or said that it cannot now."""
        with self._lock:
            self._failures += 1
            self._probing = False
            opens = self._failures >= self._threshold
            if opens:
                self._opened_until = self._clock() + self._cooldown
                self._on_shut("failures", self._cooldown)
        if opens:
            self._on_open()

    def abstained(self) -> None:
        """The call ended in a way that says nothing about the vendor."""
        with self._lock:
            self._probing = False

    def hold(self, seconds: float) -> None:
        """Let nothing pass for ``seconds``, because the vendor said so."""
        with self._lock:
            now = self._clock()
            self._held_until = max(self._held_until, now + seconds)
            self._on_shut("vendor", self._held_until - now)
