"""The seed of a user's one-time codes."""

from __future__ import annotations

from dataclasses import replace

from scimbridge.connectors.insightvm.simulator.answers import Answer, Refusal
from scimbridge.connectors.insightvm.simulator.call import Call, Route, Who
from scimbridge.connectors.insightvm.simulator.records import User
from scimbridge.connectors.insightvm.simulator.totp import is_seed, new_seed


def get_key(call: Call) -> Answer:
    """``GET /users/{id}/2FA``."""
    user = call.user()
    if user.two_factor_key is None and call.switches["absent_two_factor_key"] == "404":
        raise Refusal(404, "No two-factor key is configured for the user.")
    return _shown(call, user)


def regenerate_key(call: Call) -> Answer:
    """``POST /users/{id}/2FA``: a new random seed, shown once more than it ought to be."""
    user = replace(_eligible(call), two_factor_key=new_seed())
    call.state.save(user)
    return _shown(call, user)


def set_key(call: Call) -> Answer:
    """``PUT /users/{id}/2FA``."""
    user, seed = _eligible(call), call.body_text()
    if not is_seed(seed):
        raise Refusal(400, "A two-factor key is base 32 with at least 16 characters.")
    call.state.save(replace(user, two_factor_key=seed))
    return call.done()


def _eligible(call: Call) -> User:
    """The user of the path, if keys can be set at all.

    Two-factor authentication is a setting of the console, and not for external accounts (Rapid7,
    "Managing users and authentication": not with LDAP and Kerberos).
    """
    user = call.user()
    if not call.switches["two_factor"]:
        raise Refusal(400, "Two-factor authentication is not enabled for the console.")
    if call.state.sources[user.source_id].type in ("ldap", "kerberos"):
        raise Refusal(400, "LDAP and Kerberos accounts have no two-factor authentication.")
    return user


def _shown(call: Call, user: User) -> Answer:
    key = {} if user.two_factor_key is None else {"key": user.two_factor_key}
    return Answer({**key, "links": [call.self_link()]})


_PATH = "/users/<int:id>/2FA"

ROUTES = (
    Route("GET", _PATH, get_key, Who.ADMINISTRATOR_OR_SELF),
    Route("POST", _PATH, regenerate_key, Who.ADMINISTRATOR_OR_SELF),
    Route("PUT", _PATH, set_key, Who.ADMINISTRATOR_OR_SELF),
)
