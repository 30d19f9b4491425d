"""One commit for all who wait: each is answered after it, and none pays for another's failure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import NoneType
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from scimbridge.directory import commits
from scimbridge.directory.engine import Directory
from scimbridge.directory.schema import grants, targets
from scimbridge.errors import DirectoryError, NotFound

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

Write = Callable[[Connection], object]


def together(directory: Directory, *writes: Write) -> list[BaseException | None]:
    """Have each write in a thread of its own, while the others wait; how each of them ended."""
    inside = threading.Event()

    def first() -> None:
        with directory.write() as connection:
            inside.set()
            _until(directory, len(writes) - 1)
            writes[0](connection)

    def next_one(write: Write) -> None:
        with directory.write() as connection:
            write(connection)

    with ThreadPoolExecutor(len(writes)) as pool:
        futures = [pool.submit(first)]
        inside.wait()
        for number, write in enumerate(writes[1:]):
            _until(directory, number)
            futures.append(pool.submit(next_one, write))
    return [future.exception() for future in futures]


def _until(directory: Directory, waiting: int) -> None:
    while directory._line.waiting < waiting:
        pass


def add(name: str) -> Write:
    return lambda connection: connection.execute(insert(targets).values(name=name))


def fail(error: Exception) -> Write:
    def write(connection: Connection) -> None:
        add("failed")(connection)
        raise error

    return write


def break_commit(connection: Connection) -> None:
    """Have the commit fail: what hangs on nothing is noticed there, and not before."""
    orphan = {"resource_pk": 1, "kind": "role", "native_id": "a", "state": "held"}
    connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    connection.execute(insert(grants).values(**orphan))


def names(directory: Directory) -> set[str]:
    with directory.read() as connection:
        return set(connection.execute(select(targets.c.name)).scalars())


@on_sqlite
def test_all_who_wait_write_in_one_transaction(directory: Directory) -> None:
    seen: list[str] = []

    def trace(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(seen.append)
        add("a")(connection)

    assert together(directory, trace, add("b"), add("c")) == [None] * 3

    assert seen.count("COMMIT") == 1
    assert names(directory) == {"a", "b", "c"}


@on_sqlite
def test_so_many_share_a_commit_and_no_more(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "MOST_TOGETHER", 2)
    seen: list[str] = []

    def trace(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(seen.append)

    together(directory, trace, add("b"), add("c"), add("d"), add("e"))

    assert seen.count("COMMIT") == 3
    assert names(directory) == {"b", "c", "d", "e"}


@pytest.mark.parametrize("number", range(3))
def test_what_one_fails_at_is_not_written_and_costs_the_others_nothing(
    directory: Directory, number: int
) -> None:
    error = ZeroDivisionError()
    writes = [add("a"), add("b"), add("c")]
    writes[number] = fail(error)

    ended = together(directory, *writes)

    assert ended == [error if each == number else None for each in range(3)]
    assert names(directory) == {"a", "b", "c"} - {"abc"[number]}


def test_a_statement_that_fails_costs_the_others_nothing(directory: Directory) -> None:
    first, second, third = together(directory, add("a"), add("a"), add("c"))

    assert first is third is None
    assert isinstance(second, DirectoryError)
    assert names(directory) == {"a", "c"}


def test_nobody_is_answered_before_what_was_written_is_durable(directory: Directory) -> None:
    answered, known = threading.Event(), list[bool]()

    def look(connection: Connection) -> None:
        known.append(answered.is_set())
        with directory.read() as reader:
            known.append(bool(reader.execute(select(targets.c.name)).all()))

    def first() -> None:
        with directory.write() as connection:
            _until(directory, 1)
            add("a")(connection)
        answered.set()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(first)
        while not directory._line._taken:
            pass
        with directory.write() as connection:
            look(connection)
    done.result()

    assert known == [False, False]
    assert names(directory) == {"a"}


@on_sqlite
def test_if_the_commit_fails_all_are_told(directory: Directory) -> None:
    ended = together(directory, add("a"), break_commit, add("c"))

    assert [type(each) for each in ended] == [DirectoryError] * 3
    assert all("FOREIGN KEY" in str(each) for each in ended)
    assert names(directory) == set()
    assert together(directory, add("d"), add("e")) == [None, None]


@on_sqlite
def test_a_refusal_that_rests_on_what_was_lost_is_not_told(directory: Directory) -> None:
    def refuse(connection: Connection) -> None:
        assert connection.execute(select(targets.c.name)).scalar_one() == "a"
        raise NotFound("it goes by what the first one wrote")

    ended = together(directory, add("a"), refuse, break_commit)

    assert [type(each) for each in ended] == [DirectoryError] * 3


@on_sqlite
def test_if_the_database_gives_the_transaction_up_all_are_told(directory: Directory) -> None:
    def lose(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute("ROLLBACK")  # as SQLite does by itself when a disk is full
        raise ZeroDivisionError

    ended = together(directory, add("a"), add("b"), lose, add("d"))

    assert [type(each) for each in ended] == [
        DirectoryError,
        DirectoryError,
        DirectoryError,
        NoneType,
    ]
    assert names(directory) == {"d"}


@on_postgresql
def test_if_the_server_cuts_the_connection_all_are_told(directory: Directory) -> None:
    def lose(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        with directory.read() as other:
            cut = text("SELECT pg_terminate_backend(:pid)")
            other.execute(cut, {"pid": driver.info.backend_pid})
        add("b")(connection)

    ended = together(directory, add("a"), lose, add("c"))

    assert [type(each) for each in ended] == [*[DirectoryError] * 2, NoneType]
    assert names(directory) == {"c"}
