"""User management, current routes: actions on users, invitations and aggregates."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from scimbridge.connectors.falcon.simulator.call import Call, Route, text
from scimbridge.connectors.falcon.simulator.envelope import (
    FLIGHT_CONTROL,
    USER_MANAGEMENT,
    Answer,
    Refusal,
)
from scimbridge.connectors.falcon.simulator.users import FILTERABLE, find_user


def user_action(call: Call) -> Answer:
    """``POST entities/user-actions/v1``: reset_2fa or reset_password. There is no "disable"."""
    body = call.body_object()
    action = body.get("action")
    # falconpy once sent a bare string here (PR 1369); the vendor takes an object only.
    name = text(action, "action_name") if isinstance(action, dict) else ""
    if name not in ("reset_2fa", "reset_password"):
        raise Refusal(400, "action.action_name is reset_2fa or reset_password")
    users = [find_user(call, uuid, 400) for uuid in call.body_ids(maximum=5000)]
    if name == "reset_2fa":
        for user in users:
            call.state.users[user.uuid] = replace(user, factors=())
    return Answer(affected=len(users))


def allowed_actions(call: Call) -> Answer:
    """``POST entities/user-allowed-actions/v1``: the questions, each with its answer.

    The vendor's schema is not public; the answer here is always that the scope decides.
    """
    questions = call.body_object().get("allowed_actions")
    if not isinstance(questions, list) or not all(isinstance(each, dict) for each in questions):
        raise Refusal(400, "allowed_actions is a list of objects")
    allowed = "usermgmt:write" in call.token.client.scopes
    return Answer([{**question, "allowed": allowed} for question in questions])


def query_invitations(call: Call) -> Answer:
    """``GET queries/user-invitations/v1``: this tenant never invites anybody."""
    invitations: list[str] = []
    shown, page = call.page(invitations, default=100, maximum=500)
    return Answer(shown, page=page)


def retrieve_invitations(call: Call) -> Answer:
    """``POST entities/user-invitations/GET/v1``."""
    call.body_ids(maximum=500)
    return Answer([])


def aggregate_users(call: Call) -> Answer:
    """``POST aggregates/users/v1`` and ``v2``: counts of users by a field, type ``terms`` only."""
    queries = call.body()
    if not isinstance(queries, list) or not all(isinstance(query, dict) for query in queries):
        raise Refusal(400, "the body is a list of aggregate queries")
    return Answer([_aggregate(call, query) for query in queries])


def _aggregate(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    field = text(query, "field", required=True)
    if text(query, "type") != "terms" or field not in FILTERABLE:
        raise Refusal(400, "only type 'terms' over a filterable field is aggregated")
    counts: Counter[Any] = Counter()
    for user in call.state.users.values():
        if user.cid in call.visible_cids:
            value = FILTERABLE[field](call.state, user)
            counts.update(value if isinstance(value, list | tuple) else [value])
    buckets = [{"label": label, "count": count} for label, count in counts.most_common()]
    return {"name": text(query, "name"), "buckets": buckets}


_READ, _WRITE = "usermgmt:read", "usermgmt:write"
_UM = "/user-management"
_FAMILY = USER_MANAGEMENT

ROUTES = (
    Route("POST", f"{_UM}/entities/user-actions/v1", _WRITE, _FAMILY, user_action),
    Route("POST", f"{_UM}/entities/user-allowed-actions/v1", _READ, _FAMILY, allowed_actions),
    Route("GET", f"{_UM}/queries/user-invitations/v1", _READ, _FAMILY, query_invitations),
    Route("POST", f"{_UM}/entities/user-invitations/GET/v1", _READ, _FAMILY, retrieve_invitations),
    # Unlike all others here, aggregates have both lists (flightcontrolapi.AggregatesResponse).
    Route("POST", f"{_UM}/aggregates/users/v1", _READ, FLIGHT_CONTROL, aggregate_users),
    Route("POST", f"{_UM}/aggregates/users/v2", _READ, FLIGHT_CONTROL, aggregate_users),
)
