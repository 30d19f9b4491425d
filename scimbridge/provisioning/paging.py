"""Where the pages of a list begin, as far as this process has seen them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

_MOST: Final = 10_000
"""Page starts that are kept of one list; then all are forgotten."""


@dataclass(slots=True)
class PageStarts:
    """Spares the database walking past everything before a page. Safe between threads.

    What is known holds for one version of a list: what is added to or taken from it moves what
    comes after.
    """

    _known: dict[str, tuple[int, dict[int, int]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, resource_type: str, version: int, offset: int) -> int | None:
        """The primary key behind which the row at ``offset`` is the next, if it is known."""
        known, starts = self._known.get(resource_type, (version, {}))
        return starts.get(offset) if known == version else None

    def note(self, resource_type: str, version: int, offset: int, after: int) -> None:
        """The row at ``offset`` is the first behind the primary key ``after``."""
        with self._lock:
            known, starts = self._known.get(resource_type, (version, {}))
            if known > version:
                return  # seen by a reader that began earlier
            if known < version or len(starts) >= _MOST:
                starts = {}
            starts[offset] = after
            self._known[resource_type] = (version, starts)
