"""Turns at writing: in the order of arrival, bounded, and free again however a holder ends."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scimbridge.directory import turns
from scimbridge.directory.turns import Line, Queue
from scimbridge.errors import DirectoryError

LONG_S = 60.0
HOLD = """
import sys
from pathlib import Path
from scimbridge.directory.turns import Line, Queue
with Queue(Path(sys.argv[1])).turn(1):
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "directory.db"
    path.touch()
    return path


def waiting(database: Path) -> int:
    """How many stand in the queue; /proc/locks marks them with an arrow (proc(5))."""
    inode = f":{Path(f'{database}-writers').stat().st_ino} "
    lines = Path("/proc/locks").read_text().splitlines()
    return sum("->" in line and inode in line for line in lines)


def test_who_came_first_is_served_first(database: Path) -> None:
    served: list[int] = []

    def write(number: int) -> None:
        # As another process does: the lock belongs to whoever opened the file.
        with Queue(database).turn(LONG_S):
            served.append(number)

    threads = [threading.Thread(target=write, args=[number]) for number in range(9)]
    with Queue(database).turn(LONG_S):
        for number, thread in enumerate(threads):
            thread.start()
            while waiting(database) <= number:
                pass
    for thread in threads:
        thread.join()

    assert served == [*range(9)]


def test_the_turn_of_a_killed_process_is_over_at_once(database: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        with pytest.raises(DirectoryError, match="another process"), Queue(database).turn(0.001):
            pass

        holder.kill()

        with Queue(database).turn(LONG_S):
            pass


def test_who_gave_up_waiting_does_not_get_a_turn_later(database: Path) -> None:
    with (
        Queue(database).turn(LONG_S),
        pytest.raises(DirectoryError, match="another process wrote for 1 ms"),
        Queue(database).turn(0.001),
    ):
        pass

    with Queue(database).turn(LONG_S):
        pass


def test_threads_are_served_in_the_order_in_which_they_came() -> None:
    line, served = Line[str](), list[int]()

    def write(number: int) -> None:
        line.take(LONG_S)
        served.append(number)
        line.leave()

    threads = [threading.Thread(target=write, args=[number]) for number in range(9)]
    line.take(LONG_S)
    for number, thread in enumerate(threads):
        thread.start()
        while line.waiting <= number:
            pass
    line.leave()
    for thread in threads:
        thread.join()

    assert served == [*range(9)]


def test_a_thread_that_gave_up_waiting_is_passed_over() -> None:
    line = Line[str]()
    line.take(LONG_S)

    with pytest.raises(DirectoryError, match="this process wrote for 1 ms"):
        line.take(0.001)

    assert not line.hand_on("to nobody")
    line.leave()
    assert line.take(0.001) is None


def test_what_is_handed_on_comes_to_who_is_next_and_to_nobody_else() -> None:
    line, got = Line[str](), list[str | None]()

    def take() -> None:
        got.append(line.take(LONG_S))
        line.leave()

    line.take(LONG_S)
    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    while line.waiting < 2:
        pass
    assert line.hand_on("a turn and more")
    for thread in threads:
        thread.join()

    assert got == ["a turn and more", None]


def test_a_turn_that_comes_as_a_thread_gives_up_is_not_lost() -> None:
    line = Line[str]()
    line.take(LONG_S)

    class Late:
        """A lock whose wait ends without it, just as the turn comes."""

        def __init__(self) -> None:
            self.opened = False

        def acquire(self, timeout: float = -1) -> bool:
            if timeout == LONG_S:
                assert line.hand_on("at the last moment")
                return False
            return True

        def release(self) -> None:
            self.opened = True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turns, "_closed", Late)
        assert line.take(LONG_S) == "at the last moment"


def test_what_an_administrator_makes_does_not_shut_out_the_service(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.chmod(0o664)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    before = os.umask(0o077)
    try:
        with Queue(database).turn(LONG_S):
            pass
    finally:
        os.umask(before)

    made = Path(f"{database}-writers").stat()
    assert stat.S_IMODE(made.st_mode) == 0o664
    assert made.st_uid == database.stat().st_uid


def test_a_queue_that_cannot_be_made_is_named(database: Path) -> None:
    file = Path(f"{database}-writers")
    file.symlink_to(database.parent / "gone" / "file")

    with (
        pytest.raises(DirectoryError, match=f"did not answer.*{file}"),
        Queue(database).turn(0.001),
    ):
        pass


def test_a_link_in_the_files_place_leads_nowhere(database: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    Path(f"{database}-writers").symlink_to(elsewhere)

    with pytest.raises(DirectoryError), Queue(database).turn(1):
        pass

    assert not elsewhere.exists()


def test_who_may_write_to_the_database_may_queue_for_it_whoever_came_first(
    database: Path,
) -> None:
    database.chmod(0o660)
    before = os.umask(0o077)
    try:
        with Queue(database).turn(1):
            pass
    finally:
        os.umask(before)

    assert stat.S_IMODE(Path(f"{database}-writers").stat().st_mode) == 0o660


def test_who_cannot_wait_for_want_of_a_thread_is_told_and_takes_no_turn(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with Queue(database).turn(LONG_S):
        opened = len(os.listdir("/proc/self/fd"))
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", start)
            with pytest.raises(DirectoryError, match="can't start"), Queue(database).turn(LONG_S):
                pass
        assert len(os.listdir("/proc/self/fd")) <= opened

    with Queue(database).turn(LONG_S):
        pass


@pytest.mark.parametrize("asked", [fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_EX])
def test_a_system_without_locks_to_give_is_told_of_at_once(
    database: Path, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    flock = fcntl.flock

    def refuse(place: int, how: int) -> None:
        if how == asked:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        flock(place, how)

    with Queue(database).turn(LONG_S):
        monkeypatch.setattr(fcntl, "flock", refuse)
        with pytest.raises(DirectoryError, match="No locks"), Queue(database).turn(LONG_S):
            pass
        monkeypatch.undo()

    with Queue(database).turn(LONG_S):
        pass
