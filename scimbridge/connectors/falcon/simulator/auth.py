"""``/oauth2/token`` and ``/oauth2/revoke``."""

from __future__ import annotations

import re
import secrets

from flask import Request, Response, jsonify

from scimbridge.connectors.falcon.simulator.envelope import (
    TOKEN_ROUTES,
    Answer,
    Refusal,
    render,
)
from scimbridge.connectors.falcon.simulator.gateway import Gateway
from scimbridge.connectors.falcon.simulator.records import ApiClient, Token
from scimbridge.connectors.falcon.simulator.state import FalconState

_CLIENT_ID = re.compile(r"[0-9a-f]{32}")
_BAD_PAIR = {
    400: "Failed to generate access token for clientID={}.",
    401: "Failed to issue access token - Client authentication failed",
    403: "Failed to issue access token - Not Authorized",
}


def issue_token(state: FalconState, gateway: Gateway, request: Request) -> Response:
    """``POST /oauth2/token``: 201 with a bearer token. Raises `Refusal`."""
    gateway.count(f"token {request.remote_addr}", state.switches["token_rate_limit_per_minute"])
    if elsewhere := state.switches["redirect_token_to"]:
        return Response(status=308, headers={"Location": f"{elsewhere}/oauth2/token"})
    form = request.form
    client = _authenticate(state, form.get("client_id", ""), form.get("client_secret", ""))
    cid = _acting_cid(state, client, form.get("member_cid", ""))
    lifetime = state.switches["token_lifetime_s"]
    value = secrets.token_urlsafe(48)
    state.tokens[value] = Token(client, cid, state.clock() + lifetime)
    response = jsonify(access_token=value, expires_in=lifetime, token_type="bearer")  # noqa: S106
    response.status_code = 201
    return response


def revoke_token(state: FalconState, request: Request) -> Response:
    """``POST /oauth2/revoke``: 200, and the token is worth nothing. Raises `Refusal`."""
    basic = request.authorization
    if basic is None or basic.type != "basic":
        raise Refusal(400, "client credentials are required")
    _authenticate(state, basic.username or "", basic.password or "")
    if not request.form.get("token"):
        raise Refusal(400, "token is required")
    state.tokens.pop(request.form["token"], None)
    return render(Answer(), TOKEN_ROUTES)


def _authenticate(state: FalconState, client_id: str, secret: str) -> ApiClient:
    if not _CLIENT_ID.fullmatch(client_id):
        raise Refusal(400, _BAD_PAIR[400].format(client_id))
    client = state.clients.get(client_id)
    if client is None or not secrets.compare_digest(client.secret.encode(), secret.encode()):
        status = state.switches["bad_credentials_status"]
        raise Refusal(status, _BAD_PAIR[status].format(client_id))
    return client


def _acting_cid(state: FalconState, client: ApiClient, member_cid: str) -> str:
    if not member_cid:
        return client.cid
    if member_cid not in {child.cid for child in state.children(client.cid)}:
        message = f"Failed to generate access token for customer ID={member_cid}"
        raise Refusal(403, message)
    return member_cid
