"""What a schema says about an attribute, and what a resource type is made of (RFC 7643).

The JSON files in ``definitions`` are the single source: ``/Schemas`` serves them, and filters,
PATCH, validation, projection and sorting read the same `Attribute` objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final

from scimbridge.scim import urns


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute and its characteristics (RFC 7643 section 7)."""

    name: str
    type: str = "string"
    """string, boolean, decimal, integer, dateTime, reference, binary or complex."""
    multi_valued: bool = False
    description: str = ""
    required: bool = False
    canonical_values: tuple[str, ...] = ()
    case_exact: bool = False
    mutability: str = "readWrite"
    returned: str = "default"
    uniqueness: str = "none"
    reference_types: tuple[str, ...] = ()
    sub_attributes: tuple[Attribute, ...] = ()
    _index: Mapping[str, Attribute] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {sub.name.lower(): sub for sub in self.sub_attributes})

    def __hash__(self) -> int:
        """Hash by name and type: attributes are compared often and seldom differ in the rest."""
        return hash((self.name, self.type))

    def find(self, name: str) -> Attribute | None:
        """The sub-attribute of this name in any case, or None."""
        return self._index.get(name.lower())

    @property
    def is_reference(self) -> bool:
        """Whether a value stands for another resource: ``members``, ``groups``, ``manager``."""
        return "$ref" in self._index

    @property
    def has_immutable_elements(self) -> bool:
        """Whether elements can be added and removed and not changed, as those of ``members``."""
        value = self._index.get("value")
        return value is not None and value.mutability == "immutable"

    def document(self) -> dict[str, Any]:
        """The definition as ``/Schemas`` serves it: camelCase, nothing null."""
        document: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.multi_valued,
            "description": self.description,
            "required": self.required,
        }
        if self.canonical_values:
            document["canonicalValues"] = list(self.canonical_values)
        document |= {
            "caseExact": self.case_exact,
            "mutability": self.mutability,
            "returned": self.returned,
            "uniqueness": self.uniqueness,
        }
        if self.reference_types:
            document["referenceTypes"] = list(self.reference_types)
        if self.sub_attributes:
            document["subAttributes"] = [sub.document() for sub in self.sub_attributes]
        return document


@dataclass(frozen=True)
class Schema:
    """The attributes under one URN: a resource type's main schema, or an extension."""

    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def _index(self) -> Mapping[str, Attribute]:
        return {attribute.name.lower(): attribute for attribute in self.attributes}

    def find(self, name: str) -> Attribute | None:
        """The attribute of this name in any case, or None."""
        return self._index.get(name.lower())

    def document(self) -> dict[str, Any]:
        """The Schema resource without its ``meta`` (RFC 7643 section 7)."""
        return {
            "schemas": [urns.SCHEMA],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": [attribute.document() for attribute in self.attributes],
        }

    def with_characteristics(self, changes: Mapping[str, Mapping[str, Any]]) -> Schema:
        """The same schema with other characteristics, so that a target tells the truth.

        ``changes`` maps an attribute (``userName``, ``name.givenName``) to characteristics in
        the form that ``/Schemas`` serves: ``{"mutability": "immutable"}``. Raises KeyError for
        an attribute or a characteristic that does not exist.
        """
        attributes = self.attributes
        for path, characteristics in changes.items():
            attributes = _changed(attributes, path.split("."), characteristics)
        return replace(self, attributes=attributes)

    def without(self, *names: str) -> Schema:
        """The same schema without these attributes. Raises KeyError if there is no such one."""
        for name in names:
            if name.lower() not in self._index:
                raise KeyError(name)
        gone = {name.lower() for name in names}
        kept = tuple(a for a in self.attributes if a.name.lower() not in gone)
        return replace(self, attributes=kept)


@dataclass(frozen=True)
class ResourceType:
    """A kind of resource: its endpoint, its schema and the extensions of it."""

    name: str
    endpoint: str
    """Relative to the base URL, with the leading slash: ``/Users``; ``/Policies/{id}/members`` of
    a type that is nested in another."""
    description: str
    schema: Schema
    extensions: tuple[tuple[Schema, bool], ...] = ()
    """Each with whether a resource must have it."""
    has_external_id: bool = True
    """False where nothing keeps a client's own identifier."""

    def __hash__(self) -> int:
        return hash((self.name, self.schema.id))

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        """The common attributes (RFC 7643 section 3.1) and those of the main schema."""
        own = self.schema.attributes
        unkept = () if self.has_external_id else ("externalId",)
        common = (a for a in COMMON_ATTRIBUTES if a.name not in unkept)
        return (*(a for a in common if self.schema.find(a.name) is None), *own)

    @property
    def is_nested(self) -> bool:
        """Whether each resource belongs to one of another type."""
        return "{id}" in self.endpoint

    @cached_property
    def schemas(self) -> Mapping[str, Schema]:
        """Main schema first, then the extensions, by lower-case URN."""
        every = (self.schema, *(extension for extension, _ in self.extensions))
        return {schema.id.lower(): schema for schema in every}

    @cached_property
    def _index(self) -> Mapping[str, Attribute]:
        return {attribute.name.lower(): attribute for attribute in self.attributes}

    def find(self, name: str, urn: str | None = None) -> Attribute | None:
        """The attribute of this name in any case: common or core, or of the extension ``urn``."""
        if urn is None or urn.lower() == self.schema.id.lower():
            return self._index.get(name.lower())
        extension = self.schemas.get(urn.lower())
        return None if extension is None else extension.find(name)

    def containers(self) -> Iterable[tuple[str | None, tuple[Attribute, ...]]]:
        """Where attributes live in a document: at the top (None) and under each extension URN."""
        yield None, self.attributes
        for extension, _ in self.extensions:
            yield extension.id, extension.attributes

    def schemas_of(self, document: Mapping[str, Any]) -> list[str]:
        """What ``schemas`` says of ``document``: the main schema and the extensions in use."""
        used = (extension.id for extension, _ in self.extensions if document.get(extension.id))
        return [self.schema.id, *used]

    def document(self) -> dict[str, Any]:
        """The ResourceType resource without its ``meta`` (RFC 7643 section 6)."""
        return {
            "schemas": [urns.RESOURCE_TYPE],
            "id": self.name,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description,
            "schema": self.schema.id,
            "schemaExtensions": [
                {"schema": extension.id, "required": required}
                for extension, required in self.extensions
            ],
        }


def parse_schema(document: Mapping[str, Any]) -> Schema:
    """Read a Schema resource (RFC 7643 section 7). Raises KeyError or TypeError if it is none."""
    return Schema(
        id=document["id"],
        name=document["name"],
        description=document.get("description", ""),
        attributes=tuple(_parse_attribute(each) for each in document["attributes"]),
    )


def parse_resource_type(document: Mapping[str, Any]) -> ResourceType:
    """Read the file of a further resource type: ``{"resourceType": ..., "schema": ...}``.

    They are a ResourceType and a Schema resource (RFC 7643 sections 6 and 7). Its resources are
    the vendor's, so that there is no place for an ``externalId``. Raises KeyError or TypeError if
    it is none.
    """
    kind = document["resourceType"]
    return ResourceType(
        name=kind["name"],
        endpoint=kind["endpoint"],
        description=kind.get("description", ""),
        schema=parse_schema(document["schema"]),
        has_external_id=False,
    )


@cache
def load_schema(name: str) -> Schema:
    """The schema in ``definitions/<name>.json``."""
    source = resources.files("scimbridge.scim") / "definitions" / f"{name}.json"
    return parse_schema(json.loads(source.read_text(encoding="utf-8")))


def user_type(*extensions: Schema, schema: Schema | None = None) -> ResourceType:
    """User with the enterprise extension and ``extensions``; ``schema`` replaces the main one."""
    return ResourceType(
        name="User",
        endpoint="/Users",
        description="User Account",
        schema=schema or load_schema("user"),
        extensions=tuple((each, False) for each in (load_schema("enterprise_user"), *extensions)),
    )


def group_type(*extensions: Schema, schema: Schema | None = None) -> ResourceType:
    """Group with ``extensions``; ``schema`` replaces the main schema."""
    return ResourceType(
        name="Group",
        endpoint="/Groups",
        description="Group",
        schema=schema or load_schema("group"),
        extensions=tuple((each, False) for each in extensions),
    )


def role_type() -> ResourceType:
    """Role as Okta's entitlement discovery expects it."""
    return ResourceType(
        name="Role",
        endpoint="/Roles",
        description="Roles of the vendor",
        schema=load_schema("okta_role"),
        extensions=(),
    )


def entitlement_type() -> ResourceType:
    """Entitlement as Okta's entitlement discovery expects it."""
    return ResourceType(
        name="Entitlement",
        endpoint="/Entitlements",
        description="Entitlements of the vendor other than roles",
        schema=load_schema("okta_entitlement"),
        extensions=(),
    )


_CHARACTERISTICS: Final = {
    "name": "name",
    "type": "type",
    "multiValued": "multi_valued",
    "description": "description",
    "required": "required",
    "canonicalValues": "canonical_values",
    "caseExact": "case_exact",
    "mutability": "mutability",
    "returned": "returned",
    "uniqueness": "uniqueness",
    "referenceTypes": "reference_types",
}


def _parse_attribute(document: Mapping[str, Any]) -> Attribute:
    subs = tuple(_parse_attribute(each) for each in document.get("subAttributes", ()))
    return Attribute(**_fields(document), sub_attributes=subs)


def _fields(characteristics: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _CHARACTERISTICS[name]: tuple(value) if isinstance(value, list) else value
        for name, value in characteristics.items()
        if name != "subAttributes"
    }


def _changed(
    attributes: tuple[Attribute, ...], path: list[str], characteristics: Mapping[str, Any]
) -> tuple[Attribute, ...]:
    """``attributes`` with the characteristics of the one at ``path`` replaced."""
    name, rest = path[0].lower(), path[1:]
    if all(attribute.name.lower() != name for attribute in attributes):
        raise KeyError(path[0])
    return tuple(
        attribute if attribute.name.lower() != name else _altered(attribute, rest, characteristics)
        for attribute in attributes
    )


def _altered(
    attribute: Attribute, rest: list[str], characteristics: Mapping[str, Any]
) -> Attribute:
    if rest:
        subs = _changed(attribute.sub_attributes, rest, characteristics)
        return replace(attribute, sub_attributes=subs)
    return replace(attribute, **_fields(characteristics))


def _common(name: str, type_: str, description: str, **characteristics: Any) -> Attribute:
    return Attribute(name=name, type=type_, description=description, **characteristics)


COMMON_ATTRIBUTES: Final = (
    _common(
        "schemas",
        "reference",
        "The URNs of the schemas that the resource follows.",
        multi_valued=True,
        required=True,
        returned="always",
        reference_types=("uri",),
    ),
    _common(
        "id",
        "string",
        "The service provider's identifier of the resource.",
        case_exact=True,
        mutability="readOnly",
        returned="always",
        uniqueness="server",
    ),
    _common(
        "externalId",
        "string",
        "The SCIM client's own identifier of the resource.",
        case_exact=True,
    ),
    _common(
        "meta",
        "complex",
        "What the service provider knows about the resource.",
        mutability="readOnly",
        sub_attributes=(
            _common("resourceType", "string", "The kind.", case_exact=True, mutability="readOnly"),
            _common("created", "dateTime", "When it was created.", mutability="readOnly"),
            _common("lastModified", "dateTime", "When it last changed.", mutability="readOnly"),
            _common("location", "reference", "Its URI.", case_exact=True, mutability="readOnly"),
            _common("version", "string", "Its entity tag.", case_exact=True, mutability="readOnly"),
        ),
    ),
)
"""Part of every resource and of no schema document (RFC 7643 section 3.1)."""
