"""Opening the store and its transactions, on SQLite or PostgreSQL."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from scimbridge.directory.commits import Shared
from scimbridge.directory.failing import translated, unanswered
from scimbridge.directory.filesystem import refuse_network_folder
from scimbridge.directory.turns import Line, Queue

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another one; far above any transaction of ours."""

STATEMENT_TIMEOUT_MS = 20_000
"""How long PostgreSQL may work on one statement; below the deadline of a request."""

IDLE_TIMEOUT_MS = 8_000
"""How long a transaction may pause before PostgreSQL ends it: below `BUSY_TIMEOUT_MS`, so that a
process that is stopped while it writes holds up the others, but fails none of them."""

CONNECTIONS = 20
"""The most connections that one process opens to PostgreSQL, which grants 100 as installed."""

IDLE_CONNECTIONS = 8
"""The most connections to SQLite that one process keeps open for the next who read or write."""

_BEGIN_IMMEDIATE = "BEGIN IMMEDIATE"

# The number names the writer's lock among the advisory locks of a database.
_ADVISORY_LOCK = f"SELECT pg_advisory_xact_lock({0x5C1B_41D6E})"


class Directory:
    """The store. `read` and `write` open the two kinds of transaction that there are, and `glance`
    spares one where it would hold a single statement.

    Every transaction is short, and none is ever open while a vendor is called.
    Must be opened after the fork: a child could commit its parent's transaction.
    """

    def __init__(self, url: str) -> None:
        """``url`` is ``sqlite:///PATH`` or ``postgresql://...``; the schema must be there.

        See `scimbridge.directory.migrate`.
        """
        self.engine = open_engine(url)
        on_sqlite = self.engine.dialect.name == "sqlite"
        self._begin_reading = (
            _begin_reading_on_sqlite if on_sqlite else _begin_reading_on_postgresql
        )
        self._begin_glancing = None if on_sqlite else _begin_reading_on_postgresql
        self._begin_writing = _beginning_to_write(self.engine.dialect)
        self._errors = (SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error)
        self._idle: deque[Connection] = deque()
        # A server may have closed a connection meanwhile: the pool asks it before each use.
        self._most_idle = IDLE_CONNECTIONS if on_sqlite else 0
        self._line: Line[Shared] = Line()
        self._queue = Queue(_file(url)) if on_sqlite else None

    def read(self) -> AbstractContextManager[Connection]:
        """A consistent view of the store. Raises `DirectoryError`."""
        return _Borrowed(self._open, self._begin_reading, self._keep, self._errors)

    def glance(self) -> AbstractContextManager[Connection]:
        """For one statement, which sees one moment by itself. Raises `DirectoryError`."""
        return _Borrowed(self._open, self._begin_glancing, self._keep, self._errors)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all or nothing, and durable when the block is left.

        Those who wait meanwhile may write in the same one (`Shared`). Raises `DirectoryError`.
        """
        with translated(self.engine.dialect):
            shared = self._shared()
            try:
                with shared.part():
                    yield shared.connection
            finally:
                if not (shared.has_room and self._line.hand_on(shared)):
                    try:
                        shared.end()
                    finally:
                        self._line.leave()
                shared.wait()

    def close(self) -> None:
        """Close every connection of this process."""
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()

    def _shared(self) -> Shared:
        """The transaction of who wrote before and handed it on, or a new one."""
        until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
        handed_on = self._line.take(BUSY_TIMEOUT_MS / 1000)
        if handed_on is not None:
            return handed_on
        try:
            with ExitStack() as held:
                if self._queue is not None:
                    held.enter_context(self._queue.turn(until - time.monotonic()))
                borrowed = _Borrowed(self._open, self._begin_writing, self._keep, self._errors)
                return Shared(held.enter_context(borrowed), held.pop_all())
        except BaseException:
            self._line.leave()
            raise

    def _open(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self.engine.connect()

    def _keep(self, connection: Connection) -> bool:
        if len(self._idle) >= self._most_idle:
            return False
        self._idle.append(connection)
        return True


class _Borrowed(AbstractContextManager[Connection]):
    """A connection and a transaction, which is rolled back unless the block has committed it.

    Every request does this twice, so it spares what costs more than a lookup: the pool, a beginning
    and an end by SQLAlchemy, and a generator. A connection that a block failed with is closed.
    Where there is no beginning, each statement is a transaction of its own.
    """

    __slots__ = ("_begin", "_connection", "_errors", "_keep", "_open")

    def __init__(
        self,
        open_one: Callable[[], Connection],
        begin: Callable[[Any], None] | None,
        keep: Callable[[Connection], bool],
        errors: tuple[type[Exception], ...],
    ) -> None:
        """``errors``: what SQLAlchemy and the driver raise."""
        self._open, self._begin, self._keep, self._errors = open_one, begin, keep, errors

    def __enter__(self) -> Connection:
        try:
            connection = self._connection = self._open()
            if self._begin is not None:
                try:
                    self._begin(connection.connection.driver_connection)
                except BaseException:
                    connection.close()
                    raise
        except self._errors as error:
            raise unanswered(error) from error
        return connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        try:
            self._end(whole=error is None)
        except self._errors as failure:
            raise unanswered(failure) from failure
        if isinstance(error, self._errors):
            raise unanswered(error) from error

    def _end(self, *, whole: bool) -> None:
        connection, kept = self._connection, False
        try:
            if whole:
                if self._begin is not None or connection.in_transaction():
                    connection.rollback()
                    driver: Any = connection.connection.driver_connection
                    driver.rollback()
                kept = self._keep(connection)
        finally:
            if not kept:
                connection.close()


def open_engine(url: str) -> Engine:
    """An engine with the settings that each database needs; nothing is connected yet.

    Raises `ConfigError` if an SQLite file would lie on a network file system.
    """
    return _open_sqlite(url) if url.startswith("sqlite") else _open_postgresql(url)


def begin_writing(connection: Connection) -> None:
    """Keep other writers out, from the beginning of a transaction."""
    _beginning_to_write(connection.dialect)(connection.connection.driver_connection)


def _beginning_to_write(dialect: Dialect) -> Callable[[Any], None]:
    return _begin_writing_on_sqlite if dialect.name == "sqlite" else _begin_writing_on_postgresql


def insert_or_else(dialect: Dialect, table: Table) -> Any:
    """An INSERT that can say what becomes of a row that is there: each database has its own."""
    own = postgresql if dialect.name == "postgresql" else sqlite
    return own.insert(table)


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _open_sqlite(url: str) -> Engine:
    path = _file(url)
    refuse_network_folder(path)
    path.parent.mkdir(parents=True, exist_ok=True)
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

    return engine


def _begin_reading_on_sqlite(driver: Any) -> None:
    driver.execute("BEGIN")  # takes no lock, so that there is no failure to translate


def _begin_writing_on_sqlite(driver: Any) -> None:
    driver.execute(_BEGIN_IMMEDIATE)


def _open_postgresql(url: str) -> Engine:
    settings = {
        "lock_timeout": BUSY_TIMEOUT_MS,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT_MS,
    }
    return create_engine(
        "postgresql+psycopg://" + url.removeprefix("postgresql://"),
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS - CONNECTIONS // 2,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        # The server may have been restarted since a connection was last used.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        },
    )


def _begin_reading_on_postgresql(driver: Any) -> None:
    from psycopg import IsolationLevel  # an extra, which those on SQLite do not install

    # It begins with the first statement.
    driver.isolation_level = IsolationLevel.REPEATABLE_READ
    driver.read_only = True


def _begin_writing_on_postgresql(driver: Any) -> None:
    from psycopg import IsolationLevel

    # Like SQLite: a reader sees one moment, and there is one writer at a time, so that no
    # transaction is written for one of the two databases alone. The lock comes first, and each
    # statement after it sees all that earlier writers have committed.
    driver.isolation_level = IsolationLevel.READ_COMMITTED
    driver.read_only = False
    driver.execute(_ADVISORY_LOCK)
