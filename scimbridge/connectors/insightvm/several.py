"""Working on several accounts at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

_ACCOUNTS_AT_A_TIME = 4
"""A console is one machine, which serves scans meanwhile."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def several(act: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
    """``act`` for each of ``items``; the results in their order, or what it raised."""
    if len(items) < 2:
        yield from map(act, items)
        return
    with ThreadPoolExecutor(min(_ACCOUNTS_AT_A_TIME, len(items))) as pool:
        # The copied context carries the caller's deadline into the thread.
        running = [pool.submit(copy_context().run, act, item) for item in items]
        yield from (each.result() for each in running)
