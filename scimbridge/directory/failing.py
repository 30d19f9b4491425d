"""What SQLAlchemy and the drivers raise, as a failure of the directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from scimbridge.errors import DirectoryError


@contextmanager
def translated(dialect: Dialect) -> Iterator[None]:
    """Have what SQLAlchemy and the driver raise come out as `DirectoryError`."""
    try:
        yield
    except (SQLAlchemyError, dialect.loaded_dbapi.Error) as error:
        raise unanswered(error) from error


def unanswered(error: Exception) -> DirectoryError:
    """The failure that an error of SQLAlchemy, of the driver or of the system is."""
    reason = error.orig if isinstance(error, DBAPIError) else error
    return DirectoryError(f"the directory did not answer: {reason}")
