"""Transactions: what they keep apart, what they keep, and how they fail."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select, text

from scimbridge.directory.engine import Directory, open_engine
from scimbridge.directory.schema import grants, targets
from scimbridge.errors import DirectoryError


def names(directory: Directory) -> list[str]:
    with directory.read() as connection:
        return list(connection.execute(select(targets.c.name)).scalars())


def begun(directory: Directory) -> list[str]:
    """What is sent to begin transactions from now on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(directory.engine, "before_cursor_execute", note)
    return seen


def test_a_writer_announces_itself_at_once_and_a_reader_does_not(directory: Directory) -> None:
    seen = begun(directory)

    with directory.write():
        pass
    with directory.read():
        pass

    assert seen == ["BEGIN IMMEDIATE", "BEGIN"]


def test_a_writer_keeps_other_writers_out_from_its_beginning(
    directory: Directory, url: str
) -> None:
    with directory.write():
        other = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_a_reader_goes_on_while_somebody_writes_and_sees_one_moment(directory: Directory) -> None:
    with directory.read() as reader:
        before = reader.execute(select(targets.c.name)).all()
        with directory.write() as writer:
            writer.execute(insert(targets).values(name="t"))
        after = reader.execute(select(targets.c.name)).all()

    assert before == after == []
    assert names(directory) == ["t"]


def test_a_failed_write_leaves_nothing(directory: Directory) -> None:
    def fail() -> None:
        with directory.write() as connection:
            connection.execute(insert(targets).values(name="t"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert names(directory) == []


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

    with pytest.raises(DirectoryError, match="FOREIGN KEY") as caught, directory.write() as writer:
        writer.execute(insert(grants).values(**orphan))

    assert isinstance(caught.value.__cause__, Exception)


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
    directory.close()


def test_a_file_that_is_no_database_is_named_as_the_trouble(tmp_path: Path) -> None:
    path = tmp_path / "directory.db"
    path.write_text("this is a letter, not a database, and it is long enough to be looked at" * 9)
    directory = Directory(f"sqlite:///{path}")

    with pytest.raises(DirectoryError, match="not a database"):
        names(directory)
    directory.close()


def test_a_url_of_postgresql_opens_with_its_driver_and_connects_to_nothing_yet() -> None:
    engine = open_engine("postgresql://bridge@127.0.0.1:1/scimbridge")

    assert engine.driver == "psycopg"
    assert engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    engine.dispose()
