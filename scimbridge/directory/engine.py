"""Opening the store and its transactions, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from scimbridge.errors import DirectoryError

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another one; far above any transaction of ours."""


class Directory:
    """The store. `read` and `write` open the two kinds of transaction that there are.

    Every transaction is short, and none is ever open while a vendor is called.
    Must be opened after the fork: a child could commit its parent's transaction.
    """

    def __init__(self, url: str) -> None:
        """``url`` is ``sqlite:///PATH`` or ``postgresql://...``; the schema must be there.

        See `scimbridge.directory.migrate`.
        """
        self.engine = open_engine(url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view of the store. Raises `DirectoryError`."""
        with _translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all or nothing. Raises `DirectoryError`."""
        with (
            _translated(),
            self.engine.connect().execution_options(scimbridge_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Close every connection of this process."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise DirectoryError(f"the directory did not answer: {error.orig}") from error
    except SQLAlchemyError as error:
        raise DirectoryError(f"the directory did not answer: {error}") from error


def open_engine(url: str) -> Engine:
    """An engine with the settings that each database needs; nothing is connected yet."""
    if url.startswith("sqlite"):
        return _open_sqlite(url)
    url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    return create_engine(url, pool_size=8, max_overflow=56, pool_pre_ping=True)


def _open_sqlite(url: str) -> Engine:
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=8, max_overflow=56)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        # The driver must not open transactions by itself: a deferred one that turns into a
        # writer fails at once with SQLITE_BUSY, whatever the timeout.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        # With NORMAL a commit can vanish on power loss, and the IdP was told of it.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("scimbridge_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
