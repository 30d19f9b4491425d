"""The two databases of the directory, each test with one of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

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


def prepare(url: str) -> None:
    """Migrate a database; a new file of SQLite becomes a copy of one that was migrated before."""
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite") and not path.exists():
        path.write_bytes(_migrated())
    else:
        migrate(url)


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "directory.db")
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


@dataclass
class Databases:
    """Makes databases that have the schema and nothing in it."""

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

    @contextmanager
    def open(self, kind: str, folder: Path, *, empty: bool = False) -> Iterator[str]:
        """The URL of a new database, an SQLite one in ``folder``; ``empty``: without the schema."""
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'directory.db'}"
            if not empty:
                prepare(url)
            yield url
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
