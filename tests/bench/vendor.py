"""A simulated vendor in a process of its own: what it costs is not taken for the bridge's."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from scimbridge.connectors.registry import VENDORS
from scimbridge.demo.setup import TARGETS
from scimbridge.simulation.server import serve
from scimbridge.simulation.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Started:
    """What a simulator says once it is up."""

    url: str
    certificate: Path | None
    credentials: Mapping[str, str]
    limit: int
    """The most requests that it takes in a minute; 0: any."""


@dataclass(frozen=True, slots=True)
class VendorProcess:
    """A simulator that is running."""

    started: Started
    _ask: Connection

    def add_accounts(self, accounts: Sequence[Mapping[str, Any]]) -> int:
        """Add accounts as if by hand; returns how many there are with those of the seed."""
        self._ask.send(("add", accounts))
        total: int = self._ask.recv()
        return total

    def take_calls(self) -> Counter[str]:
        """What was sent since it was last asked, but for access tokens, by route.

        To be asked often: the log keeps the newest calls alone.
        """
        self._ask.send(("calls", ()))
        calls: Counter[str] = self._ask.recv()
        return calls

    def processor_seconds(self) -> float:
        """What the process has used up."""
        self._ask.send(("seconds", ()))
        seconds: float = self._ask.recv()
        return seconds


@contextmanager
def vendor_process(name: str, latency_ms: int) -> Iterator[VendorProcess]:
    """The simulator of the target ``name``, whose answers are all late by ``latency_ms``."""
    # A fresh interpreter: a fork would take the threads' locks along.
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_run, args=(name, latency_ms, its), daemon=True)
    process.start()
    its.close()
    try:
        yield VendorProcess(ours.recv(), ours)
    finally:
        ours.close()
        process.join()


def _run(name: str, latency_ms: int, asked: Connection) -> None:
    module, _, factory = VENDORS[TARGETS[name].vendor].simulator.partition(":")
    simulator: Simulator[Any] = getattr(import_module(module), factory)()
    simulator.faults.latency_s = latency_ms / 1000
    limit = simulator.switches.as_dict().get("rate_limit_per_minute", 0)
    with serve(simulator.app, tls=TARGETS[name].tls) as served:
        asked.send(Started(served.url, served.certificate, dict(simulator.credentials), limit))
        while True:
            try:
                question, accounts = asked.recv()
            except EOFError:
                return
            asked.send(_answer(simulator, question, accounts))


def _answer(
    simulator: Simulator[Any], question: str, accounts: Sequence[Mapping[str, Any]]
) -> object:
    if question == "add":
        for each in accounts:
            simulator.state.add_account(each)
        return len(simulator.state.snapshot()["accounts"])
    if question == "calls":
        seen = simulator.log.requests()
        simulator.log.clear()
        return Counter(
            f"{each.method} {each.route}"
            for each in seen
            if not (each.route or "").startswith("/oauth2")
        )
    return time.process_time()
