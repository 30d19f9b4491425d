"""The parts of a parsed filter (RFC 7644 section 3.4.2.2), bound to attributes of a schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from scimbridge.scim.attr_paths import AttrPath

OPERATORS: Final = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")

Literal: TypeAlias = str | bool | int | float | None


@dataclass(frozen=True, slots=True)
class Compare:
    """``path op value``; the value has the attribute's own JSON type, or is None for null."""

    path: AttrPath
    op: str
    """One of `OPERATORS`."""
    value: Literal


@dataclass(frozen=True, slots=True)
class Present:
    """``path pr``."""

    path: AttrPath


@dataclass(frozen=True, slots=True)
class ValuePathFilter:
    """``path[filter]``: one element of ``path`` meets all of ``filter``.

    The paths inside ``filter`` are relative to the element.
    """

    path: AttrPath
    filter: Filter


@dataclass(frozen=True, slots=True)
class Not:
    """``not (operand)``."""

    operand: Filter


@dataclass(frozen=True, slots=True)
class And:
    """Two or more operands, none of them an `And`."""

    operands: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more operands, none of them an `Or`."""

    operands: tuple[Filter, ...]


Filter: TypeAlias = And | Or | Not | Compare | Present | ValuePathFilter


def all_of(*operands: Filter) -> Filter:
    """The conjunction, flattened."""
    flat: list[Filter] = []
    for operand in operands:
        flat += operand.operands if isinstance(operand, And) else (operand,)
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(*operands: Filter) -> Filter:
    """The disjunction, flattened."""
    flat: list[Filter] = []
    for operand in operands:
        flat += operand.operands if isinstance(operand, Or) else (operand,)
    return flat[0] if len(flat) == 1 else Or(tuple(flat))
