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
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scimbridge.errors import DirectoryError


class Turns:
    """The queue of one process's threads; on SQLite also that of the host's processes.

    Processes queue for a lock (flock(2)) on a file beside the database. The system gives it to who
    waited longest, and takes it from a process that ends, however that ends. It is where writers
    wait, and no more than that: what keeps them apart is the database's own lock, which also meets
    programs that know nothing of the file.
    """

    def __init__(self, database: Path | None) -> None:
        """``database`` is SQLite's file, beside which ``-writers`` is made; None on PostgreSQL."""
        self._database = database
        self._threads = threading.Lock()

    @contextmanager
    def take(self, timeout_ms: int) -> Iterator[None]:
        """Wait for a turn, and hold it for the length of the block.

        Raises `DirectoryError` if none came within ``timeout_ms``, or without the file.
        """
        until = time.monotonic() + timeout_ms / 1000
        if not self._threads.acquire(timeout=timeout_ms / 1000):
            raise _too_late("this process", timeout_ms)
        try:
            if self._database is None:
                yield
                return
            # Opened for each turn: a lock belongs to the opened file, which a fork would share.
            place = _open(self._database)
            try:
                if not _locked(place) and not _served(place, until - time.monotonic()):
                    raise _too_late("another process", timeout_ms)
                yield
            finally:
                os.close(place)
        finally:
            self._threads.release()


def _too_late(who: str, timeout_ms: int) -> DirectoryError:
    return DirectoryError(f"the directory did not answer: {who} wrote for {timeout_ms} ms")


def _open(database: Path) -> int:
    path = f"{database}-writers"
    try:
        with suppress(FileNotFoundError):
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with suppress(FileExistsError):
            return _create(path, database.stat())
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise DirectoryError(f"the directory did not answer: {error}") from error


def _create(path: str, like: os.stat_result) -> int:
    # What an administrator's command makes must not shut out the service; and whoever owns the
    # folder must not have an administrator make a file elsewhere, by a link.
    made = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, stat.S_IMODE(like.st_mode))
    os.fchmod(made, stat.S_IMODE(like.st_mode))
    if os.geteuid() == 0:
        os.fchown(made, like.st_uid, like.st_gid)
    return made


def _locked(place: int) -> bool:
    """Whether nobody was there."""
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _served(place: int, timeout_s: float) -> bool:
    """Whether the lock came in time.

    The system knows no timeout for it, so that a thread waits. One that is left behind closes what
    it gets, and by then the caller has closed its own: nobody holds the lock.
    """
    came = threading.Semaphore(0)
    same = os.dup(place)

    def wait() -> None:
        try:
            fcntl.flock(same, fcntl.LOCK_EX)
        finally:
            os.close(same)
        came.release()

    threading.Thread(target=wait, daemon=True).start()
    return came.acquire(timeout=max(0.0, timeout_s))
