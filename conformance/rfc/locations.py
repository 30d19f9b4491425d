"""Where resources say they are: RFC 7644 section 3.3, RFC 7643 section 3.1."""

from __future__ import annotations

from typing import Final

from conformance.conversation import Conversation
from conformance.model import Case, CaseInfo, Level
from conformance.paths import find
from conformance.rfc.citing import rfc
from conformance.rfc.people import create_user
from conformance.variables import URNS


def location_resolves(conversation: Conversation) -> None:
    """Location, meta.location and the URL of the resource are one and lead to it."""
    login = conversation.variables.render("loc-${unique}@${domain}")
    body = {"schemas": [URNS["User"]], "userName": login}
    created = conversation.say("POST", "/Users", body=body)
    location, user = created.header("Location"), find(created.json, "id")
    if created.status != 201 or not location:
        conversation.abandon(f"POST /Users: expected 201 with Location, got {created.status}")
    claimed = find(created.json, "meta.location")
    conversation.expect(claimed == location, f"meta.location is {claimed}, Location is {location}")
    response = conversation.say("GET", location)
    conversation.expect(
        response.status == 200 and find(response.json, "id") == user,
        f"GET {location}: expected the created user, got {response.status}",
    )


def listed_location(conversation: Conversation) -> None:
    """The location of a resource is the same in a list as alone."""
    user = create_user(conversation, "listed")
    alone = find(conversation.say("GET", f"/Users/{user}").json, "meta.location")
    listed = conversation.say("GET", f"/Users?filter=id%20eq%20%22{user}%22")
    found = find(listed.json, "Resources[0].meta.location")
    conversation.expect(found == alone, f"{found} in the list, {alone} alone")


CHECKS: Final = (
    Case(
        CaseInfo(
            "rfc.location.resolves",
            "RFC 7644",
            "Location and meta.location are equal and lead to the created resource",
            Level.MUST,
            "Behind a proxy that is not told its public address, they lead nowhere.",
            rfc("RFC 7644 section 3.3", "RFC 7643 section 3.1"),
        ),
        location_resolves,
    ),
    Case(
        CaseInfo(
            "rfc.location.in-lists",
            "RFC 7644",
            "meta.location is the same in a list as alone",
            Level.SHOULD,
            "Clients cache by location.",
            rfc("RFC 7643 section 3.1"),
        ),
        listed_location,
        frozenset({"filter"}),
    ),
)
