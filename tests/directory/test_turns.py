"""Turns at writing: in the order of arrival, bounded, and free again however a holder ends."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scimbridge.directory.turns import Turns
from scimbridge.errors import DirectoryError

LONG_MS = 60_000
HOLD = """
import sys
from pathlib import Path
from scimbridge.directory.turns import Turns
with Turns(Path(sys.argv[1])).take(1000):
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
        with Turns(database).take(LONG_MS):
            served.append(number)

    threads = [threading.Thread(target=write, args=[number]) for number in range(9)]
    with Turns(database).take(LONG_MS):
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
        with pytest.raises(DirectoryError, match="another process"), Turns(database).take(1):
            pass

        holder.kill()

        with Turns(database).take(LONG_MS):
            pass


def test_who_gave_up_waiting_does_not_get_a_turn_later(database: Path) -> None:
    with (
        Turns(database).take(LONG_MS),
        pytest.raises(DirectoryError, match="another process wrote for 1 ms"),
        Turns(database).take(1),
    ):
        pass

    with Turns(database).take(LONG_MS):
        pass


def test_a_thread_waits_for_the_others_of_its_process(database: Path) -> None:
    turns = Turns(database)

    with (
        turns.take(LONG_MS),
        pytest.raises(DirectoryError, match="this process wrote for 1 ms"),
        turns.take(1),
    ):
        pass


def test_what_an_administrator_makes_does_not_shut_out_the_service(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.chmod(0o664)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    before = os.umask(0o077)
    try:
        with Turns(database).take(LONG_MS):
            pass
    finally:
        os.umask(before)

    made = Path(f"{database}-writers").stat()
    assert stat.S_IMODE(made.st_mode) == 0o664
    assert made.st_uid == database.stat().st_uid


def test_a_queue_that_cannot_be_made_is_named(database: Path) -> None:
    file = Path(f"{database}-writers")
    file.symlink_to(database.parent / "gone" / "file")

    with pytest.raises(DirectoryError, match=f"did not answer.*{file}"), Turns(database).take(1):
        pass


def test_a_link_in_the_files_place_leads_nowhere(database: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    Path(f"{database}-writers").symlink_to(elsewhere)

    with pytest.raises(DirectoryError), Turns(database).take(1000):
        pass

    assert not elsewhere.exists()


def test_who_may_write_to_the_database_may_queue_for_it_whoever_came_first(
    database: Path,
) -> None:
    database.chmod(0o660)
    before = os.umask(0o077)
    try:
        with Turns(database).take(1000):
            pass
    finally:
        os.umask(before)

    assert stat.S_IMODE(Path(f"{database}-writers").stat().st_mode) == 0o660
