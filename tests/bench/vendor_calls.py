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
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from scimbridge.app import Bridge, open_bridge
from scimbridge.clock import now_ms
from scimbridge.config import load_config
from scimbridge.connectors.registry import vendor_settings
from scimbridge.demo.setup import SimulatedTarget
from scimbridge.directory import tokens
from scimbridge.directory.migrate import migrate
from scimbridge.keys import derive_key
from scimbridge.scim import urns
from tests.bench.tenant import user_name
from tests.bench.vendor import Started, VendorProcess, vendor_process

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
    """One piece of work: its calls and its time, beside the least that are possible."""

    vendor: str
    work: str
    routes: Mapping[str, int]
    calls: int
    least: int
    seconds: float
    least_seconds: float
    processor_seconds: float
    """Of the bridge's process, and of the IdP in it."""
    vendor_processor_seconds: float


def count(name: str, users: int, latency_ms: int = 0) -> list[Count]:
    """The work for ``users`` who have accounts, and for `GROUPS` groups that share them.

    The vendor answers late by ``latency_ms``, and no more than its own limit in any minute. The
    IdP sends one request after another, and repeats one that was answered 429 when it is told to.
    """
    figures = VENDOR_FIGURES[name]
    with ExitStack() as stack:
        vendor = stack.enter_context(vendor_process(name, latency_ms))
        bridge, token = stack.enter_context(_world(name, figures.granted, vendor.started))
        accounts = [_account(number) | dict(figures.account) for number in range(users)]
        present, limit = vendor.add_accounts(accounts), vendor.started.limit
        pages = 1 if figures.page is None else math.ceil(present / figures.page)
        ask = _idp(bridge, name, token)
        pace_s = latency_ms / 1000

        least = figures.catalogue + figures.calls_a_page * pages
        work = _Work(name, "first import", vendor)
        bridge.providers[name].observer.observe()
        imported = work.counted(least, _least_seconds(least, pace_s, limit))

        work = _Work(name, "lookups by the IdP", vendor)
        filters = (f'userName eq "{user_name(number)}"' for number in range(users))
        found = [ask("GET", f"/Users?filter={each}&attributes=id") for each in filters]
        ids = [each["Resources"][0]["id"] for each in found]
        looked_up = work.counted(0, 0.0)

        least = figures.calls_a_grant * users
        work = _Work(name, "first sync", vendor)
        for group in range(GROUPS):
            members = [{"value": each} for each in ids[group::GROUPS]]
            document = {
                "schemas": [urns.GROUP],
                "displayName": f"Team {group}",
                "members": members,
            }
            ask("POST", "/Groups?excludedAttributes=members", document)
            work.note()
        least_s = _least_seconds(least, pace_s / figures.at_a_time, limit)
        return [imported, looked_up, work.counted(least, least_s)]


def table(counts: list[Count]) -> str:
    """The calls as a Markdown table."""
    lines = ["| vendor | work | calls | least | ratio | of which |", "|---|---|---|---|---|---|"]
    for each in counts:
        routes = ", ".join(f"{number} {route}" for route, number in each.routes.items())
        ratio = _ratio(each.calls, each.least)
        calls, least = f"{each.calls:,}", f"{each.least:,}"
        lines.append(_row((each.vendor, each.work, calls, least, ratio, routes)))
    return "\n".join(lines)


def time_table(counts: list[Count]) -> str:
    """The time as a Markdown table."""
    titles = (
        "vendor",
        "work",
        "calls",
        "least",
        "ratio",
        "seconds",
        "least",
        "ratio",
        "processor seconds of the bridge",
        "of the vendor",
    )
    lines = [_row(titles), "|---" * len(titles) + "|"]
    lines += [
        _row(
            (
                each.vendor,
                each.work,
                f"{each.calls:,}",
                f"{each.least:,}",
                _ratio(each.calls, each.least),
                f"{each.seconds:.1f}",
                f"{each.least_seconds:.1f}",
                _ratio(each.seconds, each.least_seconds),
                f"{each.processor_seconds:.1f}",
                f"{each.vendor_processor_seconds:.1f}",
            )
        )
        for each in counts
    ]
    return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _ratio(found: float, least: float) -> str:
    return f"{found / least:.2f}" if least else ""


class _Work:
    """One piece of work, from when this is made."""

    def __init__(self, vendor: str, work: str, process: VendorProcess) -> None:
        self._names = (vendor, work)
        self._process = process
        self._calls = Counter[str]()
        process.take_calls()
        self._vendor_s = process.processor_seconds()
        self._processor_s = time.process_time()
        self._started = time.monotonic()

    def note(self) -> None:
        """Count what was sent so far; to be done often, see `VendorProcess.take_calls`."""
        self._calls += self._process.take_calls()

    def counted(self, least: int, least_s: float) -> Count:
        """The work, which has ended, beside the least that is possible."""
        seconds = time.monotonic() - self._started
        processor_s = time.process_time() - self._processor_s
        vendor_s = self._process.processor_seconds() - self._vendor_s
        self.note()
        routes = dict(self._calls.most_common())
        calls = self._calls.total()
        return Count(*self._names, routes, calls, least, seconds, least_s, processor_s, vendor_s)


def _idp(bridge: Bridge, name: str, token: str) -> Callable[..., Any]:
    """Asks one thing after another, and repeats what is answered 429 when it is told to."""
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

    return ask


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


@contextmanager
def _world(name: str, granted: str, vendor: Started) -> Iterator[tuple[Bridge, str]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-bench-")))
        target = SimulatedTarget(name, vendor.url, vendor.credentials, vendor.certificate)
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
        yield bridge, token
