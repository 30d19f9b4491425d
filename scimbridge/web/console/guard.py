"""The guard: which targets are paused, why, and the operator's decision."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from scimbridge.errors import InvalidSyntax
from scimbridge.web.console.pages import go_to, operator, page, pages, provider
from scimbridge.web.site import site


@pages.get("/guard")
def guard() -> Response:
    """How writes to every target stand."""
    return page(
        "guard.html", standings=[each.pauses.standing() for each in site().providers.values()]
    )


@pages.post("/guard/<target>/pause")
def pause(target: str) -> AnyResponse:
    """Have every write wait."""
    provider(target).pauses.pause(operator())
    return go_to("/guard")


@pages.post("/guard/<target>/resume")
def resume(target: str) -> AnyResponse:
    """Have writes go on, with a fresh budget."""
    typed = request.form.get("allow", "").strip()
    if typed and not (typed.isascii() and typed.isdigit() and 0 < int(typed) < 10**9):
        raise InvalidSyntax(f'"{typed}" is no number of accounts; write 1 or more, or nothing.')
    provider(target).pauses.resume(operator(), allow=int(typed) if typed else None)
    return go_to("/guard")
