"""Resources on their way in: POST and PUT bodies as normalised documents.

marshmallow guards every container of attributes (the resource, each extension); its fields are
generated from the schema, so that nothing about an attribute is written twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from marshmallow import Schema as MarshmallowSchema
from marshmallow import ValidationError, fields

from scimbridge.errors import InvalidSyntax, InvalidValue, Mutability
from scimbridge.scim.attributes import Attribute, ResourceType, Schema
from scimbridge.scim.quirks import Dialect
from scimbridge.scim.values import normalise

_TOLERANT: Final = Dialect.tolerant()


class _AttributeField(fields.Field[Any]):
    """Lets in the values of one attribute, normalised."""

    def __init__(self, attribute: Attribute, at: str, dialect: Dialect) -> None:
        missing = f"{at} is required"
        super().__init__(
            required=attribute.required,
            allow_none=not attribute.required,
            error_messages={"required": missing, "null": missing, "empty": f"{missing} and empty"},
        )
        self._attribute, self._at, self._dialect = attribute, at, dialect

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            found = normalise(self._attribute, value, self._dialect, at=self._at)
        except InvalidValue as error:
            raise ValidationError(error.detail) from error
        if self.required and (found is None or (isinstance(found, str) and not found.strip())):
            raise self.make_error("empty")
        return found


@lru_cache(maxsize=256)
def _guard(resource_type: ResourceType, urn: str | None, dialect: Dialect) -> MarshmallowSchema:
    """The marshmallow schema for one container: the resource itself, or an extension."""
    attributes = dict(resource_type.containers())[urn]
    generated = MarshmallowSchema.from_dict(
        {
            attribute.name: _AttributeField(
                attribute, f"{urn}:{attribute.name}" if urn else attribute.name, dialect
            )
            for attribute in attributes
            if attribute.mutability != "readOnly" and attribute.name != "schemas"
        }
    )
    return generated()


def load_resource(
    body: Any, resource_type: ResourceType, *, dialect: Dialect = _TOLERANT
) -> dict[str, Any]:
    """A POST or PUT body as a normalised document.

    Canonical names; no null, no empty value, nothing read-only or unknown; ``schemas`` as its
    content says; a user's ``active`` is true unless it is given. Write-only attributes are under
    their name, for `split_secrets` to take them out.

    Raises `InvalidSyntax` if the body is not a resource of this type, and `InvalidValue`, which
    names every mistake, if values are missing or do not fit.
    """
    if not isinstance(body, Mapping):
        raise InvalidSyntax(f"the body has to be a JSON object: a {resource_type.name}")
    containers = _Sorting.of(body, resource_type, dialect)
    _check_schemas(body, containers, resource_type, dialect)
    required = {extension.id for extension, is_required in resource_type.extensions if is_required}
    document: dict[str, Any] = {"schemas": []}
    mistakes: list[str] = []
    for urn, values in containers.items():
        if urn is not None and not values and urn not in required:
            continue
        try:
            loaded = _guard(resource_type, urn, dialect).load(values)
        except ValidationError as error:
            mistakes += [text for texts in error.messages_dict.values() for text in texts]
            continue
        loaded = {name: value for name, value in loaded.items() if value is not None}
        if urn is None:
            document |= loaded
        elif loaded:
            document[urn] = loaded
    if mistakes:
        raise InvalidValue("; ".join(mistakes))
    return _completed(document, resource_type)


def merge_put(
    current: Mapping[str, Any], new: Mapping[str, Any], resource_type: ResourceType
) -> dict[str, Any]:
    """The document after a PUT of ``new``, which `load_resource` made (RFC 7644 section 3.5.1).

    What ``new`` leaves out is cleared; read-only attributes, and immutable ones that have a
    value, stay; write-only ones are left out. Raises `Mutability` if an immutable one differs.
    """
    document: dict[str, Any] = {"schemas": []}
    for urn, attributes in resource_type.containers():
        old = current if urn is None else current.get(urn) or {}
        fresh = new if urn is None else new.get(urn) or {}
        kept = dict(_merged(old, fresh, attributes))
        if urn is None:
            document |= kept
        elif kept:
            document[urn] = kept
    return _completed(document, resource_type)


def split_secrets(
    document: Mapping[str, Any], resource_type: ResourceType
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document without its write-only values, and these by path (``password``)."""
    public = dict(document)
    secrets: dict[str, Any] = {}
    for urn, attributes in resource_type.containers():
        container = document if urn is None else document.get(urn) or {}
        taken = {
            attribute.name: container[attribute.name]
            for attribute in attributes
            if attribute.mutability == "writeOnly" and attribute.name in container
        }
        if not taken:
            continue
        secrets |= {f"{urn}:{name}" if urn else name: value for name, value in taken.items()}
        rest = {name: value for name, value in container.items() if name not in taken}
        public = rest if urn is None else public | {urn: rest}
    if secrets:
        public = {name: value for name, value in public.items() if value != {}}
        public["schemas"] = resource_type.schemas_of(public)
    return public, secrets


@dataclass(frozen=True, slots=True)
class _Sorting:
    """Sorts the attributes of a body by container, under canonical names; read-only ones go."""

    resource_type: ResourceType
    dialect: Dialect
    containers: dict[str | None, dict[str, Any]]

    @classmethod
    def of(
        cls, body: Mapping[str, Any], resource_type: ResourceType, dialect: Dialect
    ) -> dict[str | None, dict[str, Any]]:
        sorting = cls(resource_type, dialect, {urn: {} for urn, _ in resource_type.containers()})
        for name, value in body.items():
            sorting._take(name, value)
        return sorting.containers

    def _take(self, name: str, value: Any) -> None:
        schema = self.resource_type.schemas.get(name.lower())
        if schema is None:
            self._place(name, value)
        elif value is not None:
            self._take_container(schema, value)

    def _take_container(self, schema: Schema, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise InvalidValue(f"{schema.id} takes an object")
        is_core = schema is self.resource_type.schema
        if is_core and not self.dialect.tolerates("core-urn-container"):
            raise InvalidSyntax(f"{schema.id} is no attribute: give its attributes without it")
        for name, each in value.items():
            self._place(name, each, None if is_core else schema.id)

    def _place(self, name: str, value: Any, urn: str | None = None) -> None:
        attribute = self.resource_type.find(name, urn)
        if attribute is None and urn is None:
            attribute, urn = self._in_extension(name)
        if attribute is None:
            if not self.dialect.tolerates("unknown-attributes"):
                raise InvalidSyntax(f"{self.resource_type.name} has no attribute {name!r}")
        elif attribute.mutability != "readOnly" and attribute.name != "schemas":
            self.containers[urn].setdefault(attribute.name, value)

    def _in_extension(self, name: str) -> tuple[Attribute | None, str | None]:
        for extension, _ in self.resource_type.extensions:
            attribute = extension.find(name)
            if attribute and self.dialect.tolerates("unqualified-extension-attribute"):
                return attribute, extension.id
        return None, None


def _check_schemas(
    body: Mapping[str, Any],
    containers: Mapping[str | None, Mapping[str, Any]],
    resource_type: ResourceType,
    dialect: Dialect,
) -> None:
    schemas = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    if schemas is not None and not _is_text_list(schemas):
        raise InvalidSyntax("schemas takes an array of URNs")
    named = {each.lower() for each in schemas or ()}
    used = {resource_type.schema.id, *(urn for urn, values in containers.items() if urn and values)}
    absent = sorted(urn for urn in used if urn.lower() not in named)
    if absent and not dialect.tolerates("missing-schemas"):
        raise InvalidSyntax(f"schemas has to name {', '.join(absent)}")
    unknown = sorted(named - resource_type.schemas.keys())
    if unknown and not dialect.tolerates("unknown-schemas"):
        raise InvalidSyntax(f"{resource_type.name} has no schema {', '.join(unknown)}")


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _merged(
    old: Mapping[str, Any], fresh: Mapping[str, Any], attributes: tuple[Attribute, ...]
) -> Iterator[tuple[str, Any]]:
    for attribute in attributes:
        name, mutability = attribute.name, attribute.mutability
        if mutability == "writeOnly" or name == "schemas":
            continue
        value = (old if mutability == "readOnly" else fresh).get(name)
        if mutability == "immutable" and old.get(name) is not None:
            if value not in (None, old[name]):
                raise Mutability(f"{name} is immutable and has another value")
            value = old[name]
        if value is not None:
            yield name, value


def _completed(document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
    """With ``schemas``, and with ``active``: Okta reads its absence as inactive."""
    document["schemas"] = resource_type.schemas_of(document)
    active = resource_type.find("active")
    if active is not None and active.type == "boolean":
        document.setdefault(active.name, True)
    return document
