"""Starting and ending what the demonstration is made of."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import requests
from rich.console import Console

from scimbridge.clock import now_ms
from scimbridge.connectors.registry import VENDORS
from scimbridge.demo.setup import PERSON, TARGETS, SimulatedTarget, write_config
from scimbridge.demo.story import play_story
from scimbridge.directory import tokens
from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate
from scimbridge.errors import ScimbridgeError
from scimbridge.keys import derive_key
from scimbridge.simulation.server import serve
from scimbridge.simulation.simulator import Simulator

START_SECONDS = 60
"""How long the bridge may take until it answers: a slow machine under load, importing."""


def run_simulator(name: str, *, port: int) -> None:
    """Serve one simulator until ctrl-C, after printing what a target's configuration needs."""
    with ExitStack() as stack:
        target = _start_simulator(stack, name, port=port)
        console = Console(soft_wrap=True, highlight=False)
        console.print(f"The {name} simulator is at {target.url}; a target for it:\n")
        console.print(target.table(), markup=False)
        for name, value in target.environment().items():
            console.print(f"export {name}={value}", markup=False)
        console.print(f"\nIts control routes are under {target.url}/_sim/. Ctrl-C ends it.")
        _wait_for_the_end()


def run_demo(*, port: int, ready_file: Path | None, story: bool) -> None:
    """Run the demonstration until ctrl-C; everything that it started ends with it."""
    port = port or _free_port()
    console = Console(soft_wrap=True, highlight=False)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-demo-")))
        targets = [_start_simulator(stack, name) for name in TARGETS]
        key = secrets.token_urlsafe(48)
        environment = {"SCIMBRIDGE_DEMO_SECRET_KEY": key}
        for target in targets:
            environment |= target.environment()
        config = folder / "scimbridge.toml"
        write_config(config, targets, port=port)
        issued = _issue_tokens(folder, key, targets)
        root = f"http://127.0.0.1:{port}"
        bridge = stack.enter_context(_bridge(config, environment))
        _wait_until_it_answers(root, bridge)
        endpoints = {
            target.name: (f"{root}/{target.name}/scim/v2", issued[target.name], target.url)
            for target in targets
        }
        for base_url, token, _ in endpoints.values():
            _wait_for_the_catalogue(base_url, token)
        if story:
            for target in targets:
                if target.demo.signs_in:
                    _sign_in(target)
                play_story(console, *endpoints[target.name], vendor=target.name, login=PERSON)
        _announce(console, endpoints)
        if ready_file is not None:
            _write_ready_file(ready_file, targets, issued, root)
            stack.callback(ready_file.unlink, missing_ok=True)
        _wait_for_the_end(bridge)


def _start_simulator(stack: ExitStack, name: str, *, port: int = 0) -> SimulatedTarget:
    module, _, factory = VENDORS[TARGETS[name].vendor].simulator.partition(":")
    simulator: Simulator[Any] = getattr(import_module(module), factory)()
    served = stack.enter_context(serve(simulator.app, port=port, tls=TARGETS[name].tls))
    return SimulatedTarget(name, served.url, simulator.credentials, served.certificate)


def _issue_tokens(folder: Path, key: str, targets: list[SimulatedTarget]) -> dict[str, str]:
    url = f"sqlite:///{folder / 'directory.db'}"
    migrate(url)
    directory = Directory(url)
    try:
        with directory.write() as connection:
            return {
                target.name: tokens.issue(
                    connection,
                    derive_key(key.encode(), "tokens"),
                    target=target.name,
                    name="demo",
                    now=now_ms(),
                )
                for target in targets
            }
    finally:
        directory.close()


@contextmanager
def _bridge(config: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "scimbridge.cli", "serve", "--config", str(config)]
    # A session of its own: ctrl-C reaches this process alone, which then ends the bridge.
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, env=os.environ | environment, start_new_session=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_it_answers(root: str, bridge: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if bridge.poll() is not None:
            raise ScimbridgeError(f"the bridge ended with status {bridge.returncode}; see above")
        try:
            if requests.get(f"{root}/readyz", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise ScimbridgeError(f"the bridge did not answer at {root} within {START_SECONDS} s")


def _sign_in(target: SimulatedTarget) -> None:
    """The story's person signs in at the vendor for the first time, through SSO."""
    person = [{"user_name": PERSON, "given_name": "Ada", "family_name": "Byron"}]
    requests.post(f"{target.url}/_sim/accounts", json=person, timeout=10).raise_for_status()


def _wait_for_the_catalogue(base_url: str, token: str) -> None:
    """The first look at the vendor is in the background; the story shows the calls after it."""
    until = time.monotonic() + START_SECONDS
    headers = {"Authorization": f"Bearer {token}"}
    while time.monotonic() < until:
        answer = requests.get(f"{base_url}/Roles?count=0", headers=headers, timeout=10)
        if answer.json().get("totalResults"):
            return
        time.sleep(0.1)
    raise ScimbridgeError(f"{base_url} shows no roles of the vendor after {START_SECONDS} s")


def _announce(console: Console, endpoints: Mapping[str, tuple[str, str, str]]) -> None:
    for name, (base_url, token, simulator_url) in endpoints.items():
        console.print(f"\n[bold]{name}[/bold]")
        console.print(f"  base URL   {base_url}")
        console.print(f"  token      {token}", markup=False)
        console.print(f"  simulator  {simulator_url}  (its state: {simulator_url}/_sim/state)")
        console.print(
            f"  try        curl -H 'Authorization: Bearer {token}' '{base_url}/Users?count=2'",
            markup=False,
        )
    console.print("\nCtrl-C ends the bridge and the simulators.")


def _write_ready_file(
    path: Path, targets: list[SimulatedTarget], issued: Mapping[str, str], root: str
) -> None:
    ready = {
        "targets": {
            target.name: {
                "base_url": f"{root}/{target.name}/scim/v2",
                "token": issued[target.name],
                "simulator_url": target.url,
                "simulator_credentials": dict(target.credentials),
            }
            for target in targets
        },
        "pid": os.getpid(),
    }
    # Whoever polls for the file must never read half of it.
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(ready, indent=2))
    partial.replace(path)


def _wait_for_the_end(bridge: subprocess.Popen[bytes] | None = None) -> None:
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    while not ended.wait(0.5):
        if bridge is not None and bridge.poll() is not None:
            raise ScimbridgeError(f"the bridge ended with status {bridge.returncode}; see above")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
