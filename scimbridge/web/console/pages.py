"""What all pages share: who may see them, their headers, and how they are rendered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from jinja2 import StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from scimbridge.directory.journal import Caller
from scimbridge.errors import DirectoryError, Forbidden, NotFound, ScimError, TemporarilyUnavailable
from scimbridge.logs import request_id
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.web.console.desk import Desk
from scimbridge.web.console.sessions import Session
from scimbridge.web.errors import as_scim_error
from scimbridge.web.site import site

PATH = "/console"
COOKIE = "scimbridge_console"

pages = Blueprint("console", __name__, url_prefix=PATH, template_folder="templates")

_SECTIONS = (
    ("", "Overview"),
    ("activity", "Activity"),
    ("people", "People"),
    ("groups", "Groups"),
    ("guard", "Guard"),
    ("tokens", "Tokens"),
)
"""The first segment of a page's path, and what it is called in the navigation."""

_OPEN = frozenset({"console.sign_in", "console.enter", "console.style"})
_STYLE = Path(__file__).parent / "console.css"
_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def desk() -> Desk:
    """Who may use the pages of the current application."""
    found = site().console
    assert found is not None  # noqa: S101 - the pages are registered with a desk alone
    return found


def operator() -> Caller:
    """The operator of this request, as journal and audit log name callers."""
    session: Session = g.session
    return Caller(actor=f"operator:{session.operator}", request_id=request_id.get())


def href(path: str) -> str:
    """Where a browser finds a page: ``/activity``, for example."""
    return f"{desk().prefix}{PATH}{path}"


def provider(target: str) -> ServiceProvider:
    """The target that a page is about. Raises `NotFound`."""
    found = site().providers.get(target)
    if found is None:
        raise NotFound(f"There is no target {target}.")
    return found


def page(template: str, *, status: int = 200, **context: object) -> Response:
    """A page as a response."""
    session: Session = g.session
    shown = render_template(
        template,
        operator=session.operator,
        form_token=desk().sessions.form_token(session),
        section=request.path.removeprefix(PATH).strip("/").partition("/")[0],
        **context,
    )
    return make_response(shown, status)


def go_to(path: str) -> AnyResponse:
    """Have the browser get a page, after a form."""
    return redirect(href(path), code=303)


@pages.get("/console.css")
def style() -> Response:
    """The style sheet."""
    response = Response(_STYLE.read_bytes(), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=300"
    return response


@pages.before_request
def _admit() -> AnyResponse | None:
    door = desk()
    g.session = door.sessions.begin()
    door.require_allowed_address()
    found = door.sessions.read(request.cookies.get(COOKIE, ""))
    g.session = found or g.session
    if request.endpoint not in _OPEN and not g.session.operator:
        return go_to("/sign-in")
    if request.method == "POST" and not door.sessions.is_own_form(
        g.session, request.form.get("form_token", "")
    ):
        raise Forbidden("The form is out of date. Go back, load the page again and repeat.")
    return None


@pages.after_request
def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


@pages.errorhandler(ScimError)
def _failed(error: ScimError) -> Response:
    response = page("failure.html", status=error.status, reason=error.detail)
    if isinstance(error, TemporarilyUnavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@pages.errorhandler(DirectoryError)
def _directory_failed(error: DirectoryError) -> Response:
    return _failed(as_scim_error(error))


@pages.route("/<path:path>", methods=["GET", "POST"])
def nothing(path: str) -> NoReturn:
    """A page for what is no page."""
    raise NotFound(f"There is no page {PATH}/{path}.")


@pages.record_once
def _prepare(state: BlueprintSetupState) -> None:
    environment = state.app.jinja_env
    # A misspelt name in a template fails a test instead of showing nothing.
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals |= {"href": href, "sections": _SECTIONS}
    environment.filters |= {
        "moment": moment,
        "ago": ago,
        "plural": plural,
        "milliseconds": milliseconds,
        "verdict": verdict,
    }


def moment(milliseconds: int) -> Markup:
    """A time as a page shows it: in UTC, to the second."""
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    shown, machine = at.strftime("%Y-%m-%d %H:%M:%S UTC"), at.isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(machine, shown)


def ago(milliseconds: int) -> Markup:
    """How long ago a time is, or how far ahead; the time itself where the pointer rests."""
    seconds = (site().now() - milliseconds) // 1000
    words = _duration(abs(seconds))
    shown = f"in {words}" if seconds < 0 else f"{words} ago"
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), at.strftime("%Y-%m-%d %H:%M:%S UTC"), shown
    )


def milliseconds(length: int) -> str:
    """A duration: ``80 ms``, ``1.25 s``, ``5 minutes``."""
    if length < 1000:
        return f"{length} ms"
    return f"{length / 1000:.2f} s" if length < 120_000 else _duration(length // 1000)


def verdict(status: int | None) -> str:
    """The class of a vendor's answer: what was asked was done, was not, or nobody knows."""
    if status is None or status >= 500:
        return "bad"
    return "ok" if status < 400 else "warn"


def plural(count: int, word: str, words: str = "") -> str:
    """A number and what is counted: ``1 change``, ``2 changes``, ``3 people``."""
    return f"{count:,} {word if count == 1 else words or f'{word}s'}"


def _duration(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return plural(seconds // length, unit)
    return plural(seconds, "second")
