"""Discovery (RFC 7644 section 4): what this target serves, and what it can do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from scimbridge.errors import Forbidden, MethodNotAllowed, NotFound, Unsupported
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.scim import urns
from scimbridge.scim.attributes import ResourceType, Schema, load_schema
from scimbridge.scim.messages import list_response
from scimbridge.web.bulk import MAX_OPERATIONS
from scimbridge.web.openapi import describe
from scimbridge.web.responses import JSON, scim_response
from scimbridge.web.search import CURSOR_SECONDS
from scimbridge.web.site import SCIM_PATH, listed_endpoints, site

discovery = Blueprint("discovery", __name__, url_prefix=SCIM_PATH)

_SCHEMES = [
    {
        "type": "oauthbearertoken",
        "name": "Bearer token",
        "description": "A token that the bridge's operator issued for this target",
        "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
        "primary": True,
    },
    {
        "type": "oauth2",
        "name": "OAuth 2 client credentials",
        "description": "The id and secret of such a token, for access tokens of an hour",
        "specUri": "https://www.rfc-editor.org/rfc/rfc6749#section-4.4",
    },
    {
        "type": "httpbasic",
        "name": "HTTP Basic",
        "description": "The id and secret of such a token as user and password",
        "specUri": "https://www.rfc-editor.org/rfc/rfc7617",
    },
]
_WRITES = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_META_SCHEMAS = ("service_provider_config", "resource_type", "schema")


@discovery.get("/ServiceProviderConfig")
def service_provider_config(target: str) -> Response:
    """RFC 7643 section 5."""
    provider = site().provider(target)
    _refuse_filter()
    config = site().config
    return scim_response(
        {
            "schemas": [urns.SERVICE_PROVIDER_CONFIG],
            "patch": {"supported": True},
            "bulk": {
                "supported": True,
                "maxOperations": MAX_OPERATIONS,
                "maxPayloadSize": config.max_body_bytes,
            },
            "filter": {"supported": True, "maxResults": config.max_page_size},
            "changePassword": {"supported": provider.target.capabilities.takes_passwords},
            "sort": {"supported": True},
            "etag": {"supported": True},
            "pagination": {
                "cursor": True,
                "index": True,
                "defaultPaginationMethod": "index",
                "defaultPageSize": config.page_size,
                "maxPageSize": config.max_page_size,
                "cursorTimeout": CURSOR_SECONDS,
            },
            "authenticationSchemes": _SCHEMES,
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": f"{site().base_url(target)}/ServiceProviderConfig",
            },
        }
    )


@discovery.get("/ResourceTypes")
def resource_types(target: str) -> Response:
    """RFC 7643 section 6."""
    provider = site().provider(target)
    _refuse_filter()
    shown = [_type_document(each.resource_type, target) for each in listed_endpoints(provider)]
    return _list(shown)


@discovery.get("/ResourceTypes/<name>")
def resource_type(target: str, name: str) -> Response:
    """One resource type by its name."""
    for kind in _types(site().provider(target)):
        if kind.name == name:
            return scim_response(_type_document(kind, target))
    raise NotFound(f"no ResourceType {name}")


@discovery.get("/Schemas")
def schemas(target: str) -> Response:
    """RFC 7643 section 7."""
    provider = site().provider(target)
    _refuse_filter()
    return _list([_schema_document(each, provider) for each in _schemas(provider)])


@discovery.get("/Schemas/<urn>")
def schema(target: str, urn: str) -> Response:
    """One schema by its URN, which is compared without regard to case."""
    provider = site().provider(target)
    for each in _schemas(provider):
        if each.id.lower() == urn.lower():
            return scim_response(_schema_document(each, provider))
    raise NotFound(f"no Schema {urn}")


@discovery.get("/openapi.json")
def openapi(target: str) -> Response:
    """What this target serves, as OpenAPI 3.1 has it."""
    response = scim_response(
        describe(site().provider(target), site().base_url(target), site().token_url(target))
    )
    response.headers["Content-Type"] = JSON
    return response


@discovery.route("/ServiceProviderConfig", methods=_WRITES)
@discovery.route("/ResourceTypes", methods=_WRITES)
@discovery.route("/ResourceTypes/<name>", methods=_WRITES)
@discovery.route("/Schemas", methods=_WRITES)
@discovery.route("/Schemas/<name>", methods=_WRITES)
@discovery.route("/openapi.json", methods=_WRITES)
def refuse_write(target: str, name: str = "") -> Response:
    """What is discovered is not written."""
    detail = f"{request.path} does not take {request.method}"
    raise MethodNotAllowed(detail, allowed=("GET", "HEAD"))


@discovery.route("/Me", methods=["GET", *_WRITES])
def me(target: str) -> Response:
    """RFC 7644 section 3.11: the caller is an IdP, not a person with an account."""
    raise Unsupported(f"{request.path} is not supported: the caller is no user of {target}")


def _types(provider: ServiceProvider) -> tuple[ResourceType, ...]:
    return tuple(endpoint.resource_type for endpoint in provider.endpoints.values())


def _schemas(provider: ServiceProvider) -> list[Schema]:
    nested = (each.resource_type for each in provider.nested.values())
    own = [
        schema
        for kind in (*_types(provider), *nested)
        for schema in (kind.schema, *(extension for extension, _ in kind.extensions))
    ]
    return own + [load_schema(name) for name in _META_SCHEMAS]


def _refuse_filter() -> None:
    """RFC 7644 section 4: discovery is not filtered, and whoever tries is told so."""
    if "filter" in request.args:
        raise Forbidden(f"{request.path} cannot be filtered; read all of it")


def _list(documents: list[dict[str, Any]]) -> Response:
    return scim_response(list_response(documents, len(documents), 1))


def _type_document(kind: ResourceType, target: str) -> dict[str, Any]:
    document = kind.document()
    # One with nothing to write in it is found under /Schemas and shown to who asks for it by name:
    # clients take what is attached to a type for something to fill.
    document["schemaExtensions"] = [
        {"schema": extension.id, "required": required}
        for extension, required in kind.extensions
        if any(attribute.mutability != "readOnly" for attribute in extension.attributes)
    ]
    location = f"{site().base_url(target)}/ResourceTypes/{kind.name}"
    return document | {"meta": {"resourceType": "ResourceType", "location": location}}


def _schema_document(schema: Schema, provider: ServiceProvider) -> dict[str, Any]:
    location = f"{site().base_url(provider.target.name)}/Schemas/{schema.id}"
    shown = provider.target.described(schema).document()
    return shown | {"meta": {"resourceType": "Schema", "location": location}}
