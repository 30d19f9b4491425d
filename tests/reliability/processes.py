"""Forks with an answer: what a child process does, and what it says before it ends."""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import struct
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Child:
    """A forked process that runs ``act`` and sends what it says and returns to its parent.

    ``act`` is given a function that sends one message at once, so that it survives the process.
    """

    def __init__(self, act: Callable[[Callable[[Any], None]], Any]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            _run(act, writing)
        os.close(writing)
        self._reading = reading

    def end(self) -> Ending:
        """Wait for the end of the process."""
        messages = []
        with os.fdopen(self._reading, "rb") as pipe:
            while head := pipe.read(4):
                messages.append(pickle.loads(pipe.read(struct.unpack("!I", head)[0])))  # noqa: S301
        _, status = os.waitpid(self.pid, 0)
        failure = next((text for kind, text in messages if kind == "failed"), None)
        if failure is not None:
            raise AssertionError(failure)
        said = [each for kind, each in messages if kind == "said"]
        done = [each for kind, each in messages if kind == "done"]
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not done and not killed:
            raise AssertionError(f"a child ended with status {status} and said nothing")
        return Ending(killed, said, done[0] if done else None)

    def first(self) -> Any:
        """The first thing said; the process goes on."""
        head = os.read(self._reading, 4)
        return pickle.loads(os.read(self._reading, struct.unpack("!I", head)[0]))[1]  # noqa: S301

    def is_stopped(self) -> bool:
        """Wait until the process stops itself, or ends."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        return os.WIFSTOPPED(status)

    def go_on(self) -> None:
        """Wake the stopped process."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End the process, whatever it is doing, and forget it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._reading)


@dataclass(frozen=True)
class Ending:
    """How a child ended."""

    killed: bool
    said: list[Any]
    result: Any
    """What ``act`` returned, unless it was killed."""


def end_with_parent() -> None:
    """Have this process killed as soon as the one that made it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _run(act: Callable[[Callable[[Any], None]], Any], writing: int) -> None:
    end_with_parent()

    def send(kind: str, message: Any) -> None:
        content = pickle.dumps((kind, message))
        data = struct.pack("!I", len(content)) + content
        while data:
            data = data[os.write(writing, data) :]

    try:
        send("done", act(lambda message: send("said", message)))
    except BaseException:
        send("failed", traceback.format_exc())
    finally:
        os._exit(0)
