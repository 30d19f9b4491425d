"""Paging by index and sorting (RFC 7644 sections 3.4.2.3 and 3.4.2.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scimbridge.errors import InvalidValue
from scimbridge.scim.attr_paths import AttrPath, UnknownAttribute, find_attr_path
from scimbridge.scim.attributes import ResourceType, Schema
from scimbridge.scim.matching import comparable
from scimbridge.scim.quirks import Dialect

_ANY_NOTATION: Final = Dialect.tolerant()
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,100}")
_MAX_INDEX: Final = 2**31 - 1
"""A startIndex beyond is past the end of every list, and databases take no larger OFFSET."""


@dataclass(frozen=True, slots=True)
class Page:
    """A window of a list."""

    start_index: int
    """From 1."""
    count: int
    """The most resources that are returned; 0 asks for the total alone."""

    @property
    def offset(self) -> int:
        """How many resources are skipped."""
        return self.start_index - 1


def parse_page(
    start_index: str | int | None, count: str | int | None, *, default: int, maximum: int
) -> Page:
    """The window that the parameters ask for.

    startIndex below 1 means 1, a negative count 0, a count above ``maximum`` means ``maximum``.
    Raises `InvalidValue` for what is not a whole number.
    """
    start = 1 if start_index is None else _whole_number("startIndex", start_index)
    wanted = default if count is None else _whole_number("count", count)
    return Page(min(max(start, 1), _MAX_INDEX), min(max(wanted, 0), maximum))


def parse_sort(
    sort_by: str, order: str | None, resource_type: ResourceType
) -> tuple[AttrPath, bool]:
    """What to sort by, and whether in descending order. Raises `InvalidValue`."""
    lowered = (order or "ascending").lower()
    if lowered not in ("ascending", "descending"):
        raise InvalidValue(f"sortOrder {order!r} is neither ascending nor descending")
    try:
        path = find_attr_path(sort_by.strip(), resource_type, _ANY_NOTATION)
    except UnknownAttribute as error:
        raise InvalidValue(f"sortBy: {error}") from error
    if isinstance(path, Schema) or path.target.returned == "never":
        raise InvalidValue(f"sortBy {sort_by!r} cannot be used")
    value = path.attribute.find("value")
    if path.target.type == "complex" and value is not None:
        path = AttrPath(path.attribute, value, path.urn)
    if path.target.type == "complex":
        raise InvalidValue(f"sortBy {sort_by!r} is complex: name one of its sub-attributes")
    return path, lowered == "descending"


def sort_resources(
    resources: Iterable[Mapping[str, Any]],
    sort_by: str,
    order: str | None,
    resource_type: ResourceType,
) -> list[Mapping[str, Any]]:
    """The resources in order; those without value last, or first in descending order.

    The sort is stable. Of several values the primary counts, else the first. Raises
    `InvalidValue`.
    """
    path, descending = parse_sort(sort_by, order, resource_type)
    return sorted(resources, key=sort_key(path), reverse=descending)


def sort_key(path: AttrPath) -> Callable[[Mapping[str, Any]], tuple[bool, Any]]:
    """A key function for ascending order."""

    def key(resource: Mapping[str, Any]) -> tuple[bool, Any]:
        value = _sort_value(path, resource)
        comparable_value = None if value is None else comparable(path.target, value)
        return comparable_value is None, "" if comparable_value is None else comparable_value

    return key


def _sort_value(path: AttrPath, resource: Mapping[str, Any]) -> Any:
    container = resource if path.urn is None else resource.get(path.urn) or {}
    value = container.get(path.attribute.name)
    if isinstance(value, list):
        primary = (e for e in value if isinstance(e, Mapping) and e.get("primary") is True)
        value = next(primary, value[0] if value else None)
    if path.sub_attribute is None or value is None:
        return value
    return value.get(path.sub_attribute.name)


def _whole_number(name: str, text: str | int) -> int:
    if isinstance(text, str) and not _WHOLE_NUMBER.fullmatch(text):
        raise InvalidValue(f"{name} {text[:40]!r} is not a whole number")
    return int(text)
