"""Authentication sources: read-only here, they are configured in the console's own pages."""

from __future__ import annotations

from scimbridge.connectors.insightvm.simulator.answers import Answer
from scimbridge.connectors.insightvm.simulator.call import Call, Route, absent
from scimbridge.connectors.insightvm.simulator.records import AuthenticationSource
from scimbridge.connectors.insightvm.simulator.showing import show_source


def list_sources(call: Call) -> Answer:
    """``GET /authentication_sources``."""
    return call.listed([show_source(call, each) for each in call.state.sources.values()])


def get_source(call: Call) -> Answer:
    """``GET /authentication_sources/{id}``."""
    return Answer(show_source(call, _source(call)))


def list_source_users(call: Call) -> Answer:
    """``GET /authentication_sources/{id}/users``: ids."""
    source_id = _source(call).source_id
    users = call.state.users.values()
    return call.listed([user.user_id for user in users if user.source_id == source_id])


def _source(call: Call) -> AuthenticationSource:
    source = call.state.sources.get(call.arguments["id"])
    if source is None:
        raise absent(call.request.path)
    return source


ROUTES = (
    Route("GET", "/authentication_sources", list_sources),
    Route("GET", "/authentication_sources/<int:id>", get_source),
    Route("GET", "/authentication_sources/<int:id>/users", list_source_users),
)
