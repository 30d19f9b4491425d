"""Who gets in: the console's mode, Basic authentication, one-time codes, lockout, privilege."""

from __future__ import annotations

import secrets
from dataclasses import replace

from flask import Request

from scimbridge.connectors.insightvm.simulator.answers import Refusal
from scimbridge.connectors.insightvm.simulator.call import Call, Who, absent
from scimbridge.connectors.insightvm.simulator.records import GLOBAL_ADMIN, User
from scimbridge.connectors.insightvm.simulator.state import ConsoleState
from scimbridge.connectors.insightvm.simulator.totp import is_current


def authenticate(state: ConsoleState, request: Request) -> User:
    """The user whose credentials the request carries. Raises `Refusal` 401 or 503."""
    _check_console(state)
    given = request.authorization
    if given is None or given.type != "basic":
        raise Refusal(401, "Credentials are required: a user name and a password.")
    user = state.find_user(given.username or "")
    if user is None or user.locked or not user.enabled:
        raise _not_let_in()
    if not _proves(state, user, given.password or "", request.headers.get("Token", "")):
        state.count_failure(user)
        raise _not_let_in()
    if user.failures:
        state.save(replace(user, failures=0))
    return user


def authorize(call: Call, who: Who) -> None:
    """Let the caller go on to a route. Raises `Refusal` 404: it does not exist for others."""
    is_self = call.arguments.get("id") == call.actor.user_id
    is_administrator = call.actor.role_id == GLOBAL_ADMIN
    allowed = {
        Who.ANYBODY: True,
        Who.SELF: is_self,
        Who.ADMINISTRATOR: is_administrator,
        Who.ADMINISTRATOR_OR_SELF: is_administrator or is_self,
    }
    if not allowed[who]:
        raise absent(call.request.path)


def negotiate(request: Request) -> None:
    """Check the media types of a request. Raises `Refusal` 406 or 415."""
    if request.accept_mimetypes and not request.accept_mimetypes.accept_json:
        raise Refusal(406, "Answers are application/json; the Accept header rules it out.")
    is_json = request.mimetype == "application/json"
    if request.method in ("POST", "PUT") and request.content_length and not is_json:
        raise Refusal(415, "A body must be sent as application/json.")


def _check_console(state: ConsoleState) -> None:
    if state.switches["console"] == "maintenance":
        raise Refusal(401, "The console is in maintenance mode.")
    if state.switches["console"] == "starting":
        wait_s = state.switches["retry_after_s"]
        raise Refusal(503, "The console is starting.", retry_after_s=wait_s)


def _proves(state: ConsoleState, user: User, password: str, code: str) -> bool:
    if user.password is None:
        return False
    if not secrets.compare_digest(user.password.encode(), password.encode()):
        return False
    if not state.switches["two_factor"] or user.two_factor_key is None:
        return True
    return is_current(code, user.two_factor_key, state.clock())


def _not_let_in() -> Refusal:
    return Refusal(401, "The credentials are wrong, or the account may not sign in.")
