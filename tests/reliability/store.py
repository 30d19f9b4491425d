"""The directory's database: kept as it was prepared, and put back before each run."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from scimbridge.directory.migrate import migrate
from scimbridge.directory.schema import metadata
from tests.postgres import Server

_TABLES = SQL(", ").join(Identifier(table.name) for table in metadata.sorted_tables)
_OTHERS = """
    SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Store:
    """A database of its own, on SQLite or on ``server``."""

    def __init__(self, folder: Path, server: Server | None, name: str) -> None:
        self._file = folder / "directory.db"
        self._server = server
        self._name = name
        self._rows: dict[str, bytes] = {}
        self._sequences: dict[str, tuple[int, bool]] = {}
        """Name to the last value, and whether it was given out."""
        self.url = f"sqlite:///{self._file}" if server is None else server.create(name)
        migrate(self.url)

    def keep(self) -> None:
        """Take what is there now for the prepared state."""
        if self._server is None:
            shutil.copy(self._file, self._kept)
            return
        with psycopg.connect(self.url) as connection:
            for table in metadata.sorted_tables:
                statement = SQL("COPY {} TO STDOUT").format(Identifier(table.name))
                with connection.cursor().copy(statement) as out:
                    self._rows[table.name] = b"".join(map(bytes, out))
            found = connection.execute("SELECT sequencename, last_value FROM pg_sequences")
            self._sequences = {name: (last or 1, last is not None) for name, last in found}

    def put_back(self) -> None:
        """Have the prepared state again, whatever there is and whoever is connected."""
        if self._server is None:
            for suffix in ("-wal", "-shm"):
                Path(f"{self._file}{suffix}").unlink(missing_ok=True)
            shutil.copy(self._kept, self._file)
            return
        # A new database would be a copy of 300 files, which costs more than what is played on it.
        with psycopg.connect(self.url) as connection:
            connection.execute(_OTHERS)
            # Neither triggers nor foreign keys: the rows are whole as they are.
            connection.execute("SET session_replication_role = replica")
            for name, rows in self._rows.items():
                connection.execute(SQL("DELETE FROM {}").format(Identifier(name)))
                statement = SQL("COPY {} FROM STDIN").format(Identifier(name))
                with connection.cursor().copy(statement) as into:
                    into.write(rows)
            for name, (last, given) in self._sequences.items():
                connection.execute("SELECT setval(%s, %s, %s)", (name, last, given))
            connection.commit()
            # Or what the runs before have left would be read again and again.
            connection.autocommit = True
            connection.execute(SQL("VACUUM {}").format(_TABLES))

    def drop(self) -> None:
        """Have nothing left of it on the server."""
        if self._server is not None:
            self._server.drop(self._name)

    @property
    def _kept(self) -> Path:
        return self._file.with_suffix(".kept")
