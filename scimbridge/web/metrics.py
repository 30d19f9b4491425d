"""What is counted, for Prometheus. Labels are bounded: never an id, a name or a URL as it was sent.

Where several processes serve one address, whichever is asked sums up what all of them counted: see
`scimbridge.web.multiprocess`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from scimbridge.connectors.breaker import ShutBy
from scimbridge.connectors.http import Event, OnCall
from scimbridge.web.gauges import StatusGauges
from scimbridge.web.multiprocess import MULTIPROCESS_VARIABLE

_SHUT_UNTIL: Final = "scimbridge_vendor_shut_until_timestamp_seconds"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0)
"""From a read of the directory up to the time after which Okta gives up."""


class Metrics:
    """The counters of one process. Safe between threads."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "scimbridge_requests",
            "Requests answered",
            ("target", "endpoint", "method", "status"),
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "scimbridge_request_seconds",
            "Time from a request to its answer",
            ("target", "endpoint", "method"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        # Looked up once for each set of labels, of which there are few.
        self._answered: dict[tuple[str, str, str, str], tuple[Counter, Histogram]] = {}
        self._calls = Counter(
            "scimbridge_vendor_calls",
            "Calls to a vendor; the status is none where no answer came",
            ("target", "method", "route", "status"),
            registry=self._registry,
        )
        self._call_seconds = Histogram(
            "scimbridge_vendor_call_seconds",
            "Time from a call to a vendor to the end of its answer",
            ("target",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._events = Counter(
            "scimbridge_vendor_events",
            "Retries of calls to a vendor, and times that it was not called for a while",
            ("target", "event"),
            registry=self._registry,
        )
        self._shut_until = Gauge(
            _SHUT_UNTIL,
            "Until when a process does not call the vendor, after failures in a row or because "
            "the vendor asked for a pause; 0 if it does",
            ("target", "by"),
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        self._quirks = Counter(
            "scimbridge_quirks",
            "Deviations from SCIM that were tolerated, by the name in the list of quirks",
            ("target", "quirk"),
            registry=self._registry,
        )

    def request(
        self, *, target: str, endpoint: str, method: str, status: int, seconds: float
    ) -> None:
        """Count an answered request; ``endpoint`` is a URL with its ids left out."""
        labels = (target, endpoint, method if method in _METHODS else "other", str(status))
        found = self._answered.get(labels)
        if found is None:
            found = self._requests.labels(*labels), self._request_seconds.labels(*labels[:3])
            self._answered[labels] = found
        counter, histogram = found
        counter.inc()
        histogram.observe(seconds)

    def vendor_calls(self, target: str) -> OnCall:
        """What counts the calls to the vendor of ``target``."""

        def count(method: str, route: str, status: int | None, seconds: float) -> None:
            self._calls.labels(target, method, route, str(status or "none")).inc()
            self._call_seconds.labels(target).observe(seconds)

        return count

    def vendor_events(self, target: str) -> Callable[[Event], None]:
        """What counts what is done because calls to the vendor of ``target`` fail."""
        return lambda event: self._events.labels(target, event).inc()

    def vendor_shut(self, target: str) -> Callable[[ShutBy, float], None]:
        """What notes for how many seconds the vendor of ``target`` is not called."""

        def note(by: ShutBy, seconds: float) -> None:
            self._shut_until.labels(target, by).set(time.time() + seconds if seconds else 0)

        return note

    def shut_until(self, target: str) -> Mapping[ShutBy, float]:
        """Until when some process does not call the vendor, in seconds since the epoch.

        0: every process does. A time that is over: the next call shows whether the vendor is back.
        """
        every_process = self._every_process()
        reasons: tuple[ShutBy, ...] = ("failures", "vendor")
        return {
            by: every_process.get_sample_value(_SHUT_UNTIL, {"target": target, "by": by}) or 0.0
            for by in reasons
        }

    def quirks(self, target: str) -> Callable[[str], None]:
        """What counts the quirks of the SCIM clients of ``target``."""
        return lambda quirk: self._quirks.labels(target, quirk).inc()

    def exposition(self, gauges: StatusGauges) -> bytes:
        """All values in Prometheus' text format: of every process, if there are several."""
        current = CollectorRegistry()
        current.register(gauges)
        return generate_latest(self._every_process()) + generate_latest(current)

    def _every_process(self) -> CollectorRegistry:
        if MULTIPROCESS_VARIABLE not in os.environ:
            return self._registry
        every_process = CollectorRegistry()
        collector: Any = MultiProcessCollector  # the library leaves it without types
        collector(every_process)
        return every_process
