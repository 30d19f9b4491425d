"""The bodies that recur in every transcript, as named sets of demands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.model import Json

SHAPES: Final[Mapping[str, Mapping[str, Json]]] = {
    # RFC 7644 section 3.4.2: totalResults is REQUIRED, Resources if it is not 0.
    "list": {
        "schemas": {"contains": "${ListResponse}"},
        "totalResults": {"type": "integer"},
    },
    # What Okta and Entra need of the same message: all counters as integers, Resources always.
    "full list": {
        "schemas": {"contains": "${ListResponse}"},
        "totalResults": {"type": "integer"},
        "startIndex": {"type": "integer"},
        "itemsPerPage": {"type": "integer"},
        "Resources": {"type": "array"},
    },
    "empty list": {
        "schemas": {"contains": "${ListResponse}"},
        "totalResults": 0,
        "Resources": {"empty": True},
    },
    # RFC 7644 section 3.12; ${status} is the status line's code as text.
    "error": {
        "schemas": {"contains": "${Error}"},
        "status": "${status}",
    },
    # RFC 7643 section 3.1.
    "user": {
        "schemas": {"contains": "${User}"},
        "id": {"type": "string", "present": True},
        "userName": {"type": "string", "present": True},
        "meta.resourceType": "User",
        "password": {"absent": True},
    },
    "group": {
        "schemas": {"contains": "${Group}"},
        "id": {"type": "string", "present": True},
        "displayName": {"type": "string", "present": True},
        "meta.resourceType": "Group",
    },
}
"""Name of a shape, as transcripts write it after ``is``, and its demands."""
