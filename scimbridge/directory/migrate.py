"""Bringing the store's schema up to date; run once before workers start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from scimbridge.directory.engine import open_engine
from scimbridge.errors import DirectoryError

_SCRIPTS = Path(__file__).with_name("migrations")


def migrate(url: str) -> None:
    """Upgrade the database at ``url`` to the newest schema, creating it if it is not there."""
    engine = open_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            # Set once and kept in the file; it ignores the busy timeout, so never per worker.
            with engine.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None  # noqa: S101 - the pool just opened it
                driver.execute("PRAGMA journal_mode = WAL")
        config = _config()
        with (
            engine.connect().execution_options(scimbridge_write=True) as connection,
            connection.begin(),
        ):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def check_schema(engine: Engine) -> None:
    """Raise `DirectoryError` unless the schema is the one that this version needs."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != newest:
        raise DirectoryError(
            f"the directory's schema is at {current or 'nothing'}, this version needs {newest}; "
            "run `scimbridge migrate` with the same configuration"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config
