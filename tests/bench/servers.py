"""Bridge, ceiling and peer, each under the gunicorn configuration that the bridge ships."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from scimbridge.connectors.falcon.simulator import create_simulator
from scimbridge.demo.setup import SimulatedTarget
from scimbridge.simulation.server import serve
from tests.bench import ceiling, peer
from tests.bench.tenant import TARGET, Tenant, fill

_SECRET_KEY = "a key of the benchmark alone, of thirty-two bytes or more"
_START_SECONDS = 600
"""The peer takes its time with 10,000 users."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; ``url`` is the SCIM base URL, without a final slash."""

    url: str
    token: str
    process: psutil.Process

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/scim+json",
        }

    def worker_megabytes(self) -> float:
        """Resident memory of the largest worker."""
        return max(each.memory_info().rss for each in self.process.children()) / 1e6


@contextmanager
def bridge(folder: Path, tenant: Tenant) -> Iterator[Server]:
    """The bridge with ``tenant`` stored, in front of the simulated Falcon."""
    simulator = create_simulator()
    port = _free_port()
    with serve(simulator.app) as served:
        target = SimulatedTarget(TARGET, served.url, simulator.credentials)
        config = folder / "scimbridge.toml"
        config.write_text(
            f'[bridge]\nlisten = "127.0.0.1:{port}"\ndatabase = "directory.db"\n'
            'public_url = "https://scim.example.com"\n'
            f'secret_key = "env:SCIMBRIDGE_BENCH_KEY"\n\n{target.table()}'
        )
        token = fill(f"sqlite:///{folder / 'directory.db'}", _SECRET_KEY, tenant)
        environment = target.environment() | {"SCIMBRIDGE_BENCH_KEY": _SECRET_KEY}
        command = ["-m", "scimbridge.cli", "serve", "--config", str(config)]
        with _running(command, environment, port, folder / "bridge.log") as process:
            yield Server(f"http://127.0.0.1:{port}/{TARGET}/scim/v2", token, process)


@contextmanager
def bare_flask(folder: Path, bodies: Path) -> Iterator[Server]:
    """The ceiling; an operation's path goes below ``/<its name>``."""
    with _gunicorn(ceiling, {ceiling.FOLDER_VARIABLE: str(bodies)}, folder) as (port, process):
        yield Server(f"http://127.0.0.1:{port}", "none", process)


@contextmanager
def scim2_server(folder: Path, tenant: Tenant) -> Iterator[Server]:
    """The peer with ``tenant`` stored."""
    with _gunicorn(peer, {peer.SIZE_VARIABLE: str(tenant.size)}, folder) as (port, process):
        yield Server(f"http://127.0.0.1:{port}/v2", peer.TOKEN, process)


@contextmanager
def _gunicorn(
    module: object, environment: Mapping[str, str], folder: Path
) -> Iterator[tuple[int, psutil.Process]]:
    port, name = _free_port(), getattr(module, "__name__", "")
    command = ["-m", "gunicorn", "-c", "python:tests.bench.gunicorn_conf", f"{name}:create_app()"]
    # The peer reads its tenant before it answers its parent.
    command += ["--timeout", str(_START_SECONDS)]
    listen = {"SCIMBRIDGE_LISTEN": f"127.0.0.1:{port}", "SCIMBRIDGE_LOG_LEVEL": "warning"}
    log = folder / f"{name}.log"
    with _running(command, {**environment, **listen}, port, log) as process:
        yield port, process


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], port: int, log: Path
) -> Iterator[psutil.Process]:
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *command], env=os.environ | environment, stdout=stream, stderr=stream
        )
    try:
        _wait_for(port, process, log)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            # Whatever the answer is: one that comes shows that a worker is ready.
            requests.get(f"http://127.0.0.1:{port}/livez", timeout=_START_SECONDS)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"a server did not start:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
