"""What a transcript can demand of a value in a response, and how a broken demand is worded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from conformance.model import Json
from conformance.paths import MISSING, Found, find

Demand = Callable[[Found, Json], bool]


def _same(found: Found, wanted: Json) -> bool:
    """Equality that keeps JSON types apart: 1 is not true, and "200" is not 200."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    return bool(found == wanted)


def _holds(found: Found, part: Json) -> bool:
    if isinstance(found, str):
        return isinstance(part, str) and part in found
    return isinstance(found, list) and any(_same(element, part) for element in found)


def _is_number(value: Found) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _has_type(found: Found, name: Json) -> bool:
    if name in {"integer", "number"}:
        return _is_number(found) and (name == "number" or isinstance(found, int))
    types = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(found, types[name])


def _is_empty(found: Found) -> bool:
    """RFC 7643 section 2.5: absent, null and [] are one state; an empty string says no more."""
    if isinstance(found, dict):
        return all(_is_empty(value) for value in found.values())
    return found is MISSING or found is None or found == "" or found == []


def _length(found: Found) -> int:
    if _is_empty(found):
        return 0
    return len(found) if isinstance(found, (list, str, dict)) else -1


def _ignoring_case(found: Found, wanted: Json) -> bool:
    return isinstance(found, str) and found.casefold() == str(wanted).casefold()


def _at_most_once(found: Found, wanted: Json) -> bool:
    return not isinstance(found, list) or sum(_same(each, wanted) for each in found) <= 1


def _matches(found: Found, pattern: Json) -> bool:
    return isinstance(found, str) and re.search(pattern, found) is not None


DEMANDS: Final[Mapping[str, Demand]] = {
    "equals": _same,
    "ignoring_case": _ignoring_case,
    "not": lambda found, other: found is not MISSING and not _same(found, other),
    "one_of": lambda found, options: any(
        _same(None if found is MISSING else found, option) for option in options
    ),
    "present": lambda found, wanted: (not _is_empty(found)) is wanted,
    "absent": lambda found, wanted: (found is MISSING) is wanted,
    "empty": lambda found, wanted: _is_empty(found) is wanted,
    "type": _has_type,
    "length": lambda found, wanted: _length(found) == wanted,
    "contains": _holds,
    "at_most_once": _at_most_once,
    "lacks": lambda found, part: not _holds(found, part),
    "matches": _matches,
    "at_least": lambda found, bound: _is_number(found) and found >= bound,
    "at_most": lambda found, bound: _is_number(found) and found <= bound,
}
"""Name of a demand, as transcripts write it, and its test."""


def broken_demands(document: Json, demands: Mapping[str, Json]) -> Iterator[str]:
    """Yield one sentence for each demand that ``document`` does not meet.

    ``demands`` maps an address (see `conformance.paths`) to a literal, which must be equal, or to
    an object of named demands, all of which must hold.
    """
    for path, demand in demands.items():
        named = demand if isinstance(demand, dict) else {"equals": demand}
        found = find(document, path)
        for name, wanted in named.items():
            if not DEMANDS[name](found, wanted):
                yield f"{path or 'the body'}: expected {_worded(name, wanted)}, got {shown(found)}"


def _worded(name: str, wanted: Json) -> str:
    if name in {"present", "absent", "empty"}:
        return name if wanted else f"not {name}"
    if name == "equals":
        return shown(wanted)
    return f"{name.replace('_', ' ')} {shown(wanted)}"


def shown(value: Found, limit: int = 300) -> str:
    """Return a value as JSON, cut to ``limit`` characters, or the word for its absence."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[:limit] + " ..."
