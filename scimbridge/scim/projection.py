"""Which attributes a response shows (RFC 7644 section 3.9; ``returned`` of RFC 7643 section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import orjson

from scimbridge.errors import InvalidValue
from scimbridge.scim.attr_paths import AttrPath, UnknownAttribute, find_attr_path
from scimbridge.scim.attributes import Attribute, ResourceType
from scimbridge.scim.quirks import Dialect

_ANY_NOTATION: Final = Dialect.tolerant()

_Shown: TypeAlias = Mapping[str, "frozenset[str] | None"]
_Key: TypeAlias = tuple[str | None, str, str | None]
"""URN, attribute, sub-attribute."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What is shown of a resource."""

    containers: Mapping[str | None, _Shown]
    """For the top of the document (None) and for each extension: the attributes that are shown,
    each with those of its sub-attributes that are, or None for all of them."""
    is_default: bool
    """Neither ``attributes`` nor ``excludedAttributes`` was given."""
    on_request: frozenset[str]
    """The extensions of which nothing is shown unless it is asked for."""
    unannounced: tuple[str, ...]
    """Those of ``on_request`` that were not asked for: left out as if no resource had them."""
    hidden: tuple[str, ...]
    """The names of attributes and sub-attributes of anything else that are not shown somewhere, in
    quotes."""

    def includes(self, name: str) -> bool:
        """Whether anything of the attribute (``members``, ``URN:manager``) may be shown."""
        urn, _, last = name.rpartition(":")
        return last in self.containers.get(urn or None, {})


def parse_projection(
    attributes: str | Sequence[str] | None,
    excluded: str | Sequence[str] | None,
    resource_type: ResourceType,
) -> Projection:
    """The projection that the parameters ask for: comma-separated text, or a list of paths.

    Unknown names are ignored. Raises `InvalidValue` if both are given.
    """
    wanted, unwanted = _names(attributes), _names(excluded)
    if wanted and unwanted:
        raise InvalidValue("attributes and excludedAttributes cannot be used together")
    return _projection(wanted, unwanted, resource_type)


def project(document: Mapping[str, Any], projection: Projection) -> dict[str, Any]:
    """What ``projection`` shows of ``document``; what is shown whole is shared with it."""
    result = _project_container(document, projection.containers[None])
    silent = [urn for urn in projection.on_request if urn in document]
    for urn, shown in projection.containers.items():
        if urn is not None and urn in document:
            container = _project_container(document[urn], shown)
            if container:
                result[urn] = container
    if silent and "schemas" in result:
        # An extension of which everything has to be asked for is not announced unless it was.
        result["schemas"] = [urn for urn in result["schemas"] if urn not in silent or urn in result]
    return result


def project_json(texts: list[str], projection: Projection) -> list[str]:
    """`project` on documents in JSON, which have no attribute that the schema does not know."""
    # Most documents have nothing that is hidden from most queries. A value that is such a name
    # costs the time to parse the documents, and nothing else.
    texts = announce_json(texts, projection)
    everything = "".join(texts)
    if any(name in everything for name in projection.hidden):
        return [_dump(project(orjson.loads(text), projection)) for text in texts]
    return texts


def announce_json(texts: list[str], projection: Projection) -> list[str]:
    """The part of `project_json` that can be done before the documents are complete: what is not
    announced unless it was asked for is left out."""
    everything = "".join(texts)
    if not any(urn in everything for urn in projection.unannounced):
        return texts
    documents = [orjson.loads(text) for text in texts]
    for urn in projection.unannounced:
        for document in documents:
            if document.pop(urn, None) is not None and urn in document.get("schemas", ()):
                document["schemas"].remove(urn)
    return [_dump(document) for document in documents]


def _dump(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document).decode()


def _project_container(container: Mapping[str, Any], shown: _Shown) -> dict[str, Any]:
    return {
        name: value if shown[name] is None else _project_value(value, shown[name] or frozenset())
        for name, value in container.items()
        if name in shown
    }


def _project_value(value: Any, subs: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_project_value(each, subs) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {name: each for name, each in value.items() if name in subs}


def _names(names: str | Sequence[str] | None) -> tuple[str, ...]:
    parts: Iterable[str] = names.split(",") if isinstance(names, str) else names or ()
    return tuple(stripped for part in parts if (stripped := part.strip()))


@lru_cache(maxsize=512)
def _projection(
    wanted: tuple[str, ...], unwanted: tuple[str, ...], resource_type: ResourceType
) -> Projection:
    asked = frozenset(_keys(wanted, resource_type)) if wanted else None
    choice = _Choice(asked, frozenset(_keys(unwanted, resource_type)))
    containers = {
        urn: MappingProxyType(dict(choice.shown(urn, attributes)))
        for urn, attributes in resource_type.containers()
    }
    on_request = frozenset(
        urn
        for urn, attributes in resource_type.containers()
        if urn is not None and all(each.returned in ("request", "never") for each in attributes)
    )
    unannounced = tuple(urn for urn in on_request if not containers[urn])
    hidden = {
        f'"{name}"'
        for urn, attributes in resource_type.containers()
        if urn not in unannounced
        for name in _hidden(attributes, containers[urn])
    }
    return Projection(
        containers=MappingProxyType(containers),
        is_default=not wanted and not unwanted,
        on_request=on_request,
        unannounced=unannounced,
        hidden=tuple(hidden),
    )


def _hidden(attributes: tuple[Attribute, ...], shown: _Shown) -> Iterator[str]:
    for attribute in attributes:
        if attribute.name not in shown:
            yield attribute.name
        elif (subs := shown[attribute.name]) is not None:
            yield from (each.name for each in attribute.sub_attributes if each.name not in subs)


def _keys(names: tuple[str, ...], resource_type: ResourceType) -> Iterator[_Key]:
    """What the names stand for; unknown ones are left out."""
    for name in names:
        try:
            path = find_attr_path(name, resource_type, _ANY_NOTATION)
        except UnknownAttribute:
            continue
        if isinstance(path, AttrPath):
            sub = path.sub_attribute
            yield path.urn, path.attribute.name, sub.name if sub else None
        else:
            urn = None if path is resource_type.schema else path.id
            yield from ((urn, attribute.name, None) for attribute in path.attributes)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the request chose; ``asked`` is None if it left the choice to the schema."""

    asked: frozenset[_Key] | None
    refused: frozenset[_Key]

    def shown(
        self, urn: str | None, attributes: tuple[Attribute, ...]
    ) -> Iterator[tuple[str, frozenset[str] | None]]:
        for attribute in attributes:
            key = (urn, attribute.name, None)
            is_asked = None if self.asked is None else key in self.asked
            subs = frozenset(self._shown_subs(attribute, urn, is_asked))
            if self._shows(attribute, key, is_asked) or self._shows_part(attribute, urn):
                is_whole = len(subs) == len(attribute.sub_attributes)
                yield attribute.name, None if is_whole else subs

    def _shown_subs(
        self, attribute: Attribute, urn: str | None, is_asked: bool | None
    ) -> Iterator[str]:
        """The sub-attributes to show: of an attribute that is asked for as a whole, as if the
        request did not choose among them."""
        for sub in attribute.sub_attributes:
            key = (urn, attribute.name, sub.name)
            chosen = self.asked is not None and key in self.asked
            if self._shows(sub, key, True if chosen else None if is_asked is not False else False):
                yield sub.name

    def _shows_part(self, attribute: Attribute, urn: str | None) -> bool:
        """Whether the request asks for a sub-attribute that may be shown."""
        return attribute.returned != "never" and any(
            sub.returned != "never" and (urn, attribute.name, sub.name) in (self.asked or ())
            for sub in attribute.sub_attributes
        )

    def _shows(self, attribute: Attribute, key: _Key, is_asked: bool | None) -> bool:
        match attribute.returned:
            case "always":
                return True
            case "never":
                return False
            case "request":
                return is_asked is True
            case _:
                return is_asked is not False and key not in self.refused
