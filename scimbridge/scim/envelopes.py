"""The request messages of RFC 7644: PatchOp, SearchRequest, BulkRequest, guarded by marshmallow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from scimbridge.errors import InvalidSyntax
from scimbridge.scim import urns
from scimbridge.scim.quirks import Dialect

_TOLERANT: Final = Dialect.tolerant()


@dataclass(frozen=True, slots=True)
class RawOperation:
    """One entry of ``Operations`` as it was sent, but for the case of ``op``."""

    op: str
    path: str | None
    value: Any
    has_value: bool


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query (RFC 7644 section 3.4.3); None for what was not given."""

    filter: str | None = None
    attributes: tuple[str, ...] | None = None
    excluded_attributes: tuple[str, ...] | None = None
    sort_by: str | None = None
    sort_order: str | None = None
    start_index: int | str | None = None
    count: int | str | None = None
    """Text where they come from a URL; `scimbridge.scim.listing.parse_page` judges them."""
    cursor: str | None = None
    """The empty string asks for the first page by cursor (RFC 9865 section 2)."""


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation of a bulk request (RFC 7644 section 3.7)."""

    method: str
    """Upper case."""
    path: str
    bulk_id: str | None
    version: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A bulk request (RFC 7644 section 3.7)."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None
    """Stop after this many failures; None: never."""


class _Message(Schema):
    """SCIM names are case-insensitive and unknown ones are ignored."""

    class Meta:
        unknown = EXCLUDE

    schemas = fields.List(fields.String())


class _Operation(Schema):
    class Meta:
        unknown = EXCLUDE

    op = fields.String(required=True)
    path = fields.String(allow_none=True)
    value = fields.Raw(allow_none=True)


class _PatchOp(_Message):
    operations = fields.List(fields.Nested(_Operation), required=True, data_key="Operations")


class _Search(_Message):
    attributes = fields.List(fields.String(), allow_none=True)
    excluded_attributes = fields.List(
        fields.String(), data_key="excludedAttributes", allow_none=True
    )
    filter = fields.String(allow_none=True)
    sort_by = fields.String(data_key="sortBy", allow_none=True)
    sort_order = fields.String(data_key="sortOrder", allow_none=True)
    start_index = fields.Integer(strict=True, data_key="startIndex", allow_none=True)
    count = fields.Integer(strict=True, allow_none=True)
    cursor = fields.String(allow_none=True)


class _BulkOperation(Schema):
    class Meta:
        unknown = EXCLUDE

    method = fields.String(required=True)
    path = fields.String(required=True)
    bulk_id = fields.String(data_key="bulkId", allow_none=True, load_default=None)
    version = fields.String(allow_none=True, load_default=None)
    data = fields.Raw(allow_none=True, load_default=None)


class _Bulk(_Message):
    fail_on_errors = fields.Integer(
        strict=True, data_key="failOnErrors", allow_none=True, load_default=None
    )
    operations = fields.List(fields.Nested(_BulkOperation), required=True, data_key="Operations")


_PATCH_OP: Final = _PatchOp()
_SEARCH: Final = _Search()
_BULK: Final = _Bulk()


def load_patch(body: Any, dialect: Dialect = _TOLERANT) -> Iterator[RawOperation]:
    """The operations of a PatchOp message. Raises `InvalidSyntax`."""
    message = _load(_PATCH_OP, body, urns.PATCH_OP, dialect)
    if not message["operations"] and not dialect.tolerates("empty-operations"):
        raise InvalidSyntax("Operations is empty")
    for each in message["operations"]:
        yield RawOperation(
            _op(each["op"], dialect), each.get("path"), each.get("value"), "value" in each
        )


def load_search(body: Any, *, dialect: Dialect = _TOLERANT) -> SearchRequest:
    """The query in a SearchRequest message. Raises `InvalidSyntax`."""
    message = _load(_SEARCH, body, urns.SEARCH_REQUEST, dialect)
    message.pop("schemas", None)
    for name in ("attributes", "excluded_attributes"):
        if message.get(name) is not None:
            message[name] = tuple(message[name])
    return SearchRequest(**message)


def load_bulk(body: Any, *, dialect: Dialect = _TOLERANT) -> BulkRequest:
    """The operations of a BulkRequest message. Raises `InvalidSyntax`.

    ``schemas`` is demanded from everybody: without it an object that was sent to the wrong URL
    would do nothing and look like success.
    """
    message = _load(_BULK, body, urns.BULK_REQUEST, dialect.without({"missing-schemas"}))
    return BulkRequest(
        operations=tuple(
            BulkOperation(**each | {"method": each["method"].upper()})
            for each in message["operations"]
        ),
        fail_on_errors=message["fail_on_errors"],
    )


def _load(schema: Schema, body: Any, urn: str, dialect: Dialect) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        raise InvalidSyntax(f"the body has to be a JSON object of the schema {urn}")
    try:
        message: dict[str, Any] = schema.load(_canonical(body, schema))
    except ValidationError as error:
        raise InvalidSyntax("; ".join(problems(error.messages))) from error
    _check_schemas(message.get("schemas"), urn, dialect)
    return message


def _canonical(value: Any, schema: Schema) -> Any:
    """The message with the spelling that ``schema`` uses for its names."""
    if not isinstance(value, Mapping):
        return value
    known = {
        str(f.data_key or name).lower(): (f.data_key or name, f)
        for name, f in schema.fields.items()
    }
    result: dict[str, Any] = {}
    for name, each in value.items():
        key, field = known.get(name.lower(), (name, None))
        inner = field.inner if isinstance(field, fields.List) else None
        if isinstance(inner, fields.Nested) and isinstance(each, list):
            each = [_canonical(item, inner.schema) for item in each]
        result[key] = each
    return result


def _check_schemas(schemas: list[str] | None, urn: str, dialect: Dialect) -> None:
    if not schemas:
        if not dialect.tolerates("missing-schemas"):
            raise InvalidSyntax(f"schemas has to name {urn}")
    elif urn.lower() not in (each.lower() for each in schemas):
        raise InvalidSyntax(f"schemas has to name {urn}, not {', '.join(schemas)}")


def _op(op: str, dialect: Dialect) -> str:
    lowered = op.lower()
    if lowered not in ("add", "remove", "replace"):
        raise InvalidSyntax(f"op {op!r} is none of add, remove, replace")
    if op != lowered and not dialect.tolerates("op-case"):
        raise InvalidSyntax(f"op {op!r} has to be written {lowered!r}")
    return lowered


def problems(messages: Any, at: str = "") -> Iterator[str]:
    """The sentences in marshmallow's error messages, each with the path that it is about."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from problems(inner, str(name) if not at else f"{at}.{name}")
    else:
        for message in messages:
            yield f"{at}: {message}" if at else str(message)
