"""Where the pages of a list begin, as far as this process has seen them."""

from __future__ import annotations

import threading
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from typing import Final

_MOST: Final = 10_000
"""Page starts that are kept of one list; then all are forgotten."""


@dataclass(slots=True)
class _Known:
    version: int
    after: dict[int, int] = field(default_factory=lambda: {0: 0})
    """By offset, the primary key behind which the row there is the next."""
    offsets: list[int] = field(default_factory=lambda: [0])
    """The same offsets in order."""


@dataclass(slots=True)
class PageStarts:
    """Spares the database walking past everything before a page. Safe between threads.

    What is known holds for one version of a list: what is added to or taken from it moves what
    comes after.
    """

    _lists: dict[str, _Known] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, resource_type: str, version: int, offset: int) -> tuple[int, int]:
        """The last known offset up to ``offset``, and behind which key the row there is next."""
        with self._lock:
            known = self._lists.get(resource_type)
            if known is None or known.version != version:
                return 0, 0
            nearest = known.offsets[bisect_right(known.offsets, offset) - 1]
            return nearest, known.after[nearest]

    def note(self, resource_type: str, version: int, offset: int, after: int) -> None:
        """The row at ``offset`` is the first behind the primary key ``after``."""
        with self._lock:
            known = self._lists.get(resource_type)
            if known is not None and known.version > version:
                return  # seen by a reader that began earlier
            if known is None or known.version < version or len(known.offsets) >= _MOST:
                known = self._lists[resource_type] = _Known(version)
            if offset not in known.after:
                insort(known.offsets, offset)
                known.after[offset] = after
