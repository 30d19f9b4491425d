"""The resource endpoints (RFC 7644 section 3), the same for every resource type."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from scimbridge.connectors.interface import RecordVerb
from scimbridge.errors import MethodNotAllowed, NotFound, PreconditionFailed
from scimbridge.provisioning.endpoints import Endpoint, Written, require_verb
from scimbridge.provisioning.representation import Representation
from scimbridge.scim.messages import load_resource, load_search
from scimbridge.scim.operations import parse_patch
from scimbridge.scim.projection import Projection, parse_projection
from scimbridge.web.auth import caller
from scimbridge.web.requests import if_match, if_none_match, json_body
from scimbridge.web.responses import scim_response
from scimbridge.web.search import list_of_all, list_of_one, query_parameters
from scimbridge.web.site import SCIM_PATH, site

resources = Blueprint("resources", __name__, url_prefix=SCIM_PATH)

_ENDPOINT = "/<endpoint>"
_ONE = "/<endpoint>/<scim_id>"
_NESTED = "/<endpoint>/<owner>/<nested>"
_NO_POST = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


@resources.get(_ENDPOINT)
def list_resources(target: str, endpoint: str) -> Response:
    """RFC 7644 section 3.4.2."""
    return list_of_one(site().provider(target), _endpoint(target, endpoint), query_parameters())


@resources.post(f"{_ENDPOINT}/.search")
def search_resources(target: str, endpoint: str) -> Response:
    """RFC 7644 section 3.4.3."""
    provider, found = site().provider(target), _endpoint(target, endpoint)
    return list_of_one(provider, found, load_search(json_body(), dialect=provider.target.dialect))


@resources.get(_NESTED)
def list_nested_resources(target: str, endpoint: str, owner: str, nested: str) -> Response:
    """The resources that belong to another one, listed as those of any type."""
    found = _nested(target, endpoint, owner, nested)
    return list_of_one(site().provider(target), found, query_parameters())


@resources.post(f"{_NESTED}/.search")
def search_nested_resources(target: str, endpoint: str, owner: str, nested: str) -> Response:
    """RFC 7644 section 3.4.3, on what belongs to another resource."""
    provider, found = site().provider(target), _nested(target, endpoint, owner, nested)
    return list_of_one(provider, found, load_search(json_body(), dialect=provider.target.dialect))


@resources.post("/.search")
def search_everything(target: str) -> Response:
    """RFC 7644 section 3.4.3, over all resource types."""
    provider = site().provider(target)
    return list_of_all(provider, load_search(json_body(), dialect=provider.target.dialect))


@resources.post(_ENDPOINT)
def create_resource(target: str, endpoint: str) -> Response:
    """RFC 7644 section 3.3."""
    found = _able(target, endpoint, "create")
    projection = _projection(found)
    written = found.create(read_document(target, found, json_body()), caller())
    response = _respond(target, written, projection, status=201)
    # Only now can the client know of it: until then a repeated POST is no conflict.
    response.call_on_close(lambda: found.answered(written.scim_id))
    return response


@resources.get(_ONE)
def get_resource(target: str, endpoint: str, scim_id: str) -> Response:
    """RFC 7644 section 3.4.1."""
    return _read(target, _endpoint(target, endpoint), scim_id)


@resources.get(f"{_NESTED}/<scim_id>")
def get_nested_resource(
    target: str, endpoint: str, owner: str, nested: str, scim_id: str
) -> Response:
    """One of the resources that belong to another."""
    return _read(target, _nested(target, endpoint, owner, nested), scim_id)


@resources.put(_ONE)
def replace_resource(target: str, endpoint: str, scim_id: str) -> Response:
    """RFC 7644 section 3.5.1."""
    found = _able(target, endpoint, "update")
    projection = _projection(found)
    document = read_document(target, found, json_body())
    written = found.replace(scim_id, document, caller(), _precondition())
    return _respond(target, written, projection)


@resources.patch(_ONE)
def patch_resource(target: str, endpoint: str, scim_id: str) -> Response:
    """RFC 7644 section 3.5.2."""
    found = _able(target, endpoint, "update")
    projection = _projection(found)
    config = site().provider(target).target
    operations = parse_patch(json_body(), found.resource_type, dialect=config.dialect)
    written = found.patch(scim_id, operations, caller(), _precondition())
    terse = endpoint == "Groups" and config.config.patch_group_response == "empty"
    if terse and projection.is_default:
        return scim_response(None, status=204)
    return _respond(target, written, projection)


@resources.delete(_ONE)
def delete_resource(target: str, endpoint: str, scim_id: str) -> Response:
    """RFC 7644 section 3.6."""
    _able(target, endpoint, "delete").delete(scim_id, caller(), _precondition())
    return scim_response(None, status=204)


@resources.route("/.search", methods=_NO_POST)
@resources.route("/Bulk", methods=_NO_POST)
@resources.route(f"{_ENDPOINT}/.search", methods=_NO_POST)
def refuse_all_but_post(target: str, endpoint: str = "") -> Response:
    """These URLs are no resources: what they do is asked for by POST."""
    raise MethodNotAllowed(f"{request.path} does not take {request.method}", allowed=("POST",))


def _read(target: str, found: Endpoint, scim_id: str) -> Response:
    projection = _projection(found)
    resource = found.get(scim_id, projection, site().base_url(target))
    known = if_none_match()
    if known is not None and ("*" in known or resource.version in known):
        return scim_response(None, status=304, headers=[("ETag", resource.version)])
    return _represent(resource)


def read_document(target: str, endpoint: Endpoint, body: Any) -> dict[str, Any]:
    """A POST or PUT body as a valid, normalised document."""
    dialect = site().provider(target).target.dialect
    return load_resource(body, endpoint.resource_type, dialect=dialect)


def _endpoint(target: str, name: str) -> Endpoint:
    found = site().provider(target).endpoints.get(name)
    if found is None:
        raise NotFound(f"nothing is served at {request.path}")
    return found


def _nested(target: str, endpoint: str, owner: str, nested: str) -> Endpoint:
    found = site().provider(target).nested.get((endpoint, nested))
    if found is None:
        raise NotFound(f"nothing is served at {request.path}")
    return found.of(owner)


def _able(target: str, name: str, verb: RecordVerb) -> Endpoint:
    """The endpoint that can do it, said before the body is read: none could make it right."""
    found = _endpoint(target, name)
    require_verb(found, verb)
    return found


def _projection(endpoint: Endpoint) -> Projection:
    asked = query_parameters()
    return parse_projection(asked.attributes, asked.excluded_attributes, endpoint.resource_type)


def _precondition() -> frozenset[str] | None:
    if if_none_match() is not None:
        # RFC 9110 section 13.1.2: for a write it asks that the version be another one.
        raise PreconditionFailed("If-None-Match is for reads; write with If-Match")
    return if_match()


def _respond(
    target: str, written: Written, projection: Projection, *, status: int = 200
) -> Response:
    return _represent(written.show(projection, site().base_url(target)), status=status)


def _represent(resource: Representation, *, status: int = 200) -> Response:
    headers = [("ETag", resource.version), ("Content-Location", resource.location)]
    if status == 201:
        headers.append(("Location", resource.location))
    return scim_response(resource.json, status=status, headers=headers)
