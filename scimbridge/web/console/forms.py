"""What the filters of pages take from the query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import request

from scimbridge.errors import InvalidSyntax
from scimbridge.web.site import site


def text(name: str = "text") -> str:
    """What was typed, without the blanks around it."""
    typed = request.args.get(name, "").strip()
    if "\x00" in typed:
        # PostgreSQL takes it in no value.
        raise InvalidSyntax("A name has no NUL in it.")
    return typed


def target() -> str | None:
    """The target that was chosen; None: all."""
    chosen = request.args.get("target", "")
    return chosen if chosen in site().providers else None


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
