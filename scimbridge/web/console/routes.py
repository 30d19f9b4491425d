"""All pages; importing them registers their routes."""

from __future__ import annotations

from scimbridge.web.console import overview, signing_in
from scimbridge.web.console.pages import pages

__all__ = ["overview", "pages", "signing_in"]
