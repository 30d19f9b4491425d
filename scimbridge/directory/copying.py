"""A private copy of the store, on which anything can be tried."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert, select

from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate
from scimbridge.directory.schema import audit, lists, metadata, passes

_NOT_COPIED = (audit, lists, passes)
"""The lists count in the copy what is written there."""
_ROWS = 1000
"""How many rows are held in memory at a time."""


def copy_directory(source: Directory, file: Path) -> str:
    """Copy all of ``source`` but what only tells of the past to a new SQLite database.

    Returns its URL.

    Works from either database: the tables are the same. Raises `DirectoryError`.
    """
    url = f"sqlite:///{file}"
    migrate(url)
    copy = Directory(url)
    try:
        with source.read() as reading, copy.write() as writing:
            for table in metadata.sorted_tables:
                if table in _NOT_COPIED:
                    continue
                rows = reading.execute(select(table)).mappings()
                for some in rows.partitions(_ROWS):
                    writing.execute(insert(table), [dict(row) for row in some])
    finally:
        copy.close()
    return url
