"""What a target serves as an OpenAPI 3.1 description, made from its endpoints and their schemas.

Attributes are those of ``/Schemas``; only the messages of RFC 7644, which are in no schema, are
written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final

from scimbridge.provisioning.endpoints import Endpoint
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.provisioning.targets import Target
from scimbridge.scim import urns
from scimbridge.scim.attributes import Attribute, ResourceType, load_schema
from scimbridge.web.responses import JSON, SCIM_JSON

Json = dict[str, Any]

_TYPES: Final[Mapping[str, Json]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer"},
    "dateTime": {"type": "string", "format": "date-time"},
    "reference": {"type": "string"},
    "binary": {"type": "string", "contentEncoding": "base64"},
}
_TEXT: Final[Json] = {"type": "string"}
_NUMBER: Final[Json] = {"type": "integer"}
_TEXTS: Final[Json] = {"type": "array", "items": _TEXT}

_REFUSALS: Final = {
    304: "Not changed since the version of If-None-Match",
    400: "Refused: scimType says why",
    401: "No valid token of this target",
    403: "Refused by a policy of the bridge, or the token may only read, or not from this address",
    404: "There is no such resource",
    405: "This resource type can only be read",
    406: "Neither of the media types is accepted",
    409: "A value that has to be unique is taken, or the state does not allow it",
    412: "If-Match names another version",
    413: "The body is larger than what /ServiceProviderConfig says",
    415: "The body is not declared as JSON",
    429: "To be repeated after the seconds of Retry-After; nothing is lost",
    500: "The bridge or its access to the vendor needs its operator",
    501: "Not supported",
    503: "To be repeated after the seconds of Retry-After; nothing is lost",
}


def describe(provider: ServiceProvider, base_url: str, token_url: str) -> Json:
    """The OpenAPI document of one target."""
    return _Description(provider).document(base_url, token_url)


class _Description:
    def __init__(self, provider: ServiceProvider) -> None:
        self._provider = provider
        self._busy = provider.target.config.transient_status
        self._endpoints = tuple(provider.endpoints.values())
        self._nested = tuple(each.of("{id}") for each in provider.nested.values())

    def document(self, base_url: str, token_url: str) -> Json:
        return {
            "openapi": "3.1.0",
            "info": {
                "title": f"SCIM 2.0 for {self._provider.target.name}",
                "version": version("scimbridge"),
            },
            "servers": [{"url": base_url}],
            "security": [{"bearer": []}, {"basic": []}, {"oauth": []}],
            "paths": dict(self._paths()),
            "components": {
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "basic": {"type": "http", "scheme": "basic"},
                    "oauth": {
                        "type": "oauth2",
                        "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": {}}},
                    },
                },
                "parameters": dict(_parameters()),
                "schemas": dict(self._schemas()),
            },
        }

    def _paths(self) -> Iterator[tuple[str, Json]]:
        for endpoint in self._endpoints:
            yield from self._paths_of(endpoint, "id")
        for endpoint in self._nested:
            for path, item in self._paths_of(endpoint, "nestedId"):
                parameters = item.get("parameters", [])
                yield path, item | {"parameters": [*_refs(("id",)), *parameters]}
        yield "/.search", {"post": self._search(None)}
        yield (
            "/Bulk",
            {"post": self._write("Run many operations", 200, "BulkResponse", body="BulkRequest")},
        )
        yield (
            "/ServiceProviderConfig",
            {"get": self._read("What the service provider can do", "ServiceProviderConfig", 403)},
        )
        for name in ("ResourceType", "Schema"):
            yield f"/{name}s", {"get": self._read(f"All {name}s", f"{name}List", 403)}
            one = self._read(f"One {name}", name, 404)
            yield f"/{name}s/{{id}}", {"parameters": [_ref("parameters", "id")], "get": one}
        me = self._operation("Not supported: the caller is no user", {}, 501)
        yield "/Me", {"get": me}
        yield (
            "/openapi.json",
            {"get": self._operation("This description", {200: _answer({"type": "object"})})},
        )

    def _paths_of(self, endpoint: Endpoint, id_name: str) -> Iterator[tuple[str, Json]]:
        yield endpoint.path, self._collection(endpoint)
        search = self._search(endpoint.resource_type)
        yield f"{endpoint.path}/.search", {"post": search}
        resource = self._resource(endpoint)
        yield f"{endpoint.path}/{{{id_name}}}", {"parameters": _refs((id_name,)), **resource}

    def _collection(self, endpoint: Endpoint) -> Json:
        kind = endpoint.resource_type
        listing = self._read(f"Find each {kind.name}", f"{kind.name}List", *_of_owner(kind))
        operations = {"get": listing | {"parameters": _refs((*_PROJECTION, *_QUERY))}}
        if "create" in endpoint.verbs:
            create = self._write(f"Create a {kind.name}", 201, kind.name, body=f"{kind.name}Body")
            operations["post"] = create | {"parameters": _refs(_PROJECTION)}
        return operations

    def _resource(self, endpoint: Endpoint) -> Json:
        kind = endpoint.resource_type
        get = self._read(f"Read a {kind.name}", kind.name, 304, 404)
        operations: Json = {"get": get | {"parameters": _refs((*_PROJECTION, "If-None-Match"))}}
        verbs = {"put": ("Replace", f"{kind.name}Body"), "patch": ("Change", "PatchOp")}
        for verb, (action, body) in verbs.items() if "update" in endpoint.verbs else ():
            write = self._write(f"{action} a {kind.name}", 200, kind.name, 404, 412, body=body)
            operations[verb] = write | {"parameters": _refs((*_PROJECTION, "If-Match"))}
        if self._provider.target.config.patch_group_response == "empty" and kind.name == "Group":
            operations["patch"]["responses"]["204"] = {"description": "Done"}
        if "delete" in endpoint.verbs:
            delete = self._write(f"Delete a {kind.name}", 204, None, 404, 412)
            operations["delete"] = delete | {"parameters": _refs(("If-Match",))}
        return operations

    def _search(self, kind: ResourceType | None) -> Json:
        answer = f"{kind.name if kind else 'Any'}List"
        refusals = (413, 415, *(_of_owner(kind) if kind else ()))
        described = self._read("Find resources by a query in the body", answer, *refusals)
        return described | {"requestBody": _content("SearchRequest")}

    def _read(self, summary: str, answer: str, *refusals: int) -> Json:
        found = _answer(_ref("schemas", answer))
        return self._operation(summary, {200: found}, 400, self._busy, *refusals)

    def _write(
        self, summary: str, status: int, answer: str | None, *refusals: int, body: str | None = None
    ) -> Json:
        done = _answer(_ref("schemas", answer)) if answer else {"description": "Done"}
        taken = {"requestBody": _content(body)} if body else {}
        refused = (400, 403, 409, 500, 501, self._busy, *((413, 415) if body else ()), *refusals)
        return self._operation(summary, {status: done}, *refused) | taken

    def _operation(self, summary: str, answers: Mapping[int, Json], *refusals: int) -> Json:
        every = dict(answers)
        for status in (401, 403, 406, 429, *refusals):
            every[status] = {"description": _REFUSALS[status]}
            if status >= 400:
                every[status] = _answer(_ref("schemas", "Error"), _REFUSALS[status])
        return {
            "summary": summary,
            "responses": {str(status): every[status] for status in sorted(every)},
        }

    def _schemas(self) -> Iterator[tuple[str, Json]]:
        for endpoint in (*self._endpoints, *self._nested):
            kind = endpoint.resource_type
            yield kind.name, _resource_schema(kind, self._provider.target)
            yield f"{kind.name}List", _list(_ref("schemas", kind.name))
            if endpoint.verbs:
                required = ["schemas", *(a.name for a in kind.schema.attributes if a.required)]
                body = {"allOf": [_ref("schemas", kind.name), {"required": required}]}
                yield f"{kind.name}Body", body
        names = [endpoint.resource_type.name for endpoint in self._endpoints]
        yield "AnyList", _list({"anyOf": [_ref("schemas", name) for name in names]})
        for name, file in _DISCOVERED.items():
            yield name, _object(load_schema(file).attributes)
            yield f"{name}List", _list(_ref("schemas", name))
        yield from _messages()


_DISCOVERED: Final = {
    "ServiceProviderConfig": "service_provider_config",
    "ResourceType": "resource_type",
    "Schema": "schema",
}
_PROJECTION: Final = ("attributes", "excludedAttributes")
_QUERY: Final = ("filter", "sortBy", "sortOrder", "startIndex", "count", "cursor")


def _of_owner(kind: ResourceType) -> tuple[int, ...]:
    """How a list can be refused because there is nothing that it could belong to."""
    return (404,) if kind.is_nested else ()


def _parameters() -> Iterator[tuple[str, Json]]:
    for name in ("id", "nestedId"):
        yield name, {"name": name, "in": "path", "required": True, "schema": _TEXT}
    for name in (*_PROJECTION, *_QUERY):
        schema = _NUMBER if name in ("startIndex", "count") else _TEXT
        yield name, {"name": name, "in": "query", "schema": schema}
    for name in ("If-Match", "If-None-Match"):
        yield name, {"name": name, "in": "header", "schema": _TEXT}


def _resource_schema(kind: ResourceType, target: Target) -> Json:
    own = target.described(kind.schema).attributes
    common = tuple(each for each in kind.attributes if each not in kind.schema.attributes)
    schema = _object((*common, *own))
    for extension, _required in kind.extensions:
        schema["properties"][extension.id] = _object(target.described(extension).attributes)
    # What a projection may leave out is required of no answer.
    return schema | {"required": [each.name for each in common if each.returned == "always"]}


def _object(attributes: Iterable[Attribute]) -> Json:
    return {"type": "object", "properties": {each.name: _schema(each) for each in attributes}}


def _schema(attribute: Attribute) -> Json:
    schema = dict(_TYPES.get(attribute.type) or _object(attribute.sub_attributes))
    if attribute.canonical_values:
        # Suggestions (RFC 7643 section 7): others are accepted too.
        schema["examples"] = list(attribute.canonical_values)
    if attribute.multi_valued:
        schema = {"type": "array", "items": schema}
    schema["description"] = attribute.description
    if attribute.mutability in ("readOnly", "writeOnly"):
        schema[attribute.mutability] = True
    return schema


def _messages() -> Iterator[tuple[str, Json]]:
    """Those of RFC 7644 sections 3.4.3, 3.5.2, 3.7 and 3.12."""
    query = dict.fromkeys(_QUERY, _TEXT) | dict.fromkeys(_PROJECTION, _TEXTS)
    numbers = {"startIndex": _NUMBER, "count": _NUMBER}
    yield "SearchRequest", _message(urns.SEARCH_REQUEST, query | numbers)
    change = {"op": {"enum": ["add", "remove", "replace"]}, "path": _TEXT, "value": {}}
    yield "PatchOp", _message(urns.PATCH_OP, {"Operations": _array(change, "op")}, "Operations")
    named = {"method": {"enum": ["POST", "PUT", "PATCH", "DELETE"]}, "bulkId": _TEXT}
    sent = named | {"path": _TEXT, "version": _TEXT, "data": {"type": "object"}}
    bulk = {"failOnErrors": {"type": "integer", "minimum": 1}}
    bulk["Operations"] = _array(sent, "method", "path")
    yield "BulkRequest", _message(urns.BULK_REQUEST, bulk, "Operations")
    done = {"method": _TEXT, "bulkId": _TEXT, "location": _TEXT, "status": _TEXT, "response": {}}
    outcomes = {"Operations": _array(done, "method", "status")}
    yield "BulkResponse", _message(urns.BULK_RESPONSE, outcomes, "Operations")
    error = dict.fromkeys(("status", "scimType", "detail"), _TEXT)
    yield "Error", _message(urns.ERROR, error, "status")


def _list(item: Json) -> Json:
    counters = ("totalResults", "itemsPerPage", "startIndex")
    properties: Json = dict.fromkeys(counters, _NUMBER)
    properties |= {"nextCursor": _TEXT, "previousCursor": _TEXT}
    properties["Resources"] = {"type": "array", "items": item}
    return _message(urns.LIST_RESPONSE, properties, "totalResults", "Resources")


def _message(urn: str, properties: Json, *required: str) -> Json:
    schemas = {"type": "array", "items": {"type": "string", "const": urn}, "minItems": 1}
    return {
        "type": "object",
        "properties": {"schemas": schemas, **properties},
        "required": ["schemas", *required],
    }


def _array(properties: Json, *required: str) -> Json:
    item = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "array", "items": item}


def _answer(schema: Json, description: str = "Done") -> Json:
    return {"description": description, "content": _media(schema)}


def _content(schema: str) -> Json:
    return {"required": True, "content": _media(_ref("schemas", schema))}


def _media(schema: Json) -> Json:
    return {media: {"schema": schema} for media in (SCIM_JSON, JSON)}


def _refs(names: Iterable[str]) -> list[Json]:
    return [_ref("parameters", name) for name in names]


def _ref(section: str, name: str) -> Json:
    return {"$ref": f"#/components/{section}/{name}"}
