"""The token endpoint of each target: OAuth 2 client credentials (RFC 6749 section 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

import orjson
from flask import Blueprint, Response, request

from scimbridge.directory import tokens
from scimbridge.errors import NotFound, Unauthorized
from scimbridge.web.auth import basic_credentials
from scimbridge.web.site import site

oauth = Blueprint("oauth", __name__)

_FORM: Final = "application/x-www-form-urlencoded"
_ONCE: Final = ("grant_type", "client_id", "client_secret")


class _Refused(Exception):
    """An error response of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}
        self.status = status


@oauth.post("/<target>/oauth/token")
def issue_access_token(target: str) -> Response:
    """RFC 6749 section 4.4.2; the requested scope is ignored, the granted one told."""
    if target not in site().providers:
        raise NotFound(f"nothing is served at {request.path}: there is no target {target}")
    authenticator = site().authenticator
    try:
        client_id, client_secret = _client()
        token = authenticator.token(target, tokens.token_of(client_id, client_secret))
    except Unauthorized as error:
        return _refusal(_Refused("invalid_client", error.detail, status=401))
    except _Refused as refused:
        return _refusal(refused)
    return _answer(
        {
            "access_token": tokens.access(authenticator.key, token, now=authenticator.now()),
            "token_type": "Bearer",
            "expires_in": tokens.ACCESS_SECONDS,
            "scope": "read" if token.read_only else "read write",
        }
    )


def _client() -> tuple[str, str]:
    """Id and secret of the client, from the header or from the form (RFC 6749 section 2.3.1)."""
    if request.mimetype != _FORM:
        raise _Refused("invalid_request", f"the body must be {_FORM}")
    if any(len(request.form.getlist(name)) > 1 for name in _ONCE):
        raise _Refused("invalid_request", f"none of {', '.join(_ONCE)} may be repeated")
    grant = request.form.get("grant_type")
    if grant is None:
        raise _Refused("invalid_request", "grant_type is missing; send client_credentials")
    if grant != "client_credentials":
        raise _Refused("unsupported_grant_type", "the only grant_type is client_credentials")
    in_form = request.form.get("client_id"), request.form.get("client_secret")
    values = request.headers.getlist("Authorization")
    if not values:
        return in_form[0] or "", in_form[1] or ""
    scheme, _, encoded = values[0].strip().partition(" ")
    found = basic_credentials(encoded) if scheme.lower() == "basic" and len(values) == 1 else None
    if found is None or in_form[1] is not None:
        raise _Refused("invalid_request", "the client must identify itself in exactly one way")
    return unquote_plus(found[0]), unquote_plus(found[1])


def _refusal(refused: _Refused) -> Response:
    response = _answer(refused.body, status=refused.status)
    if refused.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="scimbridge"'
    return response


def _answer(body: Mapping[str, object], *, status: int = 200) -> Response:
    response = Response(orjson.dumps(body), status=status, content_type="application/json")
    # Demanded by RFC 6749 section 5.1; Cache-Control is on every answer.
    response.headers["Pragma"] = "no-cache"
    return response
