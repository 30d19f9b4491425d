"""The API's root, and what it says of the console itself."""

from __future__ import annotations

from scimbridge.connectors.insightvm.simulator.answers import Answer
from scimbridge.connectors.insightvm.simulator.call import Call, Route, Who

_COLLECTIONS = (
    "asset_groups",
    "authentication_sources",
    "privileges",
    "roles",
    "sites",
    "users",
)


def root(call: Call) -> Answer:
    """``GET /api/3``: links to the collections, for whoever is signed in."""
    named = [call.link(each.replace("_", " ").title(), each) for each in _COLLECTIONS]
    return Answer({"links": [call.self_link(), *named]})


def info(call: Call) -> Answer:
    """``GET /administration/info``, in part: which console this is."""
    return Answer(
        {
            "host": "console",
            "fqdn": "console.example.com",
            "ip": "192.0.2.10",
            "operatingSystem": "Simulated Linux",
            "serial": "0000000000000000000000000000000000000001",
            "superuser": False,
            "user": "nexpose",
            "version": {"semantic": "6.6.55", "platform": "Linux64"},
            "links": [call.self_link()],
        }
    )


def settings(call: Call) -> Answer:
    """``GET /administration/settings``, in part: how people sign in."""
    authentication = {
        "2fa": call.switches["two_factor"],
        "loginLockThreshold": call.switches["lockout_after"],
    }
    return Answer({"authentication": authentication, "links": [call.self_link()]})


ROUTES = (
    Route("GET", "", root, Who.ANYBODY),
    Route("GET", "/administration/info", info),
    Route("GET", "/administration/settings", settings),
)
