"""How often one vendor call is tried: retries within a budget, behind the target's breaker."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from scimbridge.connectors.breaker import Breaker
from scimbridge.connectors.deadline import remaining
from scimbridge.connectors.trace import numbered
from scimbridge.errors import OutcomeUnknown, VendorError, VendorRateLimited, VendorUnavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")


class RetryBudget:
    """Allows retries for a share of the calls, so that they never multiply an outage.

    Every call that succeeds puts ``ratio`` into the account, every retry takes 1. ``reserve`` is
    both what is there at the start and the most that it holds; ``floor`` a second is added in any
    case, so that a quiet target may retry too.
    """

    def __init__(
        self,
        *,
        ratio: float = 0.2,
        floor: float = 0.1,
        reserve: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ratio = ratio
        self._floor = floor
        self._reserve = reserve
        self._clock = clock
        self._lock = threading.Lock()
        self._balance = reserve
        self._counted_at = clock()

    def deposit(self) -> None:
        """Count one call that succeeded."""
        with self._lock:
            self._add(self._ratio)

    def withdraw(self) -> bool:
        """Take one retry, if there is one to take."""
        with self._lock:
            self._add(0.0)
            if self._balance < 1.0:
                return False
            self._balance -= 1.0
            return True

    def _add(self, amount: float) -> None:
        now = self._clock()
        earned = amount + self._floor * (now - self._counted_at)
        self._counted_at = now
        self._balance = min(self._reserve, self._balance + earned)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The figures of `Attempts`, in seconds where they are times."""

    retries: int = 2
    first_pause: float = 0.25
    """The upper bound of the first random pause; it doubles with each retry (full jitter)."""
    longest_pause: float = 5.0
    """A vendor that asks for more than this is not waited for: the caller is told when."""
    patience: float = 5.0
    """Silence that counts against the vendor even if it was the caller's deadline that ended it."""


class Attempts:
    """Runs calls of one target: behind its breaker, retried where that is safe and affordable."""

    def __init__(
        self,
        breaker: Breaker,
        budget: RetryBudget,
        *,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
        on_retry: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_retry = on_retry
        self._breaker = breaker
        self._budget = budget
        self._policy = policy or RetryPolicy()
        self._clock = clock
        self._sleep = sleep
        self._uniform = uniform

    def run(self, attempt: Callable[[], T], *, repeatable: bool) -> T:
        """The result of ``attempt``, which raises `VendorUnavailable` where waiting may help.

        Only a ``repeatable`` (idempotent) attempt is made again, and never one whose pause would
        outlast the caller's deadline.
        """
        retry = 0
        while True:
            try:
                with numbered(retry + 1):
                    return self._observed(attempt)
            except OutcomeUnknown:
                raise
            except VendorUnavailable as error:
                pause = self._pause(error, retry)
                if not repeatable or retry == self._policy.retries or not self._affords(pause):
                    raise
                logger.warning("retry %d in %.2f s: %s", retry + 1, pause, error.reason)
                self._sleep(pause)
                self._on_retry()
                retry += 1

    def _observed(self, attempt: Callable[[], T]) -> T:
        self._breaker.admit()
        started = self._clock()
        try:
            result = attempt()
        except VendorRateLimited as error:
            if error.retry_after is not None:
                self._breaker.hold(error.retry_after)
            self._breaker.succeeded()
            raise
        except VendorUnavailable:
            if remaining() == 0 and self._clock() - started < self._policy.patience:
                self._breaker.abstained()
            else:
                self._breaker.failed()
            raise
        except VendorError:
            self._breaker.succeeded()
            raise
        except BaseException:
            self._breaker.abstained()
            raise
        self._breaker.succeeded()
        self._budget.deposit()
        return result

    def _pause(self, error: VendorUnavailable, retry: int) -> float:
        # Jitter is added to the vendor's figure too: everybody was given the same one.
        jitter = self._uniform(0.0, self._policy.first_pause * 2**retry)
        return jitter if error.retry_after is None else error.retry_after + jitter

    def _affords(self, pause: float) -> bool:
        left = remaining()
        in_time = pause <= self._policy.longest_pause and (left is None or pause < left)
        return in_time and self._budget.withdraw()
