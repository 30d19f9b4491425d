"""The bridge as it is served, its workers, replicas and database ended under load."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
from sqlalchemy import select

from scimbridge.clock import now_ms
from scimbridge.connectors.falcon.simulator import create_simulator
from scimbridge.demo.setup import SimulatedTarget, write_config
from scimbridge.directory import tokens
from scimbridge.directory.audit import AuditLog
from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate
from scimbridge.directory.schema import operations
from scimbridge.keys import derive_key
from scimbridge.simulation.server import serve
from scimbridge.simulation.simulator import Simulator
from tests.conftest import SECRET_KEY
from tests.postgres import serve_postgres
from tests.reliability import checks
from tests.reliability.kills import Report
from tests.reliability.processes import end_with_parent
from tests.reliability.scenarios import READERS, patch
from tests.reliability.vendors import VENDORS

CLIENTS = 8
BETWEEN_BLOWS = 15
"""Writes that are answered before the next blow."""
PATIENCE_S = 600
DEADLINE_S = 5
READER = {"role:falconhost_read_only"}


class Replica:
    """One `scimbridge serve` with two workers."""

    def __init__(self, folder: Path, target: SimulatedTarget, database: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.root = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._environment = target.environment() | {
            "SCIMBRIDGE_DEMO_SECRET_KEY": SECRET_KEY,
            "TMPDIR": str(folder),
        }
        self._config = folder / f"{port}.toml"
        write_config(self._config, [target], port=port)
        text = self._config.read_text().replace("directory.db", database)
        bridge = f"[bridge]\ndeadline_s = {DEADLINE_S}\nworkers = 2\nthreads = 8\n"
        self._config.write_text(text.replace("[bridge]\n", bridge))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it is ready."""
        command = [sys.executable, "-m", "scimbridge.cli", "serve", "--config", self._config]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=os.environ | self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        wait_until(self._is_ready, "the bridge is ready")

    def kill_a_worker(self) -> None:
        assert self._process is not None
        random.choice(psutil.Process(self._process.pid).children()).kill()

    def kill(self) -> None:
        """All of it, as when its machine goes."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.root}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False


@dataclass
class Client:
    """An IdP's worker, which repeats a request until it is answered, at any replica."""

    number: int
    roots: Sequence[str]
    token: str
    chance: random.Random
    wrong: list[str] = field(default_factory=list)
    answered: int = 0
    """How many writes were answered that they are done."""
    title: str = "0"
    member: bool = False
    active: bool = True
    there: set[str] = field(default_factory=set)
    _ids: dict[str, str] = field(default_factory=dict)

    @property
    def named(self) -> str:
        return f"named{self.number}@example.com"

    @property
    def leaver(self) -> str:
        return f"leaver{self.number}@example.com"

    def prepare(self) -> None:
        """Two people who stay: one is renamed and moved about, the other one comes and goes."""
        for name in (self.named, self.leaver):
            self._ids[name] = self.write("POST", "/Users", {"userName": name}, 201).json()["id"]

    def join(self, group: str) -> None:
        self._ids[READERS] = group
        self._membership(self.leaver, "add")

    def run(self, over: threading.Event) -> None:
        """Change one thing after another until ``over``, and look at each."""
        try:
            turn = 0
            while not over.is_set():
                turn += 1
                self._change(turn)
        except Exception as error:
            self.wrong.append(f"client {self.number}: {error!r}")

    def look(self) -> None:
        """Complain of what is not as it was answered."""
        shown = self._read(self.named)
        groups = [each["display"] for each in shown.get("groups", ())]
        if (shown["name"]["givenName"], READERS in groups) != (self.title, self.member):
            self.wrong.append(f"{self.named} is shown as {shown}")
        if self._read(self.leaver)["active"] != self.active:
            self.wrong.append(f"{self.leaver} is not shown as {self.active}")

    def _change(self, turn: int) -> None:
        self._patch(self.named, "name.givenName", str(turn))
        self.title = str(turn)
        self._patch(self.leaver, "active", not self.active)
        self.active = not self.active
        self._membership(self.named, "remove" if self.member else "add")
        self.member = not self.member
        self.look()
        name = f"new{self.number}x{turn}@example.com"
        id = self._create(name)
        self.there.add(name)
        if turn % 2:
            self.write("DELETE", f"/Users/{id}", None, 204, repeated=404)
            self.there.remove(name)

    def _create(self, name: str) -> str:
        answer = self.write("POST", "/Users", {"userName": name}, 201, repeated=409)
        if answer.status_code == 201:
            return str(answer.json()["id"])
        path = f'/Users?attributes=id&filter=userName eq "{name}"'
        (found,) = self._ask("GET", path)[0].json()["Resources"]
        return str(found["id"])

    def _patch(self, name: str, path: str, value: object) -> None:
        operation = {"op": "replace", "path": path, "value": value}
        self.write(*patch(f"/Users/{self._ids[name]}", operation), 200)

    def _membership(self, name: str, verb: str) -> None:
        members = [{"value": self._ids[name]}]
        operation = {"op": verb, "path": "members", "value": members}
        self.write(*patch(f"/Groups/{self._ids[READERS]}", operation), 200)

    def _read(self, name: str) -> Any:
        return self._ask("GET", f"/Users/{self._ids[name]}")[0].json()

    def write(
        self, method: str, path: str, body: Any, status: int, *, repeated: int | None = None
    ) -> requests.Response:
        answer, tries = self._ask(method, path, body)
        if answer.status_code != status and (tries == 1 or answer.status_code != repeated):
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        self.answered += 1
        return answer

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[requests.Response, int]:
        """The first answer that is none to wait, and how often it was asked for."""
        until, tries = time.monotonic() + PATIENCE_S, 0
        while time.monotonic() < until:
            tries += 1
            root = self.chance.choice(self.roots)
            try:
                answer = requests.request(
                    method,
                    f"{root}/falcon/scim/v2{path}",
                    json=body,
                    headers={"Authorization": f"Bearer {self.token}"},
                    timeout=PATIENCE_S,
                )
            except requests.RequestException:
                time.sleep(0.05)
                continue
            if answer.status_code != 429:
                return answer, tries
            if "locked" in answer.text:
                self.wrong.append(f"{method} {path}: {answer.text}")
            time.sleep(0.05)
        raise AssertionError(f"{method} {path} was put off for {PATIENCE_S} s")


def workers_killed() -> Report:
    """One bridge on SQLite, of which one worker after another is killed."""
    with _theatre(None, replicas=1) as (play, (replica,)):
        return play([replica.kill_a_worker] * 4)


def replica_killed() -> Report:
    """Two replicas on PostgreSQL: one is killed, the database restarted, and the one comes back."""
    with (
        serve_postgres() as server,
        _theatre(server.create("served"), replicas=2) as (play, (_, other)),
    ):

        def restart() -> None:
            server.stop()
            server.start()

        return play([other.kill, restart, other.start, restart])


Play = Callable[[Sequence[Callable[[], None]]], Report]


@contextmanager
def _theatre(url: str | None, *, replicas: int) -> Iterator[tuple[Play, list[Replica]]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-served-")))
        simulator = create_simulator(switches=VENDORS["falcon"].switches)
        served = stack.enter_context(serve(simulator.app))
        target = SimulatedTarget("falcon", served.url, simulator.credentials)
        database = url or f"sqlite:///{folder / 'directory.db'}"
        migrate(database)
        directory = Directory(database)
        stack.callback(directory.close)
        with directory.write() as connection:
            key = derive_key(SECRET_KEY.encode(), "tokens")
            token = tokens.issue(connection, key, target="falcon", name="idp", now=now_ms())
        running = [Replica(folder, target, database) for _ in range(replicas)]
        for replica in running:
            stack.callback(replica.kill)
            replica.start()
        clients = [
            Client(number, [each.root for each in running], token, random.Random(number))
            for number in range(CLIENTS)
        ]
        yield lambda blows: _play(blows, clients, simulator, directory), running


def _play(
    blows: Sequence[Callable[[], None]],
    clients: Sequence[Client],
    simulator: Simulator[Any],
    directory: Directory,
) -> Report:
    for client in clients:
        client.prepare()
    created = clients[0].write("POST", "/Groups", {"displayName": READERS}, 201)
    for client in clients:
        client.join(created.json()["id"])
    over = threading.Event()
    threads = [threading.Thread(target=client.run, args=[over]) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for blow in [*blows, over.set]:
            enough = sum(client.answered for client in clients) + BETWEEN_BLOWS
            wait_until(
                lambda: (
                    sum(client.answered for client in clients) >= enough  # noqa: B023
                    or any(client.wrong for client in clients)
                ),
                "more writes are answered",
            )
            blow()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    wait_until(lambda: not _unfinished(directory), "nothing is left to be done")
    for client in clients:
        client.look()
    wrong = [each for client in clients for each in client.wrong]
    wrong += _of_the_vendor(clients, simulator) + _of_the_directory(directory)
    answered = sum(client.answered for client in clients)
    return Report(points=answered, tried=answered, wrong=wrong)


def _of_the_vendor(clients: Sequence[Client], simulator: Simulator[Any]) -> list[str]:
    state = simulator.state.snapshot()
    held: dict[str, set[str]] = {}
    for each in state["grants"]:
        held.setdefault(each["account"], set()).add(f"{each['kind']}:{each['entitlement']}")
    shown = sorted(
        (each["user_name"], each["given_name"], held.get(each["native_id"], set()))
        for each in state["accounts"]
        if each["user_name"].startswith(("named", "leaver", "new"))
    )
    wanted: list[tuple[str, str, set[str]]] = []
    for client in clients:
        wanted.append((client.named, client.title, READER if client.member else set()))
        wanted.append((client.leaver, "", READER if client.active else set()))
        wanted += [(name, "", set()) for name in client.there]
    return [f"the vendor has {each}" for each in shown if each not in wanted] + [
        f"the vendor has not {each}" for each in wanted if shown.count(each) != 1
    ]


def _of_the_directory(directory: Directory) -> list[str]:
    log = AuditLog(derive_key(SECRET_KEY.encode(), "audit"))
    with directory.read() as connection:
        broken = log.verify(connection, "falcon")
        said = checks.leftovers(connection)
    return said + ([] if broken is None else [f"the audit chain is broken at line {broken}"])


def _unfinished(directory: Directory) -> bool:
    pending = select(operations.c.pk).where(operations.c.status == "pending")
    with directory.read() as connection:
        return connection.execute(pending).first() is not None


def wait_until(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > until:
            raise AssertionError(f"not within {PATIENCE_S} s: {what}")
        time.sleep(0.05)
