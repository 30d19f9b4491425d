"""Bringing the store's schema up to date; run once before workers start."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from scimbridge.directory.engine import begin_writing, open_engine
from scimbridge.directory.failing import translated
from scimbridge.errors import DirectoryError

_SCRIPTS = Path(__file__).with_name("migrations")


def migrate(url: str) -> str:
    """Upgrade the database at ``url`` to the newest schema, creating it if it is not there.

    Returns the revision that it is at.

    Any number of processes may do so at once: one works, and the others wait for it. Raises
    `ConfigError` or `DirectoryError`.
    """
    engine = open_engine(url)
    try:
        with translated(engine.dialect):
            if engine.dialect.name == "sqlite":
                _keep_write_ahead_log(engine)
            with engine.connect() as connection, connection.begin():
                begin_writing(connection)
                if _current(connection) != _newest():
                    _upgrade(connection)
                return _newest()
    finally:
        engine.dispose()


def _keep_write_ahead_log(engine: Engine) -> None:
    # Set once and kept in the file; it ignores the busy timeout, so never per worker.
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - the pool just opened it
        driver.execute("PRAGMA journal_mode = WAL")


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Rewriting a large table takes as long as it takes.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def check_schema(engine: Engine) -> None:
    """Raise `DirectoryError` unless the schema is the one that this version needs."""
    newest = _newest()
    with translated(engine.dialect), engine.connect() as connection:
        current = _current(connection)
    if current != newest:
        raise DirectoryError(
            f"the directory's schema is at {current or 'nothing'}, this version needs {newest}; "
            "run `scimbridge migrate` with the same configuration"
        )


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@cache
def _newest() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101 - there are migrations
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config
