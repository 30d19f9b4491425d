"""A consistent copy of the store while it is in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from scimbridge.errors import DirectoryError


def back_up(url: str, file: Path) -> int:
    """Copy the SQLite database at ``url`` to the new ``file``; returns its size in bytes.

    Writers are not kept waiting, and what they do meanwhile is in the copy whole or not at all.
    Raises `DirectoryError` if ``file`` exists, if the copy is not sound, or on PostgreSQL.
    """
    if not url.startswith("sqlite:///"):
        raise DirectoryError(
            "the directory is on PostgreSQL: back it up with `pg_dump --format=custom`, and "
            "restore all of it into an empty database with `pg_restore --single-transaction`"
        )
    if file.exists():
        raise DirectoryError(f"{file} exists; name a new file, since no backup is overwritten")
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    source = f"file:{Path(url.removeprefix('sqlite:///')).resolve()}?mode=ro"
    try:
        # Nobody else may read what is in it: that is set before the first byte.
        unfinished.touch(mode=0o600)
        with (
            closing(sqlite3.connect(source, uri=True)) as original,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            original.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, whatever the original is
            (found,) = copy.execute("PRAGMA integrity_check").fetchone()
    except (OSError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise DirectoryError(f"{file} could not be written: {error}") from error
    if found != "ok":
        raise DirectoryError(f"the copy {unfinished} is not sound: {found}")
    unfinished.rename(file)
    return file.stat().st_size
