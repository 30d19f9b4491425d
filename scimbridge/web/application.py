"""The Flask application: which routes there are, and what happens around each request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface
from flask.typing import ResponseReturnValue
from werkzeug.routing import MapAdapter

from scimbridge.errors import InvalidSyntax, NotFound, TemporarilyUnavailable
from scimbridge.logs import request_id
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.web.bulk import bulk
from scimbridge.web.console.routes import pages
from scimbridge.web.current import BridgeRequest, current
from scimbridge.web.discovery import discovery
from scimbridge.web.errors import register_errors
from scimbridge.web.health import health
from scimbridge.web.oauth import oauth
from scimbridge.web.requests import assign_request_id
from scimbridge.web.resources import resources
from scimbridge.web.responses import require_acceptable
from scimbridge.web.site import EXTENSION, SCIM_PATH, Site, token_path

logger = logging.getLogger(__name__)

_OPEN = frozenset({"/livez", "/readyz", "/metrics"})
_BUSY_RETRY_S = 5
_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
"""On every answer that says nothing else."""


class _NoSessions(SessionInterface):
    """Flask opens a session for each request; the console keeps its own, and SCIM has none."""

    _NONE = NullSession()

    def open_session(self, _app: Flask, _request: Request) -> NullSession:
        """See Flask."""
        return self._NONE


class _Application(Flask):
    """What happens around each request is said here; pages of the console alone have hooks too.

    Flask's own ways to the same are general, and each costs a read a little more.
    """

    request_class = BridgeRequest
    session_interface = _NoSessions()

    def __init__(self, served: Site) -> None:
        super().__init__("scimbridge", static_folder=None)
        self.extensions[EXTENSION] = self._site = served

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the route. The host has no part in that, and is not taken apart for it."""
        if request is None:
            return super().create_url_adapter(request)
        path, method = request.path, request.method
        return MapAdapter(self.url_map, "", "/", "", request.scheme, path, method)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """``func``: none of ours is a coroutine, and Flask asks before each call of each."""
        return func

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Let the request in, or raise a `ScimError`."""
        asked = current()
        self._admit(asked)
        return super().preprocess_request() if asked.blueprint == pages.name else None

    def process_response(self, response: Response) -> Response:
        """Set what every answer has, and note that it was given."""
        asked = current()
        if asked.blueprint == pages.name:
            response = super().process_response(response)
        self._finish(asked, response)
        return response

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        """Give the slot back."""
        asked = current()
        if asked.slot_of is not None:
            self._site.slots.give(asked.slot_of)
            asked.slot_of = None

    def _admit(self, asked: BridgeRequest) -> None:
        asked.started = time.monotonic()
        assign_request_id(asked)
        path = asked.path
        if path in _OPEN:
            return
        target = _target(path)
        provider = self._site.providers.get(target)
        if provider is not None:
            authenticator = self._site.authenticator
            authenticator.require_allowed_address(target)
            if path == token_path(target):
                return
            # Before routing errors are raised: without a token nobody learns which URLs exist.
            authenticator.authenticate(asked, target)
            asked.transient_status = provider.target.config.transient_status
            self._take_slot(asked, target)
            require_acceptable(asked)
            if not asked.host:
                # It is part of every location that is answered (RFC 9110 section 7.2).
                raise InvalidSyntax("the Host header is malformed")
        if "\x00" in path:
            # PostgreSQL takes it in no value, so it must not get as far as a query.
            raise NotFound("nothing is served at a path with a NUL")

    def _take_slot(self, asked: BridgeRequest, target: str) -> None:
        # Only now: what nobody is let in for takes no slot from those who are.
        if not self._site.slots.take(target, self._site.slots_of(target)):
            raise TemporarilyUnavailable(
                f"{target} has as many requests in flight as it may have (max_concurrent_requests)",
                retry_after=_BUSY_RETRY_S,
            )
        asked.slot_of = target

    def _finish(self, asked: BridgeRequest, response: Response) -> None:
        seconds = time.monotonic() - asked.started
        headers, said = response.headers, {name for name, _ in response.headers}
        headers.add("X-Request-Id", request_id.get())
        for name, value in _HEADERS:
            if name not in said:
                headers.add(name, value)
        method, path, status = asked.method, asked.path, response.status_code
        logger.info("%s %s -> %d (%.0f ms)", method, path, status, 1000 * seconds)
        if path not in _OPEN:
            target = _target(path)
            provider = self._site.providers.get(target)
            self._site.metrics.request(
                target="none" if provider is None else target,
                endpoint=_route(asked, provider),
                method=method,
                status=status,
                seconds=seconds,
            )


def build_application(served: Site) -> Flask:
    """The WSGI application that serves ``served``."""
    app = _Application(served)
    app.url_map.strict_slashes = False
    # A redirect would be answered by no IdP, and a POST would lose its body on the way.
    app.url_map.merge_slashes = False
    # No IdP asks for it, and what it answered would be another list than that of a 405.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = served.config.max_body_bytes
    register_errors(app)
    for blueprint in (discovery, bulk, resources, health, oauth):
        app.register_blueprint(blueprint)
    if served.console is not None:
        app.register_blueprint(pages)
    return app


def _target(path: str) -> str:
    return path.lstrip("/").partition("/")[0]


def _route(asked: BridgeRequest, provider: ServiceProvider | None) -> str:
    """The URL below the target's base with its ids left out: ``/Users/<scim_id>``."""
    rule = asked.url_rule
    if provider is None or rule is None:
        return "other"
    route = rule.rule.removeprefix(SCIM_PATH)
    endpoint = (asked.view_args or {}).get("endpoint", "")
    return route.replace("<endpoint>", endpoint) if endpoint in provider.endpoints else route
