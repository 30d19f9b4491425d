"""Users and groups for the checks that are written in Python."""

from __future__ import annotations

from conformance.conversation import Conversation
from conformance.model import Json
from conformance.paths import MISSING, find
from conformance.variables import URNS


def create_user(conversation: Conversation, name: str) -> str:
    """Create a user whose userName starts with ``name``; return its id or abandon the case."""
    login = conversation.variables.render(f"{name}-${{unique}}@${{domain}}")
    body = {
        "schemas": [URNS["User"]],
        "userName": login,
        "displayName": name,
        "emails": [{"value": login, "type": "work", "primary": True}],
        "active": True,
    }
    return _created(conversation, "/Users", body)


def create_group(conversation: Conversation, name: str) -> str:
    """Create an empty group whose displayName starts with ``name``; return its id or abandon."""
    body = {
        "schemas": [URNS["Group"]],
        "displayName": conversation.variables.render(f"{name} ${{unique}}"),
    }
    return _created(conversation, "/Groups", body)


def _created(conversation: Conversation, endpoint: str, body: Json) -> str:
    response = conversation.say("POST", endpoint, body=body)
    found = find(response.json, "id")
    if response.status != 201 or found is MISSING:
        conversation.abandon(f"POST {endpoint}: expected 201 and an id, got {response.status}")
    return str(found)
