"""A JSON value as a value of its attribute, or the reason why it is none.

`normalise` is the only way by which a value enters a document: names get their canonical
spelling, what the dialect tolerates is put right, what means "unassigned" becomes None.
The meaning of strings (time zones, languages, countries) is not checked: IdPs and validators send
anything there, and reading back what was sent is what they check.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeGuard

from scimbridge.errors import InvalidValue
from scimbridge.scim.attributes import Attribute
from scimbridge.scim.datetimes import parse_instant
from scimbridge.scim.quirks import Dialect

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-\s]*={0,2}\s*", re.ASCII)


def normalise(
    attribute: Attribute, value: Any, dialect: Dialect, *, at: str, partial: bool = False
) -> Any:
    """``value`` as a value of ``attribute``; None if it means that the attribute is unassigned.

    ``at`` is the path that errors name. With ``partial`` a complex value keeps the sub-attributes
    that it clears, as None, for PATCH to merge. Raises `InvalidValue`.
    """
    if value is None:
        return None
    if attribute.multi_valued:
        return _elements(attribute, value, dialect, at)
    return normalise_lone(attribute, value, dialect, at=at, partial=partial)


def normalise_lone(
    attribute: Attribute, value: Any, dialect: Dialect, *, at: str, partial: bool = False
) -> Any:
    """The value of a singular attribute, or the one element that a value path selects."""
    if isinstance(value, list):
        if not value:
            return None
        if len(value) > 1 or not dialect.tolerates("array-for-single"):
            raise InvalidValue(f"{at} takes one value, not an array")
        value = value[0]
    return _element(attribute, value, dialect, at, partial=partial)


def _element(
    attribute: Attribute, value: Any, dialect: Dialect, at: str, *, partial: bool = False
) -> Any:
    if value is None:
        return None
    if attribute.type == "complex":
        return _complex(attribute, value, dialect, at, partial)
    if value == "" and dialect.tolerates("empty-string"):
        return None
    return _SIMPLE[attribute.type](value, dialect, at)


def _elements(attribute: Attribute, value: Any, dialect: Dialect, at: str) -> list[Any] | None:
    if not isinstance(value, list):
        if not dialect.tolerates("single-for-array"):
            raise InvalidValue(f"{at} takes an array")
        value = [value]
    elements = [_element(attribute, each, dialect, at) for each in value]
    kept = without_duplicates([each for each in elements if each is not None])
    return _one_primary(kept, dialect, at) or None


def without_duplicates(elements: list[Any]) -> list[Any]:
    """The elements without those that are equal to an earlier one (RFC 7643 section 2.4)."""
    seen: dict[Any, Any] = {}
    for each in elements:
        seen.setdefault(hashable(each), each)
    return elements if len(seen) == len(elements) else list(seen.values())


def hashable(value: Any) -> Any:
    """A key that equal JSON values share."""
    # The type is part of the key because 1 == True == 1.0.
    if isinstance(value, Mapping):
        return frozenset((name, hashable(each)) for name, each in value.items())
    if isinstance(value, list):
        return tuple(hashable(each) for each in value)
    return type(value), value


def _one_primary(elements: list[Any], dialect: Dialect, at: str) -> list[Any]:
    """At most one element is primary (RFC 7643 section 2.4): the last that says so."""
    primaries = [
        each for each in elements if isinstance(each, dict) and each.get("primary") is True
    ]
    if len(primaries) < 2:
        return elements
    if not dialect.tolerates("several-primaries"):
        raise InvalidValue(f"{at} has {len(primaries)} primary values; at most one is allowed")
    return [
        each | {"primary": False} if any(each is p for p in primaries[:-1]) else each
        for each in elements
    ]


def _complex(
    attribute: Attribute, value: Any, dialect: Dialect, at: str, partial: bool
) -> dict[str, Any] | None:
    if isinstance(value, str):
        value = _from_string(attribute, value, dialect, at)
    if not isinstance(value, Mapping):
        raise InvalidValue(f"{at} takes an object, not {_kind(value)}")
    result: dict[str, Any] = {}
    for name, each in value.items():
        sub = attribute.find(name)
        if sub is None:
            if not dialect.tolerates("unknown-attributes"):
                raise InvalidValue(f"{at} has no sub-attribute {name!r}")
            continue
        if sub.mutability == "readOnly":
            continue
        found = normalise(sub, each, dialect, at=f"{at}.{sub.name}")
        if found is not None or partial:
            result[sub.name] = found
    _check_required(attribute, result, at, partial=partial)
    return result if result or partial else None


def _from_string(
    attribute: Attribute, value: str, dialect: Dialect, at: str
) -> dict[str, str | None]:
    if attribute.find("value") is None or not dialect.tolerates("string-for-complex"):
        raise InvalidValue(f"{at} takes an object, not a string")
    return {"value": value}


def _check_required(
    attribute: Attribute, value: Mapping[str, Any], at: str, *, partial: bool
) -> None:
    for sub in attribute.sub_attributes if value else ():
        missing = value.get(sub.name) is None and (sub.name in value or not partial)
        if sub.required and missing and sub.mutability != "readOnly":
            raise InvalidValue(f"{at}.{sub.name} is required")


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a JSON value is a finite number; Python takes True for one."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _string(value: Any, dialect: Dialect, at: str) -> str:
    if isinstance(value, str):
        return value
    if not is_number(value) or not dialect.tolerates("number-for-string"):
        raise InvalidValue(f"{at} takes a string, not {_kind(value)}")
    return str(value)


def _boolean(value: Any, dialect: Dialect, at: str) -> bool:
    if isinstance(value, bool):
        return value
    text = value.lower() if isinstance(value, str) else ""
    if text not in ("true", "false") or not dialect.tolerates("boolean-string"):
        raise InvalidValue(f"{at} takes true or false, not {_kind(value)}")
    return bool(text == "true")


def _integer(value: Any, dialect: Dialect, at: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue(f"{at} takes an integer, not {_kind(value)}")
    return value


def _decimal(value: Any, dialect: Dialect, at: str) -> int | float:
    if not is_number(value):
        raise InvalidValue(f"{at} takes a number, not {_kind(value)}")
    return value


def _date_time(value: Any, dialect: Dialect, at: str) -> str:
    try:
        parse_instant(value)
    except (ValueError, TypeError) as error:
        raise InvalidValue(
            f"{at} takes a dateTime such as 2011-05-13T04:42:34Z, not {_kind(value)}"
        ) from error
    return str(value)


def _binary(value: Any, dialect: Dialect, at: str) -> str:
    if not isinstance(value, str) or not _BASE64.fullmatch(value):
        raise InvalidValue(f"{at} takes base64, not {_kind(value)}")
    return value


_SIMPLE: Final[Mapping[str, Callable[[Any, Dialect, str], Any]]] = {
    "string": _string,
    "reference": _string,
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "dateTime": _date_time,
    "binary": _binary,
}


def _kind(value: Any) -> str:
    """What a JSON value is, for messages: never the value itself, which may be a secret."""
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "this string"
        case list():
            return "an array"
        case _:
            return "an object"
