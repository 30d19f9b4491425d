"""What the server says it can do, so that optional features are not held against it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.conversation import Abandoned, Conversation
from conformance.model import Json
from conformance.paths import MISSING, find
from conformance.variables import URNS

OKTA_ROLE = "urn:okta:scim:schemas:core:1.0:Role"
OKTA_ENTITLEMENT = "urn:okta:scim:schemas:core:1.0:Entitlement"

_CONFIGURED = {
    "patch": "patch.supported",
    "bulk": "bulk.supported",
    "filter": "filter.supported",
    "sort": "sort.supported",
    "etag": "etag.supported",
    "change-password": "changePassword.supported",
    "cursor": "pagination.cursor",
}


def discover_features(conversation: Conversation) -> frozenset[str]:
    """Ask the discovery end points; what they do not say is taken as absent."""
    return frozenset(
        {
            *_configured(_ask(conversation, "/ServiceProviderConfig")),
            *_typed(_ask(conversation, "/ResourceTypes")),
        }
    )


def _ask(conversation: Conversation, path: str) -> Json:
    try:
        return conversation.say("GET", path).json
    except Abandoned:
        return None


def _configured(config: Json) -> Iterator[str]:
    for feature, path in _CONFIGURED.items():
        if find(config, path) is True:
            yield feature


def _typed(listing: Json) -> Iterator[str]:
    schemas = find(listing, "Resources[*].schema")
    extensions = find(listing, "Resources[*].schemaExtensions")
    known = {} if schemas is MISSING else set(map(str, schemas))
    if URNS["User"] in known:
        yield "users"
    if URNS["Group"] in known:
        yield "groups"
    if OKTA_ROLE in known:
        yield "okta-roles"
    if OKTA_ENTITLEMENT in known:
        yield "okta-entitlements"
    if extensions is not MISSING and URNS["Enterprise"] in str(extensions):
        yield "enterprise"
