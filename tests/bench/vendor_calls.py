"""The first import of a tenant and the first sync of its people and groups: calls, and time.

What the bridge sends, beside the least that the vendor's pages and chunks allow; and with a vendor
that is as late as a real one, the time that took, beside the least that lateness and limits allow.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests

from scimbridge.app import Bridge, open_bridge
from scimbridge.clock import now_ms
from scimbridge.config import load_config
from scimbridge.connectors.registry import VENDORS, vendor_settings
from scimbridge.demo.setup import TARGETS, SimulatedTarget
from scimbridge.directory import tokens
from scimbridge.directory.migrate import migrate
from scimbridge.keys import derive_key
from scimbridge.scim import urns
from scimbridge.simulation.server import serve
from scimbridge.simulation.simulator import Simulator
from tests.bench.tenant import user_name

GROUPS = 100
_WINDOW_S = 60
"""Of a rate limit."""
_KEY = "a key of the benchmark alone, of thirty-two bytes or more"


@dataclass(frozen=True, slots=True)
class Vendor:
    """How the least number of calls is made up."""

    granted: str
    """What each group stands for."""
    catalogue: int
    """Calls that the entitlements take: a query and a read of each kind."""
    calls_a_page: int
    """Falcon lists ids and reads them; the others list whole users."""
    calls_a_grant: int
    """To one person; no vendor grants to several at once. InsightVM replaces the whole user, who
    has to be read first."""
    at_a_time: int
    """To how many people the connector grants at a time. Pages are read one after another."""
    page: int | None = 500
    """The most users on a page; None: there are no pages."""
    account: Mapping[str, str] = field(default_factory=dict)
    """What else the simulator is told of each account."""


VENDOR_FIGURES: Mapping[str, Vendor] = {
    "falcon": Vendor(
        "role:falconhost_analyst", catalogue=4, calls_a_page=2, calls_a_grant=1, at_a_time=8
    ),
    "insightvm": Vendor(
        "role:security-manager",
        catalogue=3,
        calls_a_page=1,
        calls_a_grant=2,
        at_a_time=4,
        account={"authentication": "ldap"},
    ),
    "cortex": Vendor(
        "role:viewer", catalogue=2, calls_a_page=1, calls_a_grant=1, at_a_time=4, page=None
    ),
}


@dataclass(frozen=True, slots=True)
class Count:
    """The calls of one piece of work, beside the least that are possible."""

    vendor: str
    work: str
    calls: int
    least: int
    routes: Mapping[str, int]
    seconds: float
    least_seconds: float
    lookups_s: float = 0.0
    """Of the seconds: the IdP finds everybody by userName, for which no vendor is called."""

    @property
    def ratio(self) -> float:
        return self.calls / self.least


def count(name: str, users: int, latency_ms: int = 0) -> list[Count]:
    """The work for ``users`` who have accounts, and for `GROUPS` groups that share them.

    The vendor answers late by ``latency_ms``, and no more than its own limit in any minute. The
    IdP sends one request after another, and repeats one that was answered 429 when it is told to.
    """
    figures = VENDOR_FIGURES[name]
    with ExitStack() as stack:
        simulator, bridge, token = stack.enter_context(_world(name, figures.granted, latency_ms))
        for number in range(users):
            simulator.state.add_account(_account(number) | dict(figures.account))
        present = len(simulator.state.snapshot()["accounts"])
        limit = simulator.switches.as_dict().get("rate_limit_per_minute", 0)
        pages = 1 if figures.page is None else math.ceil(present / figures.page)
        least = figures.catalogue + figures.calls_a_page * pages
        _take_calls(simulator)
        started = time.monotonic()
        bridge.providers[name].observer.observe()
        seconds = time.monotonic() - started
        calls = _take_calls(simulator)
        least_s = _least_seconds(least, latency_ms / 1000, limit)
        imported = Count(
            name, "first import", calls.total(), least, dict(calls.most_common()), seconds, least_s
        )
        client = bridge.app.test_client()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

        def ask(method: str, path: str, body: Any = None) -> Any:
            data = None if body is None else json.dumps(body)
            url = f"/{name}/scim/v2{path}"
            while True:
                answer = client.open(url, method=method, data=data, headers=headers)
                if answer.status_code != 429:
                    break
                time.sleep(int(answer.headers["Retry-After"]))
            if answer.status_code >= 400:
                raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
            return answer.json

        started = time.monotonic()
        ids = [
            ask("GET", f'/Users?filter=userName eq "{user_name(number)}"&attributes=id')[
                "Resources"
            ][0]["id"]
            for number in range(users)
        ]
        lookups_s = time.monotonic() - started
        calls = Counter[str]()
        for group in range(GROUPS):
            members = [{"value": each} for each in ids[group::GROUPS]]
            document = {
                "schemas": [urns.GROUP],
                "displayName": f"Team {group}",
                "members": members,
            }
            ask("POST", "/Groups?excludedAttributes=members", document)
            calls += _take_calls(simulator)
        seconds = time.monotonic() - started
        least = figures.calls_a_grant * users
        least_s = _least_seconds(least, latency_ms / 1000 / figures.at_a_time, limit)
        routes = dict(calls.most_common())
        return [
            imported,
            Count(name, "first sync", calls.total(), least, routes, seconds, least_s, lookups_s),
        ]


def table(counts: list[Count]) -> str:
    """The calls as a Markdown table."""
    lines = ["| vendor | work | calls | least | ratio | of which |", "|---|---|---|---|---|---|"]
    for each in counts:
        routes = ", ".join(f"{number} {route}" for route, number in each.routes.items())
        lines.append(
            f"| {each.vendor} | {each.work} | {each.calls:,} | {each.least:,} "
            f"| {each.ratio:.2f} | {routes} |"
        )
    return "\n".join(lines)


def time_table(counts: list[Count]) -> str:
    """The time as a Markdown table."""
    lines = [
        "| vendor | work | calls | least | ratio | seconds | least | ratio | of which lookups |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.vendor} | {each.work} | {each.calls:,} | {each.least:,} | {each.ratio:.2f} "
        f"| {each.seconds:.1f} | {each.least_seconds:.1f} "
        f"| {each.seconds / each.least_seconds:.2f} | {each.lookups_s:.1f} |"
        for each in counts
    ]
    return "\n".join(lines)


def _least_seconds(calls: int, pace_s: float, limit: int) -> float:
    """The least time of ``calls``, one each ``pace_s``, at most ``limit`` in any minute (0: any).

    The limit counts a sliding window that begins empty: the first ``limit`` pass at once.
    """
    windows = (calls - 1) // limit if limit else 0
    return max(calls * pace_s, windows * _WINDOW_S + (calls - windows * limit) * pace_s)


def _account(number: int) -> dict[str, Any]:
    return {
        "user_name": user_name(number),
        "given_name": "Person",
        "family_name": f"Number {number}",
    }


def _take_calls(simulator: Simulator[Any]) -> Counter[str]:
    """What was sent since it was last asked, but for access tokens, by route.

    To be asked often: the log keeps the newest calls alone.
    """
    seen = simulator.log.requests()
    simulator.log.clear()
    return Counter(
        f"{each.method} {each.route}"
        for each in seen
        if not (each.route or "").startswith("/oauth2")
    )


@contextmanager
def _world(
    name: str, granted: str, latency_ms: int
) -> Iterator[tuple[Simulator[Any], Bridge, str]]:
    module, _, factory = VENDORS[TARGETS[name].vendor].simulator.partition(":")
    simulator: Simulator[Any] = getattr(import_module(module), factory)()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-bench-")))
        served = stack.enter_context(serve(simulator.app, tls=TARGETS[name].tls))
        requests.post(
            f"{served.url}/_sim/latency",
            json={"ms": latency_ms},
            verify=True if served.certificate is None else str(served.certificate),
            timeout=10,
        ).raise_for_status()
        target = SimulatedTarget(name, served.url, simulator.credentials, served.certificate)
        groups = "".join(f'"Team {group}" = ["{granted}"]\n' for group in range(GROUPS))
        path = folder / "scimbridge.toml"
        path.write_text(
            f'[bridge]\ndatabase = "directory.db"\nsecret_key = "env:SCIMBRIDGE_BENCH_KEY"\n\n'
            f"{target.table()}{groups}"
        )
        secrets = {**target.environment(), "SCIMBRIDGE_BENCH_KEY": _KEY}
        stack.enter_context(patch.dict(os.environ, secrets))
        config = load_config(path, vendor_settings())
        migrate(config.bridge.database)
        bridge = open_bridge(config)
        stack.callback(bridge.directory.close)
        with bridge.directory.write() as connection:
            key = derive_key(_KEY.encode(), "tokens")
            token = tokens.issue(connection, key, target=name, name="bench", now=now_ms())
        yield simulator, bridge, token
