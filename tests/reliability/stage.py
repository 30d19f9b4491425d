"""A bridge and its simulated vendor, prepared; see the package's docstring."""

from __future__ import annotations

import gc
import json
import logging
import mmap
import os
import signal
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from scimbridge import app
from scimbridge.app import Bridge, open_bridge
from scimbridge.config import load_config
from scimbridge.connectors import deadline as deadlines
from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.registry import VENDORS as REGISTRY
from scimbridge.connectors.registry import vendor_settings
from scimbridge.demo.setup import TARGETS, SimulatedTarget, write_config
from scimbridge.directory import tokens
from scimbridge.errors import VendorError
from scimbridge.keys import derive_key
from scimbridge.provisioning import claims
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.simulation.simulator import Simulator
from scimbridge.simulation.wsgi_adapter import WsgiAdapter
from tests.conftest import SECRET_KEY
from tests.postgres import Server
from tests.reliability.points import Fate, Line, watch_commits
from tests.reliability.processes import Child
from tests.reliability.store import Store
from tests.reliability.vendors import Vendor
from tests.reliability.wings import Wings

Request = tuple[str, str, Any]
"""Method, path below the target's base URL, body."""


RECONCILE = "RECONCILE"
"""In place of a method: the pass that mends what differs at the vendor."""


@dataclass(frozen=True)
class Reconciled:
    """What a pass is answered with, so to speak."""

    text: str

    @property
    def status_code(self) -> int:
        return 429 if self.text else 200


class SharedClock:
    """The real time, moved forward at will, in all processes of a stage at once."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)

    def advance(self, seconds: float) -> None:
        self._set(self._ahead() + seconds)

    def reset(self) -> None:
        self._set(0.0)

    def seconds(self) -> float:
        return time.time() + self._ahead()

    def milliseconds(self) -> int:
        return round(self.seconds() * 1000)

    def _ahead(self) -> float:
        return float(struct.unpack("d", self._memory[:8])[0])

    def _set(self, ahead: float) -> None:
        self._memory[:8] = struct.pack("d", ahead)


@dataclass
class Stage:
    """What every act is played on."""

    vendor: Vendor
    simulator: Simulator[Any]
    bridge: Bridge
    store: Store
    clock: SharedClock
    fate: Fate
    line: Line
    token: str
    deadline_s: int
    vendor_url: str | None = None
    wings: Wings | None = None

    @property
    def leases_expire_s(self) -> float:
        """Above a request's deadline and the margin of its leases, and below `LAG_S`."""
        return self.deadline_s + 15

    # --- what an IdP does ------------------------------------------------------------------

    def send(
        self,
        request: Request,
        answered: Callable[[int], None] | None = None,
        *,
        etag: str | None = None,
    ) -> Any:
        """Send a request to this process's bridge; ``answered`` is told when the answer is out.

        With ``etag`` only that version of the resource is to be changed.
        """
        method, path, body = request
        if method == RECONCILE:
            return self._reconcile()
        headers = {"Authorization": f"Bearer {self.token}"}
        if etag is not None:
            headers["If-Match"] = etag
        client: FlaskClient = self.bridge.app.test_client()
        answer = client.open(
            f"/{self.vendor.target}/scim/v2{path}",
            method=method,
            data=None if body is None else json.dumps(body),
            content_type="application/scim+json",
            headers=headers,
        )
        answer.get_data()
        if answered is not None:
            answered(answer.status_code)
        answer.close()
        return answer

    def _reconcile(self) -> Reconciled:
        """A pass has no deadline of its own; this one is to be over as soon as a request."""
        try:
            with deadline(self.deadline_s):
                failures = [each.failure for each in self.provider.reconciler.run("enforce")]
        except VendorError as error:
            return Reconciled(str(error))
        return Reconciled("\n".join(filter(None, failures)))

    def expect(self, status: int, request: Request) -> Any:
        answer = self.send(request)
        assert answer.status_code == status, answer.text
        return answer.json if answer.data else None

    def user(self, user_name: str) -> str:
        return self._id(f'/Users?attributes=id&filter=userName eq "{user_name}"')

    def group(self, name: str) -> str:
        return self._id(f'/Groups?attributes=id&filter=displayName eq "{name}"')

    def _id(self, path: str) -> str:
        (found,) = self.expect(200, ("GET", path, None))["Resources"]
        return str(found["id"])

    # --- what happens at the vendor ----------------------------------------------------------

    def add_account(self, user_name: str) -> None:
        self.simulator.state.add_account({"user_name": user_name, **self.vendor.account})

    def sign_in(self, user_name: str) -> None:
        """Where accounts come by signing in, have this person come."""
        if self.vendor.signs_in:
            self.add_account(user_name)

    def grant_by_hand(self, user_name: str) -> None:
        self.simulator.state.add_grant(self._account(user_name), *self.vendor.by_hand)

    def vendor_state(self) -> dict[str, Any]:
        """The vendor's own view of itself, in the process that it runs in."""
        if self.vendor_url is None:
            return dict(self.simulator.state.snapshot())
        connection = HTTPConnection(urlsplit(self.vendor_url).netloc, timeout=60)
        with closing(connection):
            connection.request("GET", "/_sim/state")
            answer = connection.getresponse()
            assert answer.status == HTTPStatus.OK
            return dict(json.load(answer))

    # --- the parts -------------------------------------------------------------------------

    @property
    def provider(self) -> ServiceProvider:
        return self.bridge.providers[self.vendor.target]

    def take_by_hand(self, user_name: str, kind: str, native_id: str) -> None:
        self.simulator.state.remove_grant(self._account(user_name), kind, native_id)

    def _account(self, user_name: str) -> str:
        accounts = self.simulator.state.snapshot()["accounts"]
        (account,) = [
            each["native_id"] for each in accounts if each["user_name"].lower() == user_name
        ]
        return str(account)

    def observe(self) -> None:
        assert self.provider.observer.observe()

    # --- processes -------------------------------------------------------------------------

    def set_scene(self, rehearse: Callable[[], None]) -> None:
        """The prepared state is there: keep it, and let nothing of it be shared by forks.

        ``rehearse`` does in this process what the others will, so that each of them finds its
        statements compiled; what comes of it is forgotten.
        """
        self.clock.advance(3600)
        self.bridge.directory.close()
        self.store.keep()
        self.wings = Wings(self.simulator)
        rehearse()
        self.bridge.directory.close()
        gc.collect()
        gc.freeze()

    @contextmanager
    def play(self) -> Iterator[None]:
        """One run: everything as prepared, and the vendor in a process of its own."""
        self.store.put_back()
        self.clock.reset()
        self.clock.advance(3600)
        assert self.wings is not None
        self.vendor_url, pid = self.wings.call()
        try:
            yield
        finally:
            os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """End the processes that there still are."""
        if self.wings is not None:
            self.wings.fold()

    def act(
        self, what: Callable[[Callable[[Any], None]], Any], *, at: int | None = None, **how: Any
    ) -> Child:
        """Run ``what`` in a new process of the bridge, which ends at its ``at``-th point."""

        def run(say: Callable[[Any], None]) -> Any:
            gc.disable()  # the process ends before it would be worth it
            assert self.vendor_url is not None
            self.line.connect(self.vendor_url)
            self.fate.arm(at, **how)
            return what(say), self.fate.passed

        return Child(run)


@contextmanager
def open_stage(
    vendor: Vendor, server: Server | None, name: str, *, deadline_s: int = 5, timed: bool = False
) -> Iterator[Stage]:
    """Build bridge and simulator; ``server`` is the PostgreSQL server, None means SQLite.

    ``timed``: deadlines are kept to the second. Else they are far away on any machine.
    Changes this process for good: it is meant to be one that was forked for this stage.
    """
    with ExitStack() as stack:
        if not timed:
            _take_no_notice_of_time()
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="scimbridge-stage-", dir=_in_memory())
            )
        )
        logging.disable(logging.CRITICAL)
        tempfile.tempdir = str(folder)  # what killed processes leave behind goes with it
        clock, fate = SharedClock(), Fate()
        module, _, factory = REGISTRY[TARGETS[vendor.target].vendor].simulator.partition(":")
        create = getattr(import_module(module), factory)
        simulator = create(switches=vendor.switches, clock=clock.seconds)
        line = Line(fate, WsgiAdapter(simulator.app))
        app.Wiring = partial(  # type: ignore[assignment,misc]
            Wiring, open_adapter=lambda: line, clock=clock.seconds, now=clock.seconds
        )
        store = Store(folder, server, name)
        stack.callback(store.drop)
        bridge, token = _open_bridge(vendor, simulator, folder, store.url, clock, deadline_s)
        stack.callback(bridge.directory.close)
        watch_commits(fate, line)
        stage = Stage(vendor, simulator, bridge, store, clock, fate, line, token, deadline_s)
        stack.callback(stage.close)
        yield stage


def _take_no_notice_of_time() -> None:
    """Have a second of a deadline take twenty: who is killed or raced is not to be late as well."""
    slow = SimpleNamespace(monotonic=lambda: time.monotonic() / 20)
    deadlines.time = claims.time = slow  # type: ignore[assignment]


def _in_memory() -> Path | None:
    """A file system without a disk, if there is one: what is killed here is processes."""
    memory = Path("/dev/shm")  # noqa: S108
    return memory if os.access(memory, os.W_OK) else None


def _open_bridge(
    vendor: Vendor,
    simulator: Simulator[Any],
    folder: Path,
    url: str,
    clock: SharedClock,
    deadline_s: int,
) -> tuple[Bridge, str]:
    scheme = "https" if TARGETS[vendor.target].tls else "http"
    target = SimulatedTarget(vendor.target, f"{scheme}://127.0.0.1:1", simulator.credentials)
    path = folder / "scimbridge.toml"
    write_config(path, [target], port=1)
    text = path.read_text().replace('"directory.db"', json.dumps(url))
    path.write_text(text.replace("[bridge]\n", f"[bridge]\ndeadline_s = {deadline_s}\n"))
    environ = target.environment() | {"SCIMBRIDGE_DEMO_SECRET_KEY": SECRET_KEY}
    config = load_config(path, vendor_settings(), environ=environ)
    bridge = open_bridge(config, now=clock.milliseconds)
    with bridge.directory.write() as connection:
        token = tokens.issue(
            connection,
            derive_key(SECRET_KEY.encode(), "tokens"),
            target=vendor.target,
            name="idp",
            now=clock.milliseconds(),
        )
    bridge.providers[vendor.target].observer.refresh_catalogue()
    return bridge, token
