"""The resource endpoints: /Users and /Groups (RFC 7644 section 3)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import PreconditionFailed
from scimbridge.provisioning.groups import Groups
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.provisioning.users import Users
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.messages import load_resource, load_search
from scimbridge.scim.operations import parse_patch
from scimbridge.scim.projection import Projection, parse_projection, project
from scimbridge.web.auth import caller
from scimbridge.web.requests import if_match, if_none_match, json_body
from scimbridge.web.responses import scim_response
from scimbridge.web.search import page_of, query_parameters, respond_with_list
from scimbridge.web.site import SCIM_PATH, site

resources = Blueprint("resources", __name__, url_prefix=SCIM_PATH)

_ENDPOINT = "/<any(Users, Groups):endpoint>"
_ONE = f"{_ENDPOINT}/<scim_id>"


@resources.get(_ENDPOINT)
def list_resources(target: str, endpoint: str) -> Response:
    """RFC 7644 section 3.4.2."""
    provider, resource_type, _ = _resolve(target, endpoint)
    page = page_of(request.args.get("startIndex"), request.args.get("count"))
    return respond_with_list(provider, resource_type, query_parameters(), page)


@resources.post(f"{_ENDPOINT}/.search")
def search_resources(target: str, endpoint: str) -> Response:
    """RFC 7644 section 3.4.3."""
    provider, resource_type, _ = _resolve(target, endpoint)
    asked = load_search(json_body(), dialect=provider.target.dialect)
    page = page_of(asked.start_index, asked.count)
    return respond_with_list(provider, resource_type, asked, page)


@resources.post(_ENDPOINT)
def create_resource(target: str, endpoint: str) -> Response:
    """RFC 7644 section 3.3."""
    provider, resource_type, writer = _resolve(target, endpoint)
    projection = _projection(resource_type)
    document = load_resource(json_body(), resource_type, dialect=provider.target.dialect)
    row = writer.create(document, caller())
    response = _respond(provider, resource_type, row, projection, status=201)
    scim_id = str(row.scim_id)
    # Only now can the client know of it: until then a repeated POST is no conflict.
    response.call_on_close(lambda: provider.writes.claim(scim_id))
    return response


@resources.get(_ONE)
def get_resource(target: str, endpoint: str, scim_id: str) -> Response:
    """RFC 7644 section 3.4.1."""
    provider, resource_type, _ = _resolve(target, endpoint)
    projection = _projection(resource_type)
    resource = provider.reader.get(resource_type, scim_id, projection, site().base_url(target))
    known = if_none_match()
    if known is not None and ("*" in known or resource["meta"]["version"] in known):
        response = scim_response(None, status=304)
        response.headers["ETag"] = resource["meta"]["version"]
        return response
    return _represent(resource, projection)


@resources.put(_ONE)
def replace_resource(target: str, endpoint: str, scim_id: str) -> Response:
    """RFC 7644 section 3.5.1."""
    provider, resource_type, writer = _resolve(target, endpoint)
    projection = _projection(resource_type)
    document = load_resource(json_body(), resource_type, dialect=provider.target.dialect)
    row = writer.replace(scim_id, document, caller(), _precondition())
    return _respond(provider, resource_type, row, projection)


@resources.patch(_ONE)
def patch_resource(target: str, endpoint: str, scim_id: str) -> Response:
    """RFC 7644 section 3.5.2."""
    provider, resource_type, writer = _resolve(target, endpoint)
    projection = _projection(resource_type)
    operations = parse_patch(json_body(), resource_type, dialect=provider.target.dialect)
    row = writer.patch(scim_id, operations, caller(), _precondition())
    terse = endpoint == "Groups" and provider.target.config.patch_group_response == "empty"
    if terse and projection.is_default:
        return scim_response(None, status=204)
    return _respond(provider, resource_type, row, projection)


@resources.delete(_ONE)
def delete_resource(target: str, endpoint: str, scim_id: str) -> Response:
    """RFC 7644 section 3.6."""
    _, _, writer = _resolve(target, endpoint)
    writer.delete(scim_id, caller(), _precondition())
    return scim_response(None, status=204)


def _resolve(target: str, endpoint: str) -> tuple[ServiceProvider, ResourceType, Users | Groups]:
    provider = site().provider(target)
    if endpoint == "Users":
        return provider, provider.target.user_type, provider.users
    return provider, provider.target.group_type, provider.groups


def _projection(resource_type: ResourceType) -> Projection:
    asked = query_parameters()
    return parse_projection(asked.attributes, asked.excluded_attributes, resource_type)


def _precondition() -> frozenset[str] | None:
    if if_none_match() is not None:
        # RFC 9110 section 13.1.2: for a write it asks that the version be another one.
        raise PreconditionFailed("If-None-Match is for reads; write with If-Match")
    return if_match()


def _respond(
    provider: ServiceProvider,
    resource_type: ResourceType,
    row: ResourceRow,
    projection: Projection,
    *,
    status: int = 200,
) -> Response:
    base_url = site().base_url(provider.target.name)
    resource = provider.reader.get(resource_type, str(row.scim_id), projection, base_url)
    return _represent(resource, projection, status=status)


def _represent(resource: dict[str, Any], projection: Projection, *, status: int = 200) -> Response:
    response = scim_response(project(resource, projection), status=status)
    location = resource["meta"]["location"]
    response.headers["ETag"] = resource["meta"]["version"]
    response.headers["Content-Location"] = location
    if status == 201:
        response.headers["Location"] = location
    return response
