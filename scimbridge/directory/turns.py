"""Turns at writing: who wants to write waits in a queue, and the next one is woken at once.

Both databases let one writer in at a time. PostgreSQL serves those who wait in the order in which
they came. SQLite has them sleep for up to 100 ms and look again: under load whoever sleeps finds
another one there at each look, until it gives up
(https://sqlite.org/src/file/src/main.c, ``sqliteDefaultBusyCallback``).
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from scimbridge.directory.failing import unanswered
from scimbridge.errors import DirectoryError

_What = TypeVar("_What")


@dataclass(slots=True, eq=False)
class _Place(Generic[_What]):
    """Where one thread waits, and what it is handed with its turn."""

    gate: threading.Lock
    what: _What | None = None


class Line(Generic[_What]):
    """The queue of one process's threads. Whose turn ends may hand something on to the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Place[_What]] = deque()
        self._taken = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self, timeout_s: float) -> _What | None:
        """Wait for a turn; returns what was handed on with it.

        Raises `DirectoryError` if none came within ``timeout_s``.
        """
        with self._lock:
            if not self._taken:
                self._taken = True
                return None
            place: _Place[_What] = _Place(_closed())
            self._waiting.append(place)
        if not place.gate.acquire(timeout=timeout_s):
            with self._lock:
                if place in self._waiting:  # else it was opened at the last moment
                    self._waiting.remove(place)
                    raise _too_late("this process", timeout_s)
        return place.what

    def hand_on(self, what: _What) -> bool:
        """End the turn, and give ``what`` to who is next; False, and nothing, if nobody waits."""
        with self._lock:
            return self._call(what)

    def leave(self) -> None:
        """End the turn."""
        with self._lock:
            self._taken = self._call(None)

    def _call(self, what: _What | None) -> bool:
        if not self._waiting:
            return False
        place = self._waiting.popleft()
        place.what = what
        place.gate.release()
        return True


def _closed() -> threading.Lock:
    gate = threading.Lock()
    gate.acquire()
    return gate


class Queue:
    """The queue of the processes that write to one SQLite file.

    They wait for a lock (flock(2)) on a file beside the database. The system gives it to who
    waited longest, and takes it from a process that ends, however that ends. It is where writers
    wait, and no more than that: what keeps them apart is the database's own lock, which also meets
    programs that know nothing of the file.
    """

    def __init__(self, database: Path) -> None:
        """``database`` is SQLite's file, beside which ``-writers`` is made."""
        self._database = database

    @contextmanager
    def turn(self, timeout_s: float) -> Iterator[None]:
        """Wait for a turn, and hold it for the length of the block.

        Raises `DirectoryError` if none came within ``timeout_s``, or without the file.
        """
        # Opened for each turn: a lock belongs to the opened file, which a fork would share.
        place = _open(self._database)
        try:
            if not _locked(place) and not _served(place, timeout_s):
                raise _too_late("another process", timeout_s)
            yield
        finally:
            os.close(place)


def _too_late(who: str, timeout_s: float) -> DirectoryError:
    return DirectoryError(
        f"the directory did not answer: {who} wrote for {1000 * timeout_s:.0f} ms"
    )


@contextmanager
def _refused() -> Iterator[None]:
    """What the system has no file, lock or thread for, told as what it means."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise unanswered(error) from error


@_refused()
def _open(database: Path) -> int:
    path = f"{database}-writers"
    with suppress(FileNotFoundError):
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with suppress(FileExistsError):
        return _create(path, database.stat())
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)


def _create(path: str, like: os.stat_result) -> int:
    # What an administrator's command makes must not shut out the service; and whoever owns the
    # folder must not have an administrator make a file elsewhere, by a link.
    made = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, stat.S_IMODE(like.st_mode))
    os.fchmod(made, stat.S_IMODE(like.st_mode))
    if os.geteuid() == 0:
        os.fchown(made, like.st_uid, like.st_gid)
    return made


@_refused()
def _locked(place: int) -> bool:
    """Whether nobody was there."""
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@_refused()
def _served(place: int, timeout_s: float) -> bool:
    """Whether the lock came in time.

    The system knows no timeout for it, so that a thread waits. One that is left behind closes what
    it gets, and by then the caller has closed its own: nobody holds the lock.
    """
    came: SimpleQueue[OSError | None] = SimpleQueue()
    same = os.dup(place)

    def wait() -> None:
        refusal = None
        try:
            fcntl.flock(same, fcntl.LOCK_EX)
        except OSError as error:
            refusal = error
        os.close(same)
        came.put(refusal)

    try:
        threading.Thread(target=wait, daemon=True).start()
    except RuntimeError:
        os.close(same)
        raise
    try:
        refusal = came.get(timeout=max(0.0, timeout_s))
    except Empty:
        return False
    if refusal is not None:
        raise refusal
    return True
