"""Filters that differ in nothing but what is in their quotes are parsed once.

IdPs send the same few filters again and again, and another value each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from scimbridge.errors import InvalidFilter
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filter_binding import Scope, bind
from scimbridge.scim.filter_grammar import (
    STRING,
    FilterLimits,
    check_text,
    parse_syntax,
    string_value,
)
from scimbridge.scim.filter_tree import And, Compare, Filter, Not, Or, ValuePathFilter
from scimbridge.scim.quirks import Dialect

_HOLE: Final = "\ue000"
"""Begins what stands in the place of a value. Nobody has assigned this character."""

Parsed: TypeAlias = tuple[Filter, tuple[str, ...]]
"""A filter, and the names of the quirks that it took."""


def parse(
    text: str, resource_type: ResourceType, limits: FilterLimits, tolerated: frozenset[str]
) -> Parsed:
    """The filter that ``text`` stands for. Raises `InvalidFilter`."""
    check_text(text, limits)
    shape = _parse_shape(tuple(STRING.split(text)), resource_type, limits, tolerated)
    if shape is None:
        return _parse(text, resource_type, limits, tolerated)
    filter, quirks = shape
    values = [string_value(found[0], found.start()) for found in STRING.finditer(text)]
    return _filled(filter, values), quirks


@lru_cache(maxsize=256)
def _parse_shape(
    around: tuple[str, ...],
    resource_type: ResourceType,
    limits: FilterLimits,
    tolerated: frozenset[str],
) -> Parsed | None:
    """The filter with holes between the texts of ``around``; None if it hangs on what fills them.

    It does where an attribute is no string, as with an instant, where there is an error, and where
    something without quotes looks like a hole.
    """
    holes = [f"{_HOLE}{number}" for number in range(len(around) - 1)]
    text = around[0] + "".join(
        f'"{hole}"{after}' for hole, after in zip(holes, around[1:], strict=True)
    )
    try:
        filter, quirks = _parse(text, resource_type, limits, tolerated)
    except InvalidFilter:
        return None
    return (filter, quirks) if sorted(_holes(filter)) == sorted(holes) else None


@lru_cache(maxsize=1024)
def _parse(
    text: str, resource_type: ResourceType, limits: FilterLimits, tolerated: frozenset[str]
) -> Parsed:
    quirks: list[str] = []
    scope = Scope(resource_type, Dialect(tolerated, quirks.append))
    return bind(parse_syntax(text, limits), scope), tuple(quirks)


def _holes(node: Filter) -> Iterator[str]:
    match node:
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _holes(operand)
        case Not(inner) | ValuePathFilter(_, inner):
            yield from _holes(inner)
        case Compare(_, _, str(value)) if value.startswith(_HOLE):
            yield value


def _filled(node: Filter, values: Sequence[str]) -> Filter:
    match node:
        case Compare(path, op, str(value)) if value.startswith(_HOLE):
            return Compare(path, op, values[int(value[1:])])
        case ValuePathFilter(path, inner):
            return ValuePathFilter(path, _filled(inner, values))
        case And(operands):
            return And(tuple(_filled(operand, values) for operand in operands))
        case Or(operands):
            return Or(tuple(_filled(operand, values) for operand in operands))
        case Not(operand):
            return Not(_filled(operand, values))
        case _:
            return node
