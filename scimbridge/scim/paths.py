"""The ``path`` of a PATCH operation (RFC 7644 section 3.5.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from scimbridge.errors import InvalidFilter, InvalidPath
from scimbridge.scim.attr_paths import AttrPath, UnknownAttribute, find_attr_path
from scimbridge.scim.attributes import Attribute, ResourceType, Schema
from scimbridge.scim.filters import (
    DEFAULT_LIMITS,
    Filter,
    FilterLimits,
    ValuePathFilter,
    parse_filter,
    to_text,
)
from scimbridge.scim.quirks import Dialect

MAX_PATH: Final = 1024
"""Characters of a path."""

_VALUE_PATH: Final = re.compile(
    r"(?P<selection>[^\[]+\[.*\])(?:\.(?P<sub>[A-Za-z$][\w$-]*))?", re.ASCII
)
_TOLERANT: Final = Dialect.tolerant()


@dataclass(frozen=True, slots=True)
class Path:
    """What a PATCH operation is aimed at."""

    attribute: Attribute
    urn: str | None = None
    """The extension; None for a core or common attribute."""
    filter: Filter | None = None
    """Which elements; its paths are relative to the element."""
    sub_attribute: Attribute | None = None

    @property
    def target(self) -> Attribute:
        """What the path ends at."""
        return self.sub_attribute or self.attribute

    def __str__(self) -> str:
        prefix = f"{self.urn}:" if self.urn else ""
        selection = f"[{to_text(self.filter)}]" if self.filter else ""
        suffix = f".{self.sub_attribute.name}" if self.sub_attribute else ""
        return f"{prefix}{self.attribute.name}{selection}{suffix}"


def parse_path(
    text: str,
    resource_type: ResourceType,
    *,
    limits: FilterLimits = DEFAULT_LIMITS,
    dialect: Dialect = _TOLERANT,
) -> Path | Schema:
    """The target that ``text`` names: an extension as a whole if it is a bare URN.

    Raises `InvalidPath` if it is malformed or names no attribute.
    """
    if len(text) > MAX_PATH:
        raise InvalidPath(f"the path has {len(text)} characters; at most {MAX_PATH} are allowed")
    if "[" in text:
        return _parse_value_path(text, resource_type, limits, dialect)
    try:
        found = find_attr_path(text.strip(" "), resource_type, dialect)
    except UnknownAttribute as error:
        raise InvalidPath(str(error)) from error
    if isinstance(found, AttrPath):
        return Path(found.attribute, found.urn, None, found.sub_attribute)
    if found is resource_type.schema:
        _refuse(text, "names the whole resource: leave the path out")
    return found


def _parse_value_path(
    text: str, resource_type: ResourceType, limits: FilterLimits, dialect: Dialect
) -> Path:
    match = _VALUE_PATH.fullmatch(text.strip(" "))
    if match is None:
        _refuse(text, "is not of the form attribute[filter].subAttribute")
    try:
        selection = parse_filter(match["selection"], resource_type, limits=limits, dialect=dialect)
    except InvalidFilter as error:
        raise InvalidPath(f"the path {text!r} cannot be used: {error.detail}") from error
    if not isinstance(selection, ValuePathFilter):
        _refuse(text, "selects no elements of an attribute")
    attribute = selection.path.attribute
    sub_attribute = attribute.find(match["sub"]) if match["sub"] else None
    if match["sub"] and sub_attribute is None:
        raise InvalidPath(f"{attribute.name} has no sub-attribute {match['sub']!r}")
    return Path(attribute, selection.path.urn, selection.filter, sub_attribute)


def _refuse(text: str, reason: str) -> NoReturn:
    raise InvalidPath(f"the path {text!r} {reason}")
