"""Every failure as a SCIM error body (RFC 7644 section 3.12), whatever raised it."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from scimbridge.errors import (
    DirectoryError,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    ScimError,
    ServerFault,
    TemporarilyUnavailable,
    Unauthorized,
)
from scimbridge.scim.messages import error_body
from scimbridge.web.current import current
from scimbridge.web.responses import scim_response

logger = logging.getLogger(__name__)

_DIRECTORY_RETRY_S = 5
_CHALLENGES = 'Bearer realm="scimbridge", Basic realm="scimbridge", charset="UTF-8"'


def register_errors(app: Flask) -> None:
    """Have ``app`` answer every exception, and every URL that it does not know, in SCIM's form."""
    app.register_error_handler(ScimError, respond)
    app.register_error_handler(DirectoryError, _directory_failed)
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(Exception, _unexpected)


def respond(error: ScimError) -> Response:
    """The response that tells a SCIM client of ``error``."""
    body = error_document(error)
    response = scim_response(body, status=int(body["status"]))
    match error:
        case Unauthorized():
            response.headers["WWW-Authenticate"] = _CHALLENGES
        case TemporarilyUnavailable():
            response.headers["Retry-After"] = str(error.retry_after)
        case MethodNotAllowed():
            response.headers["Allow"] = ", ".join(error.allowed)
    return response


def error_document(error: ScimError) -> dict[str, Any]:
    """The body that tells a SCIM client of ``error``, with the status that the target wants."""
    status = error.status
    if isinstance(error, TemporarilyUnavailable):
        status = current().transient_status or status
    return error_body(error) | {"status": str(status)}


def as_scim_error(error: DirectoryError) -> ScimError:
    """What a failure of the directory, which is logged here, means to a SCIM client."""
    logger.error("%s %s: %s", request.method, request.path, error)
    return TemporarilyUnavailable(str(error), retry_after=_DIRECTORY_RETRY_S)


def _directory_failed(error: DirectoryError) -> Response:
    return respond(as_scim_error(error))


def _http_exception(error: HTTPException) -> Response:
    match error.code:
        case 404:
            return respond(NotFound(f"nothing is served at {request.path}"))
        case 405:
            allowed = tuple(sorted(getattr(error, "valid_methods", None) or ()))
            detail = f"{request.path} does not take {request.method}"
            return respond(MethodNotAllowed(detail, allowed=allowed))
        case 413:
            assert isinstance(error, RequestEntityTooLarge)  # noqa: S101 - the only 413 of werkzeug
            return respond(PayloadTooLarge(too_large(request.max_content_length)))
    scim_error = ScimError(error.description or error.name)
    body = error_body(scim_error) | {"status": str(error.code)}
    return scim_response(body, status=error.code or 500)


def too_large(limit: int | None) -> str:
    """The detail of a 413."""
    return f"the body is larger than {limit} bytes (max_body_bytes); send less at once"


def _unexpected(error: Exception) -> Response:
    # The one place that catches everything. Locals may hold secrets, so only the stack is logged.
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s %s failed: %s\n%s", request.method, request.path, type(error).__name__, frames)
    return respond(ServerFault("the bridge failed; its log has the details"))
