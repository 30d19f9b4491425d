"""Addresses inside a JSON document, as the transcripts write them.

``name.givenName``, ``Resources[0].id``, ``emails[type=work].value``, ``Resources[*].id`` and, for
keys that contain dots, ``'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'.manager``.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, Literal, TypeAlias

from conformance.model import Json


class Absent(Enum):
    """The type of `MISSING`: what `find` returns where the document has nothing, not even null."""

    MISSING = "missing"


MISSING: Final = Absent.MISSING
Found: TypeAlias = Json | Literal[Absent.MISSING]

_STEP = re.compile(
    r"""
      \.? (?: '(?P<quoted>[^']+)' | (?P<name>[^.\[\]'=]+) )
    | \[ (?: (?P<index>\d+) | (?P<every>\*) | (?P<key>[^=\]]+) = (?P<value>[^\]]*) ) \]
    """,
    re.VERBOSE,
)


class PathSyntaxError(ValueError):
    """The address is not of the form that the module describes."""


def parse_path(path: str) -> list[re.Match[str]]:
    """Split an address into its steps; raises `PathSyntaxError`. The empty address has none."""
    steps, position = [], 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None or (position == 0 and path[0] == "."):
            raise PathSyntaxError(f"{path!r} is not an address: stopped at character {position}")
        steps.append(step)
        position = step.end()
    return steps


def find(document: Json, path: str) -> Found:
    """Return what is at ``path``, or `MISSING`. Selectors compare without regard to case."""
    return _walk(document, parse_path(path))


def _walk(value: Json, steps: list[re.Match[str]]) -> Found:
    for number, step in enumerate(steps):
        if step["every"]:
            return _every(value, steps[number + 1 :])
        value = _take(value, step)
        if value is MISSING:
            return MISSING
    return value


def _every(value: Json, rest: list[re.Match[str]]) -> Found:
    if not isinstance(value, list):
        return MISSING
    found = [_walk(element, rest) for element in value]
    return [element for element in found if element is not MISSING]


def _take(value: Json, step: re.Match[str]) -> Found:
    name = step["quoted"] or step["name"]
    if name is not None:
        return value.get(name, MISSING) if isinstance(value, dict) else MISSING
    if not isinstance(value, list):
        return MISSING
    if step["index"] is not None:
        return value[int(step["index"])] if int(step["index"]) < len(value) else MISSING
    return next((e for e in value if _selected(e, step["key"], step["value"])), MISSING)


def _selected(element: Json, key: str, wanted: str) -> bool:
    if not isinstance(element, dict) or key not in element:
        return False
    return str(element[key]).casefold() == wanted.casefold()
