"""Whether a resource meets a filter (RFC 7644 section 3.4.2.2).

Where the RFC leaves room:

* ``ne`` is the negation of ``eq``, also for an attribute that is absent or has several values;
  read as "any value differs" it would be true of almost every list.
* null, an empty array and absence are the same (RFC 7643 section 2.5).
* A value of another type than its attribute's meets no comparison but ``ne``.
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias, assert_never

from scimbridge.scim.attr_paths import AttrPath
from scimbridge.scim.attributes import Attribute
from scimbridge.scim.datetimes import parse_instant
from scimbridge.scim.filter_tree import And, Compare, Filter, Not, Or, Present, ValuePathFilter
from scimbridge.scim.values import is_number

Predicate: TypeAlias = Callable[[Mapping[str, Any]], bool]
_Test: TypeAlias = Callable[[Any, Any], bool]

_SUBSTRING: Final[Mapping[str, _Test]] = {
    "co": lambda value, part: part in value,
    "sw": str.startswith,
    "ew": str.endswith,
}
_TESTS: Final[Mapping[str, _Test]] = {
    "eq": operator.eq,
    "ne": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    **_SUBSTRING,
}


def matches(filter: Filter, resource: Mapping[str, Any]) -> bool:
    """Whether ``resource``, a document with canonical names, meets ``filter``."""
    return compile_filter(filter)(resource)


def compile_filter(filter: Filter) -> Predicate:
    """A function that says whether a resource meets ``filter``, for use on many of them."""
    match filter:
        case And(operands):
            every = tuple(compile_filter(operand) for operand in operands)
            return lambda resource: all(test(resource) for test in every)
        case Or(operands):
            some = tuple(compile_filter(operand) for operand in operands)
            return lambda resource: any(test(resource) for test in some)
        case Not(operand):
            negated = compile_filter(operand)
            return lambda resource: not negated(resource)
        case Present(path):
            return lambda resource: any(is_present(value) for value in values_at(path, resource))
        case Compare():
            return _compile_compare(filter)
        case ValuePathFilter(path, inner):
            test = compile_filter(inner)
            return lambda resource: any(
                test(as_element(value)) for value in values_at(path, resource)
            )
        case _:
            assert_never(filter)


def comparison_key(text: str, *, case_exact: bool) -> str:
    """What strings are compared by: themselves, or NFC and lower case where case is ignored."""
    if case_exact:
        return text
    lowered = text.lower()
    return lowered if lowered.isascii() else unicodedata.normalize("NFC", lowered)


def comparable(attribute: Attribute, value: Any) -> Any:
    """``value`` in the form that comparisons and sorting use; None if it is not of the type."""
    match attribute.type:
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer" | "decimal":
            return value if is_number(value) else None
        case "dateTime":
            return _instant(value)
        case _:
            is_text = isinstance(value, str)
            return comparison_key(value, case_exact=attribute.case_exact) if is_text else None


def values_at(path: AttrPath, resource: Mapping[str, Any]) -> Iterator[Any]:
    """The values at ``path``, those of a multi-valued attribute one by one; no null."""
    container = resource if path.urn is None else resource.get(path.urn)
    value = container.get(path.attribute.name) if isinstance(container, Mapping) else None
    for each in value if isinstance(value, list) else (value,):
        if path.sub_attribute is None:
            leaf = each
        else:
            leaf = each.get(path.sub_attribute.name) if isinstance(each, Mapping) else None
        if isinstance(leaf, list):
            yield from leaf
        elif leaf is not None:
            yield leaf


def as_element(value: Any) -> Mapping[str, Any]:
    """An element as value filters see it: a simple one is named ``value``."""
    return value if isinstance(value, Mapping) else {"value": value}


def is_present(value: Any) -> bool:
    """Whether there is anything in ``value``: false and 0 are values, "" and [] are not."""
    if isinstance(value, Mapping):
        return any(is_present(each) for each in value.values())
    if isinstance(value, list):
        return any(is_present(each) for each in value)
    return value is not None and value != ""


def _compile_compare(compare: Compare) -> Predicate:
    path, op = compare.path, compare.op
    if compare.value is None:
        wanted = op == "ne"
        return lambda resource: any(is_present(v) for v in values_at(path, resource)) is wanted
    read, test = _reader(path.target, op), _TESTS[op]
    expected = read(compare.value)

    def some_value_meets(resource: Mapping[str, Any]) -> bool:
        for value in values_at(path, resource):
            actual = read(value)
            if actual is not None and test(actual, expected):
                return True
        return False

    if op == "ne":
        return lambda resource: not some_value_meets(resource)
    return some_value_meets


def _reader(attribute: Attribute, op: str) -> Callable[[Any], Any]:
    if attribute.type == "dateTime" and op in _SUBSTRING:
        # A part of a dateTime is no instant: "2011-05" is looked for in the text.
        return lambda value: value.lower() if isinstance(value, str) else None
    return lambda value: comparable(attribute, value)


def _instant(value: Any) -> datetime | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None
