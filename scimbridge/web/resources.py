"""The resource endpoints: /Users and /Groups (RFC 7644 section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from scimbridge.errors import InvalidVersion, NotFound
from scimbridge.provisioning.groups import Groups
from scimbridge.provisioning.query import Query
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.provisioning.users import Users
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.envelopes import SearchRequest, load_search
from scimbridge.scim.filters import parse_filter
from scimbridge.scim.messages import list_response, load_resource
from scimbridge.scim.operations import parse_patch
from scimbridge.scim.projection import Projection, parse_projection, project
from scimbridge.web.auth import caller
from scimbridge.web.requests import if_match, if_none_match, json_body, json_object
from scimbridge.web.responses import scim_response
from scimbridge.web.search import search_request_from_query
from scimbridge.web.site import SCIM_PATH, site

resources = Blueprint("resources", __name__, url_prefix=SCIM_PATH)

_TYPES = ("Users", "Groups")


def _resolve(target: str, endpoint: str) -> tuple[ServiceProvider, ResourceType, Users | Groups]:
    provider = site().provider(target)
    if endpoint == "Users":
        return provider, provider.target.user_type, provider.users
    return provider, provider.target.group_type, provider.groups
