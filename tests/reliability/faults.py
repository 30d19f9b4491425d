"""A vendor that fails in every way it can, while something is asked of the bridge."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from email.utils import formatdate
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import requests

from tests.reliability import checks
from tests.reliability.checks import Picture
from tests.reliability.kills import After, Expected, Killing, Report
from tests.reliability.stage import Stage

HANG_S = 600
"""Longer than anybody waits."""
LAG_S = 30
FAR = 10_000
"""More calls than one request makes."""


@dataclass(frozen=True)
class Evil:
    """One class of faults; what it is made of is drawn anew for each run."""

    fault: Callable[[Stage, random.Random], dict[str, Any]] | None = None
    """What `scimbridge.simulation.faults.parse_fault` takes, but for ``match`` and ``count``."""
    switches: Mapping[str, Any] = field(default_factory=dict)
    """Set beside the fault, where the vendor has them."""
    latency_ms: int = 0
    nameless: bool = False
    """The vendor's name is not known to the bridge's resolver."""
    slow: bool = False
    """Whether a request waits until its deadline."""


def _limit(stage: Stage, chance: random.Random) -> dict[str, Any]:
    """Each vendor's way to say how long to wait."""
    seconds = chance.choice((1, 120))
    until = stage.clock.seconds() + seconds
    headers = {
        "falcon": {"X-RateLimit-RetryAfter": str(round(until))},
        "insightvm": {"Retry-After": str(seconds)},
        "cortex": {"Retry-After": formatdate(until, usegmt=True)},
    }[stage.vendor.target]
    return {"status": 429, "headers": headers}


def _of(**fault: Any) -> Callable[[Stage, random.Random], dict[str, Any]]:
    return lambda _stage, _chance: fault


def _either_way(**fault: Any) -> Callable[[Stage, random.Random], dict[str, Any]]:
    return lambda _stage, chance: {**fault, "when": chance.choice(("before", "after"))}


CLASSES: Mapping[str, Evil] = MappingProxyType(
    {
        "429": Evil(_limit),
        "5xx": Evil(
            lambda _stage, chance: {
                "status": chance.choice((500, 502, 503, 504)),
                "when": chance.choice(("before", "after")),
            }
        ),
        "time-out": Evil(_either_way(hang_s=HANG_S), slow=True),
        "dripping body": Evil(_of(drip_s=0.5), slow=True),
        "closed before the effect": Evil(_of(drop=True)),
        "closed after the effect": Evil(_of(drop=True, when="after")),
        "body broken off": Evil(_of(truncate=True)),
        "body not JSON": Evil(_either_way(status=200, body="<html>Please sign in</html>")),
        "wrong content type": Evil(_of(headers={"Content-Type": "text/html"})),
        "token refused": Evil(_of(status=401)),
        "search lags": Evil(_of(drop=True, when="after"), {"search_lag_s": LAG_S}),
        "grants read stale": Evil(_of(drop=True, when="after"), {"grants_lag_s": LAG_S}),
        "no such host": Evil(nameless=True),
        "late": Evil(latency_ms=700, slow=True),
    }
)


@dataclass(frozen=True)
class Faulting:
    """Plays one scenario on one stage, with one fault at a time."""

    killing: Killing
    seed: int
    slack_s: float = 1.0
    """By how much an answer may miss its deadline."""

    def every_class(self, expected: Expected, *, slow: bool = True, step: int = 1) -> Report:
        """Try each class, or each ``step``-th one; those that wait only if ``slow``."""
        calls = self._calls(expected)
        names = [name for name, evil in CLASSES.items() if slow or not evil.slow]
        report = Report(points=len(names))
        for name in names[self.seed % step :: step]:
            report.tried += 1
            chance = random.Random(f"{self.seed} {name}")
            report.wrong += [f"{name}: {each}" for each in self.once(expected, name, calls, chance)]
        return report

    def once(
        self, expected: Expected, name: str, calls: list[str], chance: random.Random
    ) -> list[str]:
        """Complaints about a run with a fault of class ``name``."""
        stage, evil = self.stage, CLASSES[name]
        after = After(stage, self.killing.scenario, expected, retry_first=False)

        def play(_say: Callable[[Any], None]) -> Any:
            started = time.monotonic()
            with patch("socket.getaddrinfo", _nobody) if evil.nameless else nullcontext():
                answer = stage.send(expected.request)
            seconds, status = time.monotonic() - started, answer.status_code
            answered = status < 300
            said = []
            if seconds > stage.deadline_s + self.slack_s:
                said.append(f"answered after {seconds:.1f} s")
            if not answered and status not in (429, 500):
                said.append(f"answered {status} {answer.text}")
            self._mend()
            if answered:
                said += self._what_holds(expected)
            stage.clock.advance(stage.leases_expire_s)
            return status, seconds, said + after.check(answered=answered)

        with stage.play():
            how = self._break(evil, calls, chance)
            status, seconds, said = stage.act(play).end().result[0]
        return [f"({how}; {status} in {seconds:.1f} s) {each}" for each in said]

    @property
    def stage(self) -> Stage:
        return self.killing.stage

    def _calls(self, expected: Expected) -> list[str]:
        """The calls that the request makes of a vendor that is well, each once."""
        with self.stage.play():
            self.stage.act(lambda _: self.stage.send(expected.request) and None).end()
            seen = self._control("GET", "requests")["requests"]
        return sorted({f"{each['method']} {each['route']}" for each in seen})

    def _break(self, evil: Evil, calls: list[str], chance: random.Random) -> str:
        if evil.latency_ms:
            self._control("POST", "latency", {"ms": evil.latency_ms})
            return f"{evil.latency_ms} ms"
        known = self._control("GET", "switches")
        switches = {name: value for name, value in evil.switches.items() if name in known}
        self._control("POST", "switches", switches)
        if evil.fault is None:
            return "always"
        fault = {
            "match": chance.choice(calls),
            "count": chance.choice((1, 3, FAR)),
            **evil.fault(self.stage, chance),
        }
        self._control("POST", "faults", fault)
        return f"{fault} {switches}"

    def _mend(self) -> None:
        self._control("DELETE", "faults")
        self._control("POST", "latency", {"ms": 0})

    def _what_holds(self, expected: Expected) -> list[str]:
        """What was answered with 2xx is so, whatever happens afterwards."""
        now = checks.vendor_picture(self.stage)
        wanted = Picture(expected.after.vendor, {})
        return [f"answered, but {each}" for each in Picture(now, {}).differences(wanted)]

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.stage.vendor_url}/_sim/{path}"
        answer = requests.request(method, url, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _nobody(*_arguments: Any, **_named: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
