"""Bringing the schema up to date."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from scimbridge.directory.engine import Directory, open_engine
from scimbridge.directory.migrate import check_schema, migrate
from scimbridge.directory.schema import metadata
from scimbridge.errors import DirectoryError


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_the_migrated_schema_is_the_one_that_the_code_uses(directory: Directory) -> None:
    with directory.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, metadata) == []


def test_every_table_checks_its_types(directory: Directory) -> None:
    with directory.read() as connection:
        rows = connection.exec_driver_sql("PRAGMA table_list").all()
    strict = {row[1]: row[5] for row in rows if row[0] == "main"}

    assert {name for name in metadata.tables if not strict[name]} == set()


def test_migrating_twice_changes_nothing(migrated: Path, tmp_path: Path) -> None:
    path = tmp_path / "directory.db"
    migrate(f"sqlite:///{path}")
    once = dump(path)

    migrate(f"sqlite:///{path}")

    assert dump(path) == once == dump(migrated)


def test_many_may_migrate_at_once(tmp_path: Path, migrated: Path) -> None:
    path = tmp_path / "directory.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")  # the one thing that nobody can wait for
    connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(migrate, [f"sqlite:///{path}"] * 8))

    assert dump(path) == dump(migrated)


def test_a_current_schema_is_accepted(directory: Directory) -> None:
    check_schema(directory.engine)


@pytest.mark.parametrize("revision", [None, "0000"])
def test_a_schema_that_is_not_current_is_refused_with_the_remedy(
    tmp_path: Path, url: str, revision: str | None
) -> None:
    if revision is None:
        url = f"sqlite:///{tmp_path}/empty.db"
    else:
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
        connection.commit()
        connection.close()
    engine = open_engine(url)

    with pytest.raises(DirectoryError, match=f"at {revision or 'nothing'}.*`scimbridge migrate`"):
        check_schema(engine)
    engine.dispose()
