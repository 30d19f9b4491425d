"""Statements that go to the driver as text: those of every request, and of every write.

SQLAlchemy writes the text, once for each database, and is then out of the way: to send one
statement by it takes ten times as long as SQLite takes to answer it (decisions 0025 and 0029).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Connection, Delete, Dialect, Insert, Select, Update, bindparam

from scimbridge.directory.failing import unanswered

Statement: TypeAlias = Select[Any] | Insert | Update | Delete


class Prepared:
    """A statement whose text is kept. Its columns are whole numbers and text, as all of ours are.

    Every method works within the connection's transaction, and raises `DirectoryError`.
    """

    def __init__(self, statement: Statement | Callable[[Dialect], Statement]) -> None:
        """``statement``, or what makes it where each database has its own."""
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def all(self, connection: Connection, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows that it finds or returns."""
        text = self._text(connection)
        driver: Any = connection.connection.driver_connection
        try:
            found: list[tuple[Any, ...]] = driver.execute(
                text.sql, text.values(parameters)
            ).fetchall()
        except text.errors as error:
            raise unanswered(error) from error
        return found

    def each(self, connection: Connection, **parameters: object) -> Iterator[tuple[Any, ...]]:
        """The rows that it finds, one by one: those of `all`, where there may be very many."""
        text = self._text(connection)
        driver: Any = connection.connection.driver_connection
        try:
            yield from driver.execute(text.sql, text.values(parameters))
        except text.errors as error:
            raise unanswered(error) from error

    def first(self, connection: Connection, **parameters: object) -> tuple[Any, ...] | None:
        """The first of `all`."""
        return next(iter(self.all(connection, **parameters)), None)

    def run(self, connection: Connection, **parameters: object) -> int:
        """How many rows it changed."""
        text = self._text(connection)
        driver: Any = connection.connection.driver_connection
        try:
            return int(driver.execute(text.sql, text.values(parameters)).rowcount)
        except text.errors as error:
            raise unanswered(error) from error

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Run it with each of ``rows``; they have the same names."""
        if not rows:
            return
        text = self._text(connection)
        driver: Any = connection.connection.driver_connection
        try:
            driver.cursor().executemany(text.sql, [text.values(row) for row in rows])
        except text.errors as error:
            raise unanswered(error) from error

    def _text(self, connection: Connection) -> _Text:
        dialect = connection.dialect
        text = self._texts.get(dialect.name)
        if text is None:
            own = self._statement
            statement = own(dialect) if callable(own) else own
            text = self._texts[dialect.name] = _Text(statement, dialect)
        return text


class PreparedIn:
    """A statement about a list of values. There are texts for powers of two alone."""

    def __init__(self, build: Callable[[Sequence[BindParameter[Any]]], Statement]) -> None:
        """``build`` takes what stands for the values, to be used in an ``in_``."""
        self._build = build
        self._sizes: dict[int, Prepared] = {}

    def all(
        self, connection: Connection, values: Sequence[object], **parameters: object
    ) -> list[tuple[Any, ...]]:
        """See `Prepared.all`; of ``values`` there must be one at least, and 500 at most."""
        statement, named = self._fitting(values)
        return statement.all(connection, **named, **parameters)

    def run(self, connection: Connection, values: Sequence[object], **parameters: object) -> int:
        """See `Prepared.run` and `all`."""
        statement, named = self._fitting(values)
        return statement.run(connection, **named, **parameters)

    def _fitting(self, values: Sequence[object]) -> tuple[Prepared, dict[str, object]]:
        size = 1 << (len(values) - 1).bit_length()
        statement = self._sizes.get(size)
        if statement is None:
            binds: list[BindParameter[Any]] = [bindparam(name) for name in _names(size)]
            statement = self._sizes[size] = Prepared(self._build(binds))
        # The last value again, as often as the statement has room for.
        filled = [*values, *[values[-1]] * (size - len(values))]
        return statement, dict(zip(_names(size), filled, strict=True))


@cache
def _names(size: int) -> tuple[str, ...]:
    return tuple(f"value_{number}" for number in range(size))


class _Text:
    """A statement as one kind of database takes it."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.errors: type[Exception] = dialect.loaded_dbapi.Error
        self._order: Sequence[str] | None = compiled.positiontup
        self._constants = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }

    def values(self, parameters: Mapping[str, object]) -> object:
        """The parameters as the driver takes them: by position or by name."""
        if self._constants:
            parameters = {**self._constants, **parameters}
        return parameters if self._order is None else [parameters[name] for name in self._order]
