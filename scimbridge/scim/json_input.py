"""Bytes to JSON, for bodies that anybody may send.

`json.loads` alone takes NaN, repeated names, lone surrogates and nesting up to the end of the
stack; each of them fails later, in a place where it is no longer the sender's fault.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from scimbridge.errors import InvalidSyntax

MAX_DEPTH: Final = 64
"""Arrays and objects inside each other."""

_MAX_DIGITS: Final = 308
"""Integers of more digits are beyond double precision, which most JSON software uses."""
_SUSPICIOUS_ESCAPE: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def parse_json(raw: bytes) -> Any:
    """The JSON value in ``raw``. Raises `InvalidSyntax` for anything but strict UTF-8 JSON.

    Also refused: names that differ in case alone (SCIM names are case-insensitive), NaN and
    infinities, numbers beyond the range of double precision, NUL and lone surrogates in strings,
    nesting deeper than `MAX_DEPTH`.
    """
    try:
        text = raw.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise InvalidSyntax(f"the body is not UTF-8 at byte {error.start + 1}") from error
    except ValueError as error:
        raise InvalidSyntax(f"the body is not JSON: {error}") from error
    except RecursionError as error:
        raise InvalidSyntax(f"the body nests deeper than {MAX_DEPTH}") from error
    _check_depth(value)
    if _SUSPICIOUS_ESCAPE.search(text):
        _check_strings(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name.lower() for name, _ in pairs}) != len(pairs):
        names = ", ".join(sorted(name for name, _ in pairs))
        raise ValueError(f"a name is repeated among {names[:200]}")
    return dict(pairs)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:40]} is out of range")
    return number


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits is out of range")
    return int(text)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inside = [inner for outer in level for inner in _children(outer)]
        level = [each for each in inside if isinstance(each, (dict, list))]
        if not level:
            return
    raise InvalidSyntax(f"the body nests deeper than {MAX_DEPTH}")


def _check_strings(value: Any) -> None:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            if "\x00" in each or any("\ud800" <= c <= "\udfff" for c in each):
                raise InvalidSyntax("a string of the body holds a NUL or a lone surrogate")
        elif isinstance(each, dict):
            pending += each.keys()
        pending += _children(each)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
