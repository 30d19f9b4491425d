"""The two databases of the directory, each test with one of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

from scimbridge.directory.migrate import migrate
from scimbridge.directory.schema import metadata
from tests.postgres import Server

DATABASES = ("sqlite", "postgresql")
_TEMPLATE = "migrated"
# Emptying a database costs a twentieth of making one, which copies 300 files.
_EMPTY = "".join(
    f"DELETE FROM {table.name};"  # noqa: S608 - the names are our own
    + (
        f"ALTER SEQUENCE {table.name}_pk_seq RESTART;"
        if table.autoincrement_column is not None
        else ""
    )
    for table in reversed(metadata.sorted_tables)
)


@dataclass
class Databases:
    """Makes databases that have the schema and nothing in it."""

    folder: Path
    """Where the SQLite file lies that the others are copies of."""
    start_server: Callable[[], Server]
    """Called when the first PostgreSQL database is asked for."""
    _numbers: Iterator[int] = field(default_factory=count)
    _clean: list[str] = field(default_factory=list)
    _server: Server | None = None

    @property
    def server(self) -> Server:
        """The PostgreSQL server, on which a migrated database is ready to be copied."""
        if self._server is None:
            self._server = self.start_server()
            migrate(self._server.create(_TEMPLATE))
        return self._server

    @property
    def migrated(self) -> Path:
        """A migrated SQLite file, to be copied."""
        path = self.folder / "migrated.db"
        if not path.exists():
            migrate(f"sqlite:///{path}")
        return path

    @contextmanager
    def open(self, kind: str, folder: Path, *, empty: bool = False) -> Iterator[str]:
        """The URL of a new database, an SQLite one in ``folder``; ``empty``: without the schema."""
        if kind == "sqlite":
            path = folder / "directory.db"
            yield f"sqlite:///{path if empty else shutil.copy(self.migrated, path)}"
            return
        if empty:
            yield self.server.create("empty")
            self.server.drop("empty")
            return
        name = self._clean.pop() if self._clean else self._create()
        yield self.server.url(name)
        try:
            self.server.execute(_EMPTY, name)
        except psycopg.Error:  # its tables are not all there
            self.server.drop(name)
        else:
            self._clean.append(name)

    def _create(self) -> str:
        name = f"test{next(self._numbers)}"
        self.server.create(name, template=_TEMPLATE)
        return name
