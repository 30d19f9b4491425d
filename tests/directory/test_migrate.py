"""Bringing the schema up to date."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text

from scimbridge.directory import migrate as migrating
from scimbridge.directory import shown
from scimbridge.directory.engine import Directory, open_engine
from scimbridge.directory.migrate import check_schema, migrate
from scimbridge.directory.schema import metadata, resources, targets
from scimbridge.errors import DirectoryError
from tests.databases import Databases

REVISIONS = [
    script.revision for script in ScriptDirectory.from_config(migrating._config()).walk_revisions()
]


@pytest.fixture
def empty(database: str, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a schema."""
    with databases.open(database, tmp_path, empty=True) as url:
        yield url


def columns(url: str) -> dict[str, list[str]]:
    engine = open_engine(url)
    looked_at = inspect(engine)
    found = {
        table: [column["name"] for column in looked_at.get_columns(table)]
        for table in looked_at.get_table_names()
    }
    engine.dispose()
    return found


def test_the_migrated_schema_is_the_one_that_the_code_uses(directory: Directory) -> None:
    with directory.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_table_checks_its_types(directory: Directory) -> None:
    with directory.read() as connection:
        rows = connection.exec_driver_sql("PRAGMA table_list").all()
    strict = {row[1]: row[5] for row in rows if row[0] == "main"}

    assert {name for name in metadata.tables if not strict[name]} == set()


def test_migrating_twice_changes_nothing(url: str) -> None:
    once = columns(url)

    migrate(url)

    assert columns(url) == once


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_earlier_schema_is_brought_up_with_what_it_holds(
    empty: str, url: str, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as earlier:
        earlier.setattr(command, "upgrade", lambda config, _head: upgrade(config, revision))
        migrate(empty)
    directory = Directory(empty)
    with directory.write() as connection:
        connection.execute(insert(targets).values(name="t", lease_until=7))

    migrate(empty)

    with directory.read() as connection:
        held = connection.execute(select(targets.c.name, targets.c.lease_until)).all()
    directory.close()
    assert [tuple(row) for row in held] == [("t", 7)]
    assert columns(empty) == columns(url)


def test_what_an_earlier_schema_holds_is_counted(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as earlier:
        earlier.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0006"))
        migrate(empty)
    directory = Directory(empty)
    columns = {"target": "t", "desired": "{}", "created": 1, "last_modified": 1}
    users = [{"confirmed_key": "a"}, {"confirmed_key": "b"}, {"confirmed_key": None}]
    with directory.write() as connection:
        for user in users:
            connection.execute(insert(resources).values(resource_type="User", **columns, **user))

    migrate(empty)

    with directory.read() as connection:
        assert shown.count(connection, "t", "User") == (2, 1)
    directory.close()


EIGHT = """
import os, sys
from scimbridge.directory.migrate import migrate

reading, writing = os.pipe()
children = []
for _ in range(8):
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # until all are there
        migrate(sys.argv[1])
        os._exit(0)
    children.append(child)
os.close(writing)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


def test_eight_processes_may_migrate_at_once(empty: str, url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EIGHT, empty], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert columns(empty) == columns(url)


def test_a_current_schema_is_accepted(directory: Directory) -> None:
    check_schema(directory.engine)


@pytest.mark.parametrize("revision", [None, "0000"])
def test_a_schema_that_is_not_current_is_refused_with_the_remedy(
    empty: str, revision: str | None
) -> None:
    if revision is not None:
        migrate(empty)
    directory = Directory(empty)
    if revision is not None:
        with directory.write() as connection:
            statement = text("UPDATE alembic_version SET version_num = :revision")
            connection.execute(statement, {"revision": revision})

    with pytest.raises(DirectoryError, match=f"at {revision or 'nothing'}.*`scimbridge migrate`"):
        check_schema(directory.engine)
    directory.close()
