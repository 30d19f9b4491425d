"""Calls to the vendor, counted: the first import of a tenant, and the first sync of its groups.

What the bridge sends, beside the least that the vendor's pages and chunks allow. Nothing is timed.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

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
_PAGE = 500
"""The most users on a page: of either vendor."""
_KEY = "a key of the benchmark alone, of thirty-two bytes or more"


@dataclass(frozen=True, slots=True)
class Vendor:
    """How the least number of calls is made up."""

    granted: str
    """What each group stands for."""
    catalogue: int
    """Calls that the entitlements take: a query and a read of each kind."""
    calls_a_page: int
    """Falcon lists ids and reads them; InsightVM lists whole users."""
    calls_a_grant: int
    """To one person; neither vendor grants to several at once. InsightVM replaces the whole user,
    who has to be read first."""
    account: Mapping[str, str] = field(default_factory=dict)
    """What else the simulator is told of each account."""


VENDOR_FIGURES: Mapping[str, Vendor] = {
    "falcon": Vendor("role:falconhost_analyst", catalogue=4, calls_a_page=2, calls_a_grant=1),
    "insightvm": Vendor(
        "role:security-manager",
        catalogue=3,
        calls_a_page=1,
        calls_a_grant=2,
        account={"authentication": "ldap"},
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

    @property
    def ratio(self) -> float:
        return self.calls / self.least


def count(name: str, users: int) -> list[Count]:
    """The calls for ``users`` who have accounts, and for `GROUPS` groups that share them."""
    figures = VENDOR_FIGURES[name]
    with ExitStack() as stack:
        simulator, bridge, token = stack.enter_context(_world(name, figures.granted))
        for number in range(users):
            simulator.state.add_account(_account(number) | dict(figures.account))
        present = len(simulator.state.snapshot()["accounts"])
        simulator.log.clear()
        bridge.providers[name].observer.observe()
        pages = math.ceil(present / _PAGE)
        imported = _count(
            simulator, name, "first import", figures.catalogue + figures.calls_a_page * pages
        )
        client = bridge.app.test_client()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

        def ask(method: str, path: str, body: Any = None) -> Any:
            data = None if body is None else json.dumps(body)
            url = f"/{name}/scim/v2{path}"
            answer = client.open(url, method=method, data=data, headers=headers)
            if answer.status_code >= 400:
                raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
            return answer.json

        ids = [
            ask("GET", f'/Users?filter=userName eq "{user_name(number)}"&attributes=id')[
                "Resources"
            ][0]["id"]
            for number in range(users)
        ]
        for group in range(GROUPS):
            members = [{"value": each} for each in ids[group::GROUPS]]
            document = {
                "schemas": [urns.GROUP],
                "displayName": f"Team {group}",
                "members": members,
            }
            ask("POST", "/Groups?excludedAttributes=members", document)
        return [imported, _count(simulator, name, "first sync", figures.calls_a_grant * users)]


def table(counts: list[Count]) -> str:
    """A Markdown table."""
    lines = ["| vendor | work | calls | least | ratio | of which |", "|---|---|---|---|---|---|"]
    for each in counts:
        routes = ", ".join(f"{number} {route}" for route, number in each.routes.items())
        lines.append(
            f"| {each.vendor} | {each.work} | {each.calls:,} | {each.least:,} "
            f"| {each.ratio:.2f} | {routes} |"
        )
    return "\n".join(lines)


def _account(number: int) -> dict[str, Any]:
    return {
        "user_name": user_name(number),
        "given_name": "Person",
        "family_name": f"Number {number}",
    }


def _count(simulator: Simulator[Any], name: str, work: str, least: int) -> Count:
    """What was sent since the last count, but for access tokens."""
    routes = Counter(
        f"{each.method} {each.route}"
        for each in simulator.log.requests()
        if not (each.route or "").startswith("/oauth2")
    )
    simulator.log.clear()
    return Count(name, work, routes.total(), least, dict(routes.most_common()))


@contextmanager
def _world(name: str, granted: str) -> Iterator[tuple[Simulator[Any], Bridge, str]]:
    module, _, factory = VENDORS[TARGETS[name].vendor].simulator.partition(":")
    simulator: Simulator[Any] = getattr(import_module(module), factory)()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-bench-")))
        served = stack.enter_context(serve(simulator.app, tls=TARGETS[name].tls))
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
