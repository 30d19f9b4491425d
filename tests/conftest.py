"""Fixtures for whole-bridge tests: a real directory, a real simulator over HTTP, a real server."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
from werkzeug.routing import Rule

from scimbridge.app import Bridge, open_bridge
from scimbridge.clock import now_ms
from scimbridge.config import Config, load_config
from scimbridge.connectors.falcon.simulator import create_simulator
from scimbridge.connectors.registry import VENDORS
from scimbridge.directory import tokens
from scimbridge.keys import derive_key
from scimbridge.simulation.server import serve
from scimbridge.simulation.simulator import Simulator
from tests.databases import DATABASES, Databases, prepare
from tests.postgres import serve_postgres

# The same examples each time: what fails is due to what was changed. "long" draws others.
hypothesis.settings.register_profile("default", deadline=None, derandomize=True)
hypothesis.settings.register_profile("long", deadline=None, max_examples=20_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


_compile_builder = Rule._compile_builder


def _compile_when_asked(self: Rule, append_unknown: bool = True) -> Callable[..., Any]:
    """Most of what making an application costs is compiling, route by route, what builds URLs."""
    return lambda rule, **values: _compile_builder(rule, append_unknown)(rule, **values)


Rule._compile_builder = _compile_when_asked  # type: ignore[method-assign]


@pytest.hookimpl(trylast=True)  # Hypothesis marks them in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Property tests do not count as coverage.

    What only chance reaches is not specified, and tracing the same lines thousands of times
    would take a third of the run.
    """
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker(pytest.mark.no_cover)


SECRET_KEY = "a key for tests only, thirty-two bytes or more"
CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

GROUPS = """
"SEC Falcon Analysts" = ["role:falconhost_analyst", "role:falconhost_read_only"]
"SEC Falcon Readers" = ["role:falconhost_read_only"]
"SEC Broken" = ["role:no_such_role"]
"SEC Admins" = ["role:falconhost_admin"]
"""


@dataclass
class Vendor:
    """The simulated vendor, seen through its control routes."""

    url: str
    simulator: Simulator[Any]

    def calls(self, *, method: str | None = None) -> list[str]:
        """``METHOD route`` of every call so far but for tokens, optionally of one method."""
        return [
            f"{call['method']} {call['route']}"
            for call in self.get("/_sim/requests")["requests"]
            if not call["route"].startswith("/oauth2") and method in (None, call["method"])
        ]

    def forget_calls(self) -> None:
        requests.delete(f"{self.url}/_sim/requests", timeout=5).raise_for_status()

    def accounts(self) -> dict[str, dict[str, Any]]:
        return {each["user_name"]: each for each in self.get("/_sim/state")["accounts"]}

    def roles(self, user_name: str) -> set[str]:
        """The direct roles of an account."""
        account = self.accounts()[user_name]["native_id"]
        return {
            grant["entitlement"]
            for grant in self.get("/_sim/state")["grants"]
            if grant["account"] == account
        }

    def grant(self, user_name: str, role: str) -> None:
        """As an administrator does by hand in the vendor's console."""
        account = self.accounts()[user_name]["native_id"]
        self.post("/_sim/grants", {"account": account, "entitlement": role})

    def fault(self, match: str, **what: Any) -> None:
        self.post("/_sim/faults", {"match": match, **what})

    def switch(self, **values: Any) -> None:
        self.post("/_sim/switches", values)

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.url}{path}", timeout=5)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer = requests.post(f"{self.url}{path}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@dataclass
class Scim:
    """A SCIM client with a token, as an IdP is one."""

    base_url: str
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> requests.Response:
        sent = {"Authorization": f"Bearer {self.token}", **self.headers}
        data: bytes | None = None
        if body is not None:
            sent["Content-Type"] = "application/scim+json"
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method, f"{self.base_url}{path}", data=data, headers=sent, timeout=180
        )

    def create_user(self, user_name: str, **attributes: Any) -> dict[str, Any]:
        answer = self(
            "POST", "/Users", {"schemas": [CORE_USER], "userName": user_name, **attributes}
        )
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def create_users(self, count: int) -> list[str]:
        """The ids of new users, created with one request."""
        operations = [
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": str(number),
                "data": {"schemas": [CORE_USER], "userName": f"user{number}@example.com"},
            }
            for number in range(count)
        ]
        urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
        answer = self("POST", "/Bulk", {"schemas": [urn], "Operations": operations})
        assert answer.status_code == 200, answer.text
        return [each["location"].rpartition("/")[2] for each in answer.json()["Operations"]]

    def create_group(self, name: str, *members: str) -> str:
        listed = [{"value": member} for member in members]
        answer = self(
            "POST", "/Groups", {"schemas": [CORE_GROUP], "displayName": name, "members": listed}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def patch(self, path: str, *operations: dict[str, Any]) -> requests.Response:
        return self("PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)})

    def add_members(self, group: str, *members: str) -> requests.Response:
        value = [{"value": member} for member in members]
        return self.patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": value})

    def remove_member(self, group: str, member: str) -> requests.Response:
        return self.patch(
            f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{member}"]'}
        )

    def set_active(self, user: str, active: bool) -> requests.Response:
        return self.patch(f"/Users/{user}", {"op": "replace", "value": {"active": active}})


@dataclass
class Clock:
    """The real time, moved forward at will, or stopped."""

    ahead_ms: int = 0
    stopped_at: int | None = None

    def __call__(self) -> int:
        return (now_ms() if self.stopped_at is None else self.stopped_at) + self.ahead_ms

    def advance(self, seconds: float) -> None:
        self.ahead_ms += round(seconds * 1000)

    def stop(self) -> None:
        self.stopped_at = now_ms()


@dataclass
class World:
    """A bridge in front of a simulated Falcon."""

    scim: Scim
    vendor: Vendor
    bridge: Bridge
    clock: Clock
    config: Config

    def recover(self) -> None:
        """What the background does at its next look at which everything is due."""
        self.clock.advance(3600)
        self.provider.operations.recover()

    @property
    def provider(self) -> Any:
        return self.bridge.providers["falcon"]


@contextmanager
def open_world(
    folder: Path,
    *,
    policy: str = "",
    bridge: str = "",
    rename: str = "recreate",
    deadline_s: int = 5,
    database: str = "directory.db",
    other_targets: str = "",
    groups: str = GROUPS,
) -> Iterator[World]:
    """Start simulator and bridge; the texts are further lines of the config, or tables.

    ``SIMULATED`` in ``other_targets`` stands for the simulator's URL.
    """
    with ExitStack() as stack:
        simulator = create_simulator()
        simulated = stack.enter_context(serve(simulator.app))
        path = folder / "scimbridge.toml"
        path.write_text(
            f"""
[bridge]
database = "{database}"
secret_key = "env:SECRET_KEY"
# What is tested with many clients at a time is seldom how many are let in.
threads = 512
deadline_s = {deadline_s}
{bridge}
[targets.falcon]
type = "falcon"
base_url = "{simulated.url}"
client_id = "{simulator.credentials["client_id"]}"
client_secret = "env:CLIENT_SECRET"
cid = "{simulator.credentials["cid"]}"
rename = "{rename}"
{policy}
[targets.falcon.groups]
{groups}
{other_targets.replace("SIMULATED", simulated.url)}
"""
        )
        settings = {name: vendor.settings for name, vendor in VENDORS.items()}
        environ = {
            "SECRET_KEY": SECRET_KEY,
            "CLIENT_SECRET": simulator.credentials["client_secret"],
        }
        config = load_config(path, settings, environ=environ)
        prepare(config.bridge.database)
        clock = Clock()
        opened = open_bridge(config, now=clock)
        stack.callback(opened.directory.close)
        served = stack.enter_context(serve(opened.app))
        with opened.directory.write() as connection:
            key = derive_key(SECRET_KEY.encode(), "tokens")
            token = tokens.issue(connection, key, target="falcon", name="test", now=now_ms())
        scim = Scim(f"{served.url}/falcon/scim/v2", token)
        yield World(scim, Vendor(simulated.url, simulator), opened, clock, config)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Where tests get databases from; a PostgreSQL server runs once somebody asks for one."""
    with ExitStack() as stack:
        yield Databases(lambda: stack.enter_context(serve_postgres()))


on_both_databases = pytest.mark.parametrize("world", DATABASES, indirect=True)
"""For tests that stand for all the others on PostgreSQL too."""


@pytest.fixture
def world(tmp_path: Path, databases: Databases, request: pytest.FixtureRequest) -> Iterator[World]:
    kind = getattr(request, "param", "sqlite")
    with databases.open(kind, tmp_path) as url, open_world(tmp_path, database=url) as opened:
        yield opened
