"""Attribute paths in the notation of RFC 7644 section 3.10: ``[urn:]name[.sub]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from scimbridge.scim.attributes import Attribute, ResourceType, Schema
from scimbridge.scim.quirks import Dialect

_NAME: Final = re.compile(r"([A-Za-z$][\w$-]*)(?:\.([A-Za-z$][\w$-]*))?", re.ASCII)


class UnknownAttribute(LookupError):
    """No attribute is found under the path; the message says which part is unknown."""


@dataclass(frozen=True, slots=True)
class AttrPath:
    """An attribute path, resolved against a resource type."""

    attribute: Attribute
    sub_attribute: Attribute | None = None
    urn: str | None = None
    """The extension that the attribute belongs to; None for a core or common attribute."""

    @property
    def target(self) -> Attribute:
        """What the path ends at."""
        return self.sub_attribute or self.attribute

    def __str__(self) -> str:
        """The canonical text: schema case, URN and colon only for an extension."""
        prefix = f"{self.urn}:" if self.urn else ""
        suffix = f".{self.sub_attribute.name}" if self.sub_attribute else ""
        return f"{prefix}{self.attribute.name}{suffix}"


def find_attr_path(text: str, resource_type: ResourceType, dialect: Dialect) -> AttrPath | Schema:
    """What ``text`` names: an attribute, or a whole schema if it is a bare URN.

    Raises `UnknownAttribute`.
    """
    lowered = text.lower()
    for urn in sorted(resource_type.schemas, key=len, reverse=True):
        if not lowered.startswith(urn):
            continue
        schema = resource_type.schemas[urn]
        if lowered == urn:
            return schema
        separator, rest = lowered[len(urn)], text[len(urn) + 1 :]
        if separator == ":" or (separator == "." and dialect.tolerates("urn-dot")):
            return _resolve(text, rest, resource_type, schema)
    if ":" in text:
        raise UnknownAttribute(f"{text!r} belongs to no schema of {resource_type.name}")
    return _resolve_bare(text, resource_type, dialect)


def sub_path(text: str, attribute: Attribute) -> AttrPath:
    """A path inside a value filter, relative to ``attribute``: ``type`` of ``emails[type ...]``.

    An element of a multi-valued simple attribute is named ``value``.
    Raises `UnknownAttribute`.
    """
    found = attribute.find(text)
    if found is None and attribute.type != "complex" and text.lower() == "value":
        found = Attribute("value", attribute.type, case_exact=attribute.case_exact)
    if found is None:
        raise UnknownAttribute(f"{attribute.name} has no sub-attribute {text!r}")
    return AttrPath(found)


def _resolve_bare(text: str, resource_type: ResourceType, dialect: Dialect) -> AttrPath:
    """A path without URN: a common or core attribute, else an extension's own."""
    name = text.partition(".")[0]
    if resource_type.find(name) is None:
        for extension, _ in resource_type.extensions:
            if extension.find(name) and dialect.tolerates("unqualified-extension-attribute"):
                return _resolve(text, text, resource_type, extension)
    return _resolve(text, text, resource_type, resource_type.schema)


def _resolve(text: str, rest: str, resource_type: ResourceType, schema: Schema) -> AttrPath:
    match = _NAME.fullmatch(rest)
    if match is None:
        raise UnknownAttribute(f"{text!r} is not an attribute path")
    name, sub_name = match.groups()
    attribute = resource_type.find(name, schema.id)
    if attribute is None:
        raise UnknownAttribute(f"{resource_type.name} has no attribute {text!r}")
    sub_attribute = attribute.find(sub_name) if sub_name else None
    if sub_name and sub_attribute is None:
        raise UnknownAttribute(f"{attribute.name} has no sub-attribute {sub_name!r}")
    urn = None if schema is resource_type.schema else schema.id
    return AttrPath(attribute, sub_attribute, urn)
