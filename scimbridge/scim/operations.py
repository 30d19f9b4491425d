"""PATCH bodies (RFC 7644 section 3.5.2) as operations on single attributes.

Everything about an operation that does not depend on the resource is settled here: the path is
resolved, a value without path is taken apart into one operation for each attribute, values are
normalised, and what the schema forbids is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from scimbridge.errors import InvalidPath, InvalidValue, Mutability, NoTarget
from scimbridge.scim.attributes import Attribute, ResourceType, Schema
from scimbridge.scim.envelopes import RawOperation, load_patch
from scimbridge.scim.paths import Path, parse_path
from scimbridge.scim.quirks import Dialect
from scimbridge.scim.values import normalise, normalise_lone

_TOLERANT: Final = Dialect.tolerant()


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one attribute."""

    op: str
    """``add``, ``remove`` or ``replace``."""
    path: Path
    value: Any = None
    """Normalised; None clears. For ``remove``: the elements to take away, or None for all."""

    @property
    def attribute(self) -> Attribute:
        """The attribute that is changed."""
        return self.path.attribute


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads operations for one resource type."""

    resource_type: ResourceType
    dialect: Dialect

    def read(self, raw: RawOperation) -> Iterator[Operation]:
        if raw.path is not None:
            yield from self._at(raw, self._path(raw.path), echoed=False)
        elif raw.op == "remove":
            raise NoTarget("remove needs a path")
        elif not isinstance(raw.value, Mapping):
            raise InvalidValue(f"{raw.op} without path needs an object as its value")
        else:
            yield from self._each(raw, raw.value)

    def _path(self, text: str) -> Path | Schema:
        return parse_path(text, self.resource_type, dialect=self.dialect)

    def _each(
        self, raw: RawOperation, value: Mapping[str, Any], urn: str = ""
    ) -> Iterator[Operation]:
        """One operation for each key of a value without path, or of an extension's value."""
        for key, each in value.items():
            part = replace(raw, path=key, value=each, has_value=True)
            if key.lower() == self.resource_type.schema.id.lower():
                yield from self._core(part)
            elif path := self._key_path(f"{urn}:{key}" if urn else key, key):
                yield from self._at(part, path, echoed=True)

    def _core(self, raw: RawOperation) -> Iterator[Operation]:
        if not isinstance(raw.value, Mapping) or not self.dialect.tolerates("core-urn-container"):
            raise InvalidValue(f"{raw.path} is no attribute: give its attributes without it")
        yield from self._each(raw, raw.value)

    def _key_path(self, text: str, key: str) -> Path | Schema | None:
        """The path that a key stands for; None for an unknown attribute that is ignored."""
        try:
            path = self._path(text)
        except InvalidPath:
            if "[" in key or not self.dialect.tolerates("unknown-attributes"):
                raise
            return None
        is_plain = isinstance(path, Schema) or set(key).isdisjoint(".:[")
        if not is_plain and not self.dialect.tolerates("path-keys"):
            raise InvalidPath(f"the key {key!r} is a path: give it as the path")
        return path

    def _at(self, raw: RawOperation, path: Path | Schema, *, echoed: bool) -> Iterator[Operation]:
        if isinstance(path, Schema):
            yield from self._extension(raw, path)
        elif path.attribute.name == "schemas" and raw.op != "remove":
            return  # follows from the attributes that the resource has
        elif _is_read_only(path):
            yield from self._echo(raw, path, echoed=echoed)
        else:
            _check_immutable_elements(raw.op, path)
            yield Operation(raw.op, path, self._value(raw, path))

    def _extension(self, raw: RawOperation, extension: Schema) -> Iterator[Operation]:
        """The bare URN of an extension stands for its attributes."""
        if raw.op == "remove" or (raw.value is None and raw.has_value):
            for attribute in extension.attributes:
                if attribute.mutability != "readOnly":
                    yield Operation("remove", Path(attribute, extension.id))
        elif isinstance(raw.value, Mapping):
            yield from self._each(raw, raw.value, extension.id)
        else:
            raise InvalidValue(f"{extension.id} takes an object")

    def _echo(self, raw: RawOperation, path: Path, *, echoed: bool) -> Iterator[Operation]:
        """Okta repeats what it read in a value without path; an equal ``id`` is no change."""
        if echoed and path.attribute.name == "id":
            yield Operation(raw.op, path, raw.value)
        elif not echoed or not self.dialect.tolerates("read-only-echo"):
            raise Mutability(f"{path} is read-only")

    def _value(self, raw: RawOperation, path: Path) -> Any:
        at = str(path)
        if raw.op == "remove":
            return self._removed(raw.value, path, at)
        if not raw.has_value:
            raise InvalidValue(f"{raw.op} {at} needs a value")
        if path.sub_attribute is not None:
            return normalise(path.sub_attribute, raw.value, self.dialect, at=at)
        if path.filter is not None:
            partial = raw.op == "add"
            return normalise_lone(path.attribute, raw.value, self.dialect, at=at, partial=partial)
        return normalise(path.attribute, raw.value, self.dialect, at=at, partial=True)

    def _removed(self, value: Any, path: Path, at: str) -> list[Any] | None:
        """The elements that a remove names; Entra ID sends them as a value (see the quirk)."""
        selective = path.target.multi_valued and (path.sub_attribute or not path.filter)
        if value is None or not selective:
            return None
        if not self.dialect.tolerates("remove-values"):
            raise InvalidValue(f"remove {at} takes no value: select the elements in the path")
        return normalise(path.target, value, self.dialect, at=at) or []


def parse_patch(
    body: Any, resource_type: ResourceType, *, dialect: Dialect = _TOLERANT
) -> tuple[Operation, ...]:
    """The operations of a PATCH body.

    Raises `InvalidSyntax`, `InvalidPath`, `InvalidValue`, `Mutability` or `NoTarget`.
    """
    reader = _Reader(resource_type, dialect)
    return tuple(operation for raw in load_patch(body, dialect) for operation in reader.read(raw))


def _is_read_only(path: Path) -> bool:
    return "readOnly" in (path.attribute.mutability, path.target.mutability)


def _check_immutable_elements(op: str, path: Path) -> None:
    """An element of ``members`` can be added and removed, not changed (RFC 7643 section 4.2)."""
    changes = path.sub_attribute is not None or (path.filter is not None and op != "remove")
    if changes and path.attribute.multi_valued and path.attribute.has_immutable_elements:
        raise Mutability(f"{path} is immutable: remove the element and add another")
