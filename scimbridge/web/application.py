"""The Flask application: which routes there are, and what happens around each request."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

from scimbridge.web.bulk import bulk
from scimbridge.web.discovery import discovery
from scimbridge.web.errors import register_errors
from scimbridge.web.health import health
from scimbridge.web.requests import assign_request_id
from scimbridge.web.resources import resources
from scimbridge.web.responses import require_acceptable
from scimbridge.web.site import EXTENSION, Site, site

logger = logging.getLogger(__name__)

_OPEN = frozenset({"/livez", "/readyz"})


def build_application(served: Site) -> Flask:
    """The WSGI application that serves ``served``."""
    app = Flask("scimbridge", static_folder=None)
    app.url_map.strict_slashes = False
    app.extensions[EXTENSION] = served
    app.config["MAX_CONTENT_LENGTH"] = served.config.max_body_bytes
    register_errors(app)
    for blueprint in (discovery, bulk, resources, health):
        app.register_blueprint(blueprint)
    app.before_request(_admit)
    app.after_request(_finish)
    return app


def _admit() -> None:
    g.started = time.monotonic()
    assign_request_id()
    if request.path in _OPEN:
        return
    target = request.path.lstrip("/").partition("/")[0]
    known = site()
    if target in known.providers:
        # Before routing errors are raised: without a token nobody learns which URLs exist.
        known.authenticator.authenticate(target)
        g.transient_status = known.providers[target].target.config.transient_status
        require_acceptable()


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    logger.info(
        "%s %s -> %d (%.0f ms)",
        request.method,
        request.path,
        response.status_code,
        1000 * (time.monotonic() - g.started),
        extra={"request_id": g.request_id},
    )
    return response
