"""Transactions: what they keep apart, what they keep, and how they fail."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from scimbridge.directory import engine, shown
from scimbridge.directory.engine import Directory, open_engine
from scimbridge.directory.migrate import check_schema
from scimbridge.directory.schema import grants, targets
from scimbridge.errors import DirectoryError

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def names(directory: Directory) -> list[str]:
    with directory.read() as connection:
        return list(connection.execute(select(targets.c.name)).scalars())


@on_sqlite
def test_a_writer_announces_itself_at_once_and_a_reader_does_not(directory: Directory) -> None:
    seen: list[str] = []

    with directory.write() as connection:  # the connection that the pool gives to the next, too
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(seen.append)

    with directory.write():
        pass
    with directory.read():
        pass
    with directory.glance():
        pass

    assert seen == ["COMMIT", "BEGIN IMMEDIATE", "COMMIT", "BEGIN", "ROLLBACK"]


@on_sqlite
def test_a_connection_that_failed_a_reader_is_not_kept_for_the_next(directory: Directory) -> None:
    def fail() -> Any:
        with directory.read() as connection:
            connections.append(connection)
            raise ZeroDivisionError

    connections: list[Any] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    with directory.read() as second, directory.read() as third:
        connections += [second, third]
    with directory.read() as fourth:
        connections.append(fourth)

    assert connections[0].closed
    assert connections[3] in connections[1:3]
    directory.close()
    assert all(each.closed for each in connections)


def test_a_writer_of_the_same_process_waits_no_longer_than_one_of_another(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 1)

    with (
        directory.write(),
        pytest.raises(DirectoryError, match="this process wrote"),
        directory.write(),
    ):
        pass

    with directory.write() as connection:
        connection.execute(insert(targets).values(name="t"))
    assert names(directory) == ["t"]


def test_a_writer_keeps_other_writers_out_from_its_beginning(
    directory: Directory, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 1)
    impatient = Directory(url)

    with (
        directory.write(),
        pytest.raises(DirectoryError, match=r"lock|another process"),
        impatient.write(),
    ):
        pass
    impatient.close()


@on_sqlite
def test_a_program_that_does_not_queue_is_kept_out_too(directory: Directory, url: str) -> None:
    with directory.write(), closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("DELETE FROM targets")


def test_a_writer_that_waited_sees_what_the_one_before_it_wrote(directory: Directory) -> None:
    def count_on(_number: int) -> None:
        with directory.write() as connection:
            name = str(len(connection.execute(select(targets.c.name)).all()))
            connection.execute(insert(targets).values(name=name))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_on, range(24)))

    assert {*names(directory)} == {str(number) for number in range(24)}


def test_a_reader_goes_on_while_somebody_writes_and_sees_one_moment(directory: Directory) -> None:
    with directory.read() as reader:
        assert shown.find(reader, "t", "User", "1", groups=False) is None
        before = reader.execute(select(targets.c.name)).all()
        with directory.write() as writer:
            writer.execute(insert(targets).values(name="t"))
        after = reader.execute(select(targets.c.name)).all()

    assert before == after == []
    assert names(directory) == ["t"]


def test_a_glance_sees_what_was_written_last(directory: Directory) -> None:
    seen: list[list[str]] = []
    for name in ("t", "u"):
        with directory.write() as writer:
            writer.execute(insert(targets).values(name=name))
        with directory.glance() as connection:
            seen.append(list(connection.execute(select(targets.c.name)).scalars()))

    assert seen == [["t"], ["t", "u"]]
    with pytest.raises(DirectoryError, match="did not answer"), directory.glance() as connection:
        connection.execute(text("SELECT nothing"))


@on_postgresql
def test_a_server_that_ends_under_a_reader_is_a_failure_of_the_directory(
    directory: Directory,
) -> None:
    def read(*, end: bool) -> None:
        with directory.read() as reader:
            shown.find(reader, "t", "User", "1", groups=False)
            driver: Any = reader.connection.driver_connection
            if end:
                with directory.write() as other:
                    ending = text(f"SELECT pg_terminate_backend({driver.info.backend_pid}, 9000)")
                    assert other.execute(ending).scalar_one()

    with pytest.raises(DirectoryError, match="did not answer"):
        read(end=True)

    read(end=False)


def test_a_failed_write_leaves_nothing(directory: Directory) -> None:
    def fail() -> None:
        with directory.write() as connection:
            connection.execute(insert(targets).values(name="t"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert names(directory) == []


@on_sqlite
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("foreign_keys", 1), ("synchronous", 2), ("journal_mode", "wal"), ("busy_timeout", 10_000)],
)
def test_every_connection_has_the_settings_that_keep_data(
    directory: Directory, pragma: str, value: object
) -> None:
    with directory.read() as first, directory.write() as second:
        found = [each.execute(text(f"PRAGMA {pragma}")).scalar_one() for each in (first, second)]

    assert found == [value, value]


def test_what_hangs_on_nothing_is_refused_as_a_failure_of_the_directory(
    directory: Directory,
) -> None:
    orphan = {"resource_pk": 1, "kind": "role", "native_id": "a", "state": "held"}

    with (
        pytest.raises(DirectoryError, match=r"(?i)foreign key") as caught,
        directory.write() as writer,
    ):
        writer.execute(insert(grants).values(**orphan))

    assert isinstance(caught.value.__cause__, Exception)


@on_sqlite
def test_a_value_of_another_type_is_refused(directory: Directory) -> None:
    with pytest.raises(DirectoryError, match="TEXT value in INTEGER"), directory.write() as writer:
        writer.execute(text("INSERT INTO targets (name, observed_at) VALUES ('t', 'soon')"))


def test_a_failure_without_the_driver_is_one_of_the_directory_too(directory: Directory) -> None:
    with pytest.raises(DirectoryError, match="did not answer"), directory.read() as connection:
        connection.execute(select(targets.c.name)).scalar_one()


def test_a_directory_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    directory = Directory(f"sqlite:///{tmp_path}/new/folder/directory.db")

    with pytest.raises(DirectoryError, match="no such table"):
        names(directory)
    with pytest.raises(DirectoryError, match="no such table"), directory.read() as connection:
        shown.find(connection, "t", "User", "1", groups=False)
    directory.close()


def test_a_file_that_is_no_database_is_named_as_the_trouble(tmp_path: Path) -> None:
    path = tmp_path / "directory.db"
    path.write_text("this is a letter, not a database, and it is long enough to be looked at" * 9)
    directory = Directory(f"sqlite:///{path}")

    with pytest.raises(DirectoryError, match="not a database"):
        names(directory)
    directory.close()


def test_a_url_of_postgresql_opens_with_its_driver_and_connects_to_nothing_yet() -> None:
    opened = open_engine("postgresql://bridge@127.0.0.1:1/scimbridge")

    assert opened.driver == "psycopg"
    assert opened.pool.checkedin() == 0  # type: ignore[attr-defined]
    opened.dispose()


@on_postgresql
def test_nothing_is_written_by_what_only_reads(directory: Directory) -> None:
    with pytest.raises(DirectoryError, match="read-only"), directory.read() as reader:
        reader.execute(insert(targets).values(name="t"))


@on_postgresql
def test_a_writer_that_is_stopped_loses_its_transaction_and_holds_up_nobody_for_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "IDLE_TIMEOUT_MS", 50)
    stopped, other = Directory(url), Directory(url)

    def write_with_a_pause() -> None:
        with stopped.write() as writer:
            writer.execute(insert(targets).values(name="lost"))
            with other.write() as connection:  # waits until the first one's pause is too long
                connection.execute(insert(targets).values(name="kept"))

    with pytest.raises(DirectoryError, match="did not answer"):
        write_with_a_pause()

    assert names(stopped) == ["kept"]
    stopped.close()
    other.close()


@on_postgresql
def test_a_connection_that_was_cut_while_nobody_used_it_is_made_again(
    directory: Directory, url: str
) -> None:
    assert names(directory) == []
    other = Directory(url)
    with other.read() as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.execute(text(f"{cut} AND datname = current_database()"))
    other.close()

    assert names(directory) == []


@on_postgresql
def test_a_connection_that_is_cut_while_it_reads_is_made_again(directory: Directory) -> None:
    def be_cut() -> None:
        with directory.read() as reader, directory.read() as other:
            driver: Any = reader.connection.driver_connection
            cut = text("SELECT pg_terminate_backend(:pid)")
            other.execute(cut, {"pid": driver.info.backend_pid})
            shown.find(reader, "t", "User", "1", groups=False)

    with pytest.raises(DirectoryError, match="did not answer"):
        be_cut()

    assert names(directory) == []


@on_postgresql
def test_a_statement_that_takes_too_long_is_ended(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "STATEMENT_TIMEOUT_MS", 10)
    directory = Directory(url)

    with pytest.raises(DirectoryError, match="statement timeout"), directory.read() as reader:
        reader.execute(text("SELECT pg_sleep(5)"))
    directory.close()


def test_a_server_that_is_not_there_is_a_failure_of_the_directory(tmp_path: Path) -> None:
    directory = Directory(f"postgresql://bridge@/scimbridge?host={tmp_path}")

    with pytest.raises(DirectoryError, match="did not answer"), directory.write():
        pass
    with pytest.raises(DirectoryError, match="did not answer"):
        check_schema(directory.engine)
    directory.close()
