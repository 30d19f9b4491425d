"""The tokens of IdPs: names and dates; what they are is stored nowhere."""

from __future__ import annotations

from flask import Response

from scimbridge.directory import tokens
from scimbridge.web.console.pages import page, pages
from scimbridge.web.site import site


@pages.get("/tokens")
def idp_tokens() -> Response:
    """All tokens, those in force first."""
    now = site().now()
    with site().authenticator.directory.read() as connection:
        found = tokens.listing(connection)

    def in_force(token: tokens.Token) -> bool:
        return token.revoked is None and (token.expires is None or token.expires > now)

    listed = [(token, in_force(token)) for token in found]
    return page("tokens.html", tokens=sorted(listed, key=lambda each: not each[1]))
