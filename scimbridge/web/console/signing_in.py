"""Signing in and out."""

from __future__ import annotations

from flask import Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from scimbridge.web.console.pages import COOKIE, PATH, desk, go_to, page, pages
from scimbridge.web.console.sessions import Session


@pages.get("/sign-in")
def sign_in() -> AnyResponse:
    """The form; whoever has signed in is sent on."""
    if g.session.operator:
        return go_to("/")
    return _form(status=200, failed=False)


@pages.post("/sign-in")
def enter() -> AnyResponse:
    """Begin a session, or show the form again."""
    session = desk().sign_in(request.form.get("name", ""), request.form.get("password", ""))
    if session is None:
        return _form(status=403, failed=True)
    response = go_to("/")
    _hand_out(response, session)
    return response


@pages.post("/sign-out")
def leave() -> AnyResponse:
    """Take the cookie away."""
    response = go_to("/sign-in")
    response.delete_cookie(COOKIE, path=f"{desk().prefix}{PATH}")
    return response


def _form(*, status: int, failed: bool) -> Response:
    response = page("sign_in.html", status=status, failed=failed)
    _hand_out(response, g.session)
    return response


def _hand_out(response: AnyResponse, session: Session) -> None:
    sessions = desk().sessions
    response.set_cookie(
        COOKIE,
        sessions.cookie(session),
        max_age=sessions.lifetime_s,
        path=f"{desk().prefix}{PATH}",
        secure=desk().secure,
        httponly=True,
        samesite="Strict",
    )
