"""Filters of RFC 7644 section 3.4.2.2: text to a bound tree and back, and what a tree says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, assert_never

from scimbridge.scim.attr_paths import AttrPath
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filter_grammar import FilterLimits
from scimbridge.scim.filter_shapes import parse
from scimbridge.scim.filter_tree import (
    And,
    Compare,
    Filter,
    Not,
    Or,
    Present,
    ValuePathFilter,
    all_of,
    any_of,
)
from scimbridge.scim.quirks import Dialect

__all__ = [
    "And",
    "AttrPath",
    "Compare",
    "Filter",
    "FilterLimits",
    "Not",
    "Or",
    "Present",
    "ValuePathFilter",
    "all_of",
    "any_of",
    "equality_conjuncts",
    "parse_filter",
    "referenced_attributes",
    "to_text",
]

DEFAULT_LIMITS: Final = FilterLimits()
_TOLERANT: Final = Dialect.tolerant()


def parse_filter(
    text: str,
    resource_type: ResourceType,
    *,
    limits: FilterLimits = DEFAULT_LIMITS,
    dialect: Dialect = _TOLERANT,
) -> Filter:
    """The filter that ``text`` stands for.

    Raises `InvalidFilter`, which names the place, for everything that cannot be parsed or could
    not be evaluated: an unknown attribute, an operator that does not suit its attribute, a value
    of another type, a password, more than ``limits``.
    """
    parsed, quirks = parse(text, resource_type, limits, dialect.tolerated)
    for name in quirks:
        dialect.tolerates(name)
    return parsed


def to_text(node: Filter) -> str:
    """The filter as canonical text: parsing it gives an equal filter."""
    match node:
        case Or(operands):
            return " or ".join(to_text(operand) for operand in operands)
        case And(operands):
            return " and ".join(
                f"({to_text(operand)})" if isinstance(operand, Or) else to_text(operand)
                for operand in operands
            )
        case Not(operand):
            return f"not ({to_text(operand)})"
        case Present(path):
            return f"{path} pr"
        case Compare(path, op, value):
            return f"{path} {op} {json.dumps(value, ensure_ascii=False)}"
        case ValuePathFilter(path, inner):
            return f"{path}[{to_text(inner)}]"
        case _:
            assert_never(node)


def referenced_attributes(node: Filter) -> frozenset[str]:
    """The top-level attributes that the filter reads: ``members``, ``URN:manager``."""
    return frozenset(_top_level(path) for path in _paths(node))


def equality_conjuncts(node: Filter) -> Mapping[str, str]:
    """Those ``attribute eq "literal"`` without which the filter cannot hold.

    The keys are canonical paths: ``userName``, ``members.value``. Where one attribute is asked
    for twice the first counts. A resource that matches the filter has, under each key, at least
    one value that equals the literal by the attribute's own rules of case.
    """
    conjuncts: dict[str, str] = {}
    for operand in node.operands if isinstance(node, And) else (node,):
        match operand:
            case Compare(path, "eq", str(value)):
                conjuncts.setdefault(str(path), value)
            case ValuePathFilter(path, inner):
                for name, value in equality_conjuncts(inner).items():
                    conjuncts.setdefault(f"{path}.{name}", value)
    return conjuncts


def _paths(node: Filter) -> Iterator[AttrPath]:
    match node:
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _paths(operand)
        case Not(operand):
            yield from _paths(operand)
        case Compare(path) | Present(path) | ValuePathFilter(path):
            yield path
        case _:
            assert_never(node)


def _top_level(path: AttrPath) -> str:
    return str(replace(path, sub_attribute=None))
