"""Queries that go to the driver as text: those that every request asks.

SQLAlchemy writes the text, once for each database, and is then out of the way: to send one
statement by it takes ten times as long as SQLite takes to answer it (decision 0027).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select

from scimbridge.errors import DirectoryError


class Prepared:
    """A query whose text is kept. Its columns are whole numbers and text, as all of ours are."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def all(self, connection: Connection, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows, within the connection's transaction. Raises `DirectoryError`."""
        dialect = connection.dialect
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = _Text(self._statement, dialect)
        driver: Any = connection.connection.driver_connection
        try:
            found: list[tuple[Any, ...]] = driver.execute(
                text.sql, text.values(parameters)
            ).fetchall()
        except text.errors as error:
            raise DirectoryError(f"the directory did not answer: {error}") from error
        return found

    def first(self, connection: Connection, **parameters: object) -> tuple[Any, ...] | None:
        """The first of `all`."""
        return next(iter(self.all(connection, **parameters)), None)


class _Text:
    """A statement as one kind of database takes it."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
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
