"""The messages of RFC 7644: those that come in, and the two that go out.

Everything that the web layer needs of them is reached from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from scimbridge.errors import ScimError
from scimbridge.scim import urns
from scimbridge.scim.envelopes import (
    BulkOperation,
    BulkRequest,
    SearchRequest,
    load_bulk,
    load_search,
)
from scimbridge.scim.json_input import parse_json
from scimbridge.scim.resources import load_resource, merge_put, split_secrets

__all__ = [
    "BulkOperation",
    "BulkRequest",
    "SearchRequest",
    "error_body",
    "list_response",
    "load_bulk",
    "load_resource",
    "load_search",
    "merge_put",
    "parse_json",
    "split_secrets",
]


def list_response(
    resources: Sequence[Mapping[str, Any] | orjson.Fragment],
    total: int,
    start_index: int | None = None,
    *,
    next_cursor: str | None = None,
    previous_cursor: str | None = None,
) -> dict[str, Any]:
    """A ListResponse (RFC 7644 section 3.4.2); all counters always, because Okta wants them.

    ``total`` counts before paging. ``start_index`` is None if the list is paged by cursor.
    """
    body: dict[str, Any] = {
        "schemas": [urns.LIST_RESPONSE],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": len(resources),
        "nextCursor": next_cursor,
        "previousCursor": previous_cursor,
        "Resources": resources,
    }
    return {name: value for name, value in body.items() if value is not None}


def error_body(error: ScimError) -> dict[str, Any]:
    """An Error (RFC 7644 section 3.12); ``status`` is a string there."""
    body = {
        "schemas": [urns.ERROR],
        "status": str(error.status),
        "scimType": error.scim_type,
        "detail": error.detail,
    }
    return {name: value for name, value in body.items() if value is not None}
