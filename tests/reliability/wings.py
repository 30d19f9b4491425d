"""The vendor's side of a stage: a process that waits in the prepared state and forks vendors."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from scimbridge.simulation.server import serve
from scimbridge.simulation.simulator import Simulator
from tests.reliability.processes import Child


class Wings:
    """Where the vendor waits in its prepared state: a process that forks one for each run."""

    def __init__(self, simulator: Simulator[Any]) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._simulator = simulator
        self._process = Child(self._wait)
        self._theirs.close()

    def call(self) -> tuple[str, int]:
        """URL and process id of a new vendor."""
        self._ours.sendall(b"!")
        url, pid = self._ours.recv(200).decode().split(" ")
        return url, int(pid)

    def fold(self) -> None:
        """End the process, so that what it and its vendors took is known to their parent."""
        self._ours.close()
        self._process.end()

    def _wait(self, _say: Callable[[Any], None]) -> None:
        self._ours.close()
        gc.freeze()
        while self._theirs.recv(1):
            Child(self._be_the_vendor).end()

    def _be_the_vendor(self, _say: Callable[[Any], None]) -> None:
        with serve(self._simulator.app) as served:
            self._theirs.sendall(f"{served.url} {os.getpid()}".encode())
            threading.Event().wait()
