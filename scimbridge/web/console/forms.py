"""What pages with lists take from the query: filters, and where a page of the list begins."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import urlencode

from flask import request

from scimbridge.errors import InvalidSyntax
from scimbridge.web.site import site

A_PAGE: Final = 50
"""Rows of a list that are shown at a time."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Leaves:
    """The queries that lead to other pages of a list, with the same filters; None: there is none.

    There is no way back but to the first page, since rows come and go.
    """

    first: str | None
    further: str | None


def text(name: str = "text") -> str:
    """What was typed, without the blanks around it."""
    typed = request.args.get(name, "").strip()
    if "\x00" in typed:
        # PostgreSQL takes it in no value.
        raise InvalidSyntax("A name has no NUL in it.")
    return typed


def one_of(name: str, known: Container[str]) -> str | None:
    """What was chosen; None: all, or nothing that is ``known``."""
    chosen = request.args.get(name, "")
    return chosen if chosen in known else None


def begins_after() -> int | None:
    """The primary key that the page before ended with; None: this is the first page."""
    typed = request.args.get("after", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def cut(found: Sequence[T], key: Callable[[T], object]) -> tuple[Sequence[T], Leaves]:
    """One page of ``found``, in which there is one row more if there is another page.

    ``key`` gives what the next page begins after.
    """
    kept = {name: value for name, value in request.args.items() if value and name != "after"}
    shown = found[:A_PAGE]
    more = len(found) > A_PAGE
    return shown, Leaves(
        first=urlencode(kept) if request.args.get("after") else None,
        further=urlencode({**kept, "after": key(shown[-1])}) if more else None,
    )


def targets() -> dict[str, str]:
    """All of them, as a choice: by its value what is shown."""
    return {name: name for name in site().providers}


def target() -> str | None:
    """The target that was chosen; None: all."""
    return one_of("target", site().providers)


def day(name: str, *, last: bool = False) -> int | None:
    """The beginning of a day, or its end, in milliseconds since the epoch; None: no day.

    Raises `InvalidSyntax`.
    """
    typed = request.args.get(name, "")
    if not typed:
        return None
    try:
        begins = datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidSyntax(f'"{typed}" is no day; write for example 2026-11-21.') from None
    ends = begins + timedelta(days=1)
    return round(1000 * (ends if last else begins).timestamp())
