"""All pages; importing them registers their routes."""

from __future__ import annotations

from scimbridge.web.console import (
    activity,
    groups,
    guard,
    idp_tokens,
    overview,
    people,
    signing_in,
)
from scimbridge.web.console.pages import pages

__all__ = [
    "activity",
    "groups",
    "guard",
    "idp_tokens",
    "overview",
    "pages",
    "people",
    "signing_in",
]
