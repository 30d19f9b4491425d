"""List requests: the same query as URL parameters or as a SearchRequest body."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import orjson
from flask import Response

from scimbridge.errors import InvalidCount, InvalidFilter, InvalidValue
from scimbridge.provisioning.endpoints import Endpoint
from scimbridge.provisioning.query import Query
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.scim.cursors import seal, unseal
from scimbridge.scim.filters import parse_filter
from scimbridge.scim.listing import Page, parse_page
from scimbridge.scim.messages import SearchRequest, list_response
from scimbridge.scim.projection import parse_projection
from scimbridge.web.current import current
from scimbridge.web.responses import scim_response
from scimbridge.web.site import listed_endpoints, site

CURSOR_SECONDS = 3600
"""How long a cursor may be used; advertised as ``cursorTimeout``."""

_NOTHING: Final = SearchRequest()


def query_parameters() -> SearchRequest:
    """The query of a GET (RFC 7644 section 3.4.2). Unknown parameters are ignored."""
    asked = current()
    if not asked.query_string:
        return _NOTHING
    arguments = dict(asked.args.items())  # the first of each name
    return SearchRequest(
        filter=arguments.get("filter"),
        attributes=_names(arguments.get("attributes")),
        excluded_attributes=_names(arguments.get("excludedAttributes")),
        sort_by=arguments.get("sortBy"),
        sort_order=arguments.get("sortOrder"),
        start_index=arguments.get("startIndex"),
        count=arguments.get("count"),
        cursor=arguments.get("cursor"),
    )


def list_of_one(provider: ServiceProvider, endpoint: Endpoint, asked: SearchRequest) -> Response:
    """The ListResponse to a query on one resource type."""
    if asked.cursor is not None:
        return _by_cursor(provider, endpoint, asked)
    page = _page(asked)
    shown, total = _search(provider, endpoint, asked, page)
    return scim_response(list_response(shown, total, page.start_index))


def list_of_all(provider: ServiceProvider, asked: SearchRequest) -> Response:
    """The ListResponse to a query on all resource types, one type after the other.

    An attribute that a type does not have is without value there (RFC 7644 section 3.4.2.1), so
    a filter on it yields nothing of that type; one that no type has is an error.
    """
    if asked.cursor is not None:
        raise InvalidValue("cursor is not supported at the root; search one resource type")
    page = _page(asked)
    shown: list[orjson.Fragment] = []
    total = 0
    refused: InvalidFilter | None = None
    answered = False
    for endpoint in listed_endpoints(provider):
        rest = Page(max(1, page.start_index - total), page.count - len(shown))
        try:
            found, matching = _search(provider, endpoint, asked, rest)
        except InvalidFilter as error:
            refused = refused or error
            continue
        answered = True
        shown += found
        total += matching
    if refused is not None and not answered:
        raise refused
    return scim_response(list_response(shown, total, page.start_index))


def _by_cursor(provider: ServiceProvider, endpoint: Endpoint, asked: SearchRequest) -> Response:
    """RFC 9865: nothing is kept here; the cursor holds where the next page starts."""
    count = _page(asked).count
    if asked.count is not None and int(asked.count) > site().config.max_page_size:
        raise InvalidCount(f"count is above {site().config.max_page_size}")
    query = repr((provider.target.name, endpoint.path, _bound(asked)))
    key, now = site().cursor_key, site().now() / 1000
    offset = 0
    if asked.cursor:
        sealed = unseal(asked.cursor, key, query=query, now=now, max_age=CURSOR_SECONDS)
        offset = int(sealed["offset"])
    shown, total = _search(provider, endpoint, asked, Page(offset + 1, count))
    following = offset + len(shown)
    more = shown and following < total
    before = max(0, offset - count)
    return scim_response(
        list_response(
            shown,
            total,
            next_cursor=seal({"offset": following}, key, query=query, now=now) if more else None,
            previous_cursor=seal({"offset": before}, key, query=query, now=now) if offset else None,
        )
    )


def _bound(asked: SearchRequest) -> SearchRequest:
    """What must be the same for all pages of one list."""
    return replace(asked, cursor=None, count=None, start_index=None)


def _search(
    provider: ServiceProvider, endpoint: Endpoint, asked: SearchRequest, page: Page
) -> tuple[list[orjson.Fragment], int]:
    resource_type = endpoint.resource_type
    projection = parse_projection(asked.attributes, asked.excluded_attributes, resource_type)
    filter = None
    if asked.filter is not None:
        filter = parse_filter(asked.filter, resource_type, dialect=provider.target.dialect)
    query = Query(
        page=page,
        filter=filter,
        sort_by=asked.sort_by,
        sort_order=asked.sort_order,
    )
    found = endpoint.search(query, projection, site().base_url(provider.target.name))
    return [orjson.Fragment(each) for each in found.resources], found.total


def _page(asked: SearchRequest) -> Page:
    config = site().config
    return parse_page(
        asked.start_index, asked.count, default=config.page_size, maximum=config.max_page_size
    )


def _names(value: str | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value.split(","))
