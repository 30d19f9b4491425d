"""One commit for several writers: who finds others waiting hands its transaction on to them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import Connection

from scimbridge.directory.failing import translated, unanswered
from scimbridge.errors import DirectoryError

MOST_TOGETHER = 16
"""How many writers share a commit at most: the first of them waits for the last."""


class Shared:
    """A transaction in which several threads write, one after another.

    Whoever comes later begins with a savepoint, so that what one of them fails at is not written
    and costs the others nothing. All of them wait for the commit: nobody is told anything, not even
    a refusal, that rests on what is not durable.
    """

    def __init__(self, connection: Connection, held: ExitStack) -> None:
        """``connection`` has begun to write. ``held`` is closed with the transaction."""
        self.connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._held = held
        self._writers = 0
        self._open = True
        self._lost: DirectoryError | None = unanswered(InterruptedError("no commit"))
        self._over = threading.Event()

    @property
    def has_room(self) -> bool:
        """Whether another one may write in it."""
        return self._open and self._writers < MOST_TOGETHER

    @contextmanager
    def part(self) -> Iterator[None]:
        """What one writer writes: all of it, or nothing if the block raises."""
        self._writers += 1
        if self._writers == 1:
            yield from self._whole()
        else:
            yield from self._savepoint()

    def _whole(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            # Nobody else has written: it ends without a commit, and nobody has to be told.
            self._open, self._lost = False, None
            raise

    def _savepoint(self) -> Iterator[None]:
        dialect = self.connection.dialect
        try:
            self._driver.execute("SAVEPOINT writer")
            yield
            self._driver.execute("RELEASE writer")
        except BaseException:
            try:
                self._driver.execute("ROLLBACK TO writer")
            except dialect.loaded_dbapi.Error as error:
                # The database has given up the transaction, or is gone: so is what all wrote.
                self._open, self._lost = False, unanswered(error)
            raise

    def end(self) -> None:
        """Commit, unless there is nothing left to commit; those who wait go on."""
        try:
            with translated(self.connection.dialect), self._held:
                if self._open:
                    self._driver.execute("COMMIT")
                    self._lost = None
        except DirectoryError as error:
            self._lost = error
        finally:
            self._over.set()

    def wait(self) -> None:
        """Return once what was written is durable. Raises `DirectoryError` if it is lost."""
        self._over.wait()
        if self._lost is not None:
            raise DirectoryError(*self._lost.args) from self._lost
