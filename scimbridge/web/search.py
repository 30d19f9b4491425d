"""List requests: the same query as URL parameters or as a SearchRequest body."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from scimbridge.provisioning.query import Query
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filters import parse_filter
from scimbridge.scim.listing import Page, parse_page
from scimbridge.scim.messages import SearchRequest, list_response
from scimbridge.scim.projection import parse_projection, project
from scimbridge.web.responses import scim_response
from scimbridge.web.site import site


def query_parameters() -> SearchRequest:
    """The query of a GET (RFC 7644 section 3.4.2). Unknown parameters are ignored."""
    arguments = request.args
    return SearchRequest(
        filter=arguments.get("filter"),
        attributes=_names("attributes"),
        excluded_attributes=_names("excludedAttributes"),
        sort_by=arguments.get("sortBy"),
        sort_order=arguments.get("sortOrder"),
        cursor=arguments.get("cursor"),
    )


def _names(parameter: str) -> tuple[str, ...] | None:
    value = request.args.get(parameter)
    return None if value is None else tuple(value.split(","))


def page_of(start_index: Any, count: Any) -> Page:
    """The window that the parameters ask for, within the configured page sizes."""
    config = site().config
    return parse_page(start_index, count, default=config.page_size, maximum=config.max_page_size)


def respond_with_list(
    provider: ServiceProvider, resource_type: ResourceType, asked: SearchRequest, page: Page
) -> Response:
    """The ListResponse to ``asked``."""
    projection = parse_projection(asked.attributes, asked.excluded_attributes, resource_type)
    query = Query(
        page=page,
        filter=_filter(provider, resource_type, asked.filter),
        sort_by=asked.sort_by,
        sort_order=asked.sort_order,
    )
    base_url = site().base_url(provider.target.name)
    found = provider.reader.search(resource_type, query, projection, base_url)
    shown = [project(resource, projection) for resource in found.resources]
    return scim_response(list_response(shown, found.total, page.start_index))


def _filter(provider: ServiceProvider, resource_type: ResourceType, text: str | None) -> Any:
    if text is None:
        return None
    return parse_filter(text, resource_type, dialect=provider.target.dialect)
