"""What must hold when a client sends requests side by side, as both large IdPs do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from conformance.conversation import Conversation
from conformance.model import Case, CaseInfo, Level
from conformance.paths import MISSING, find
from conformance.rfc.citing import rfc
from conformance.rfc.people import create_group, create_user
from conformance.variables import URNS

SIDE_BY_SIDE = 6


def parallel_members(conversation: Conversation) -> None:
    """Members added to one group by parallel PATCHes are all in it afterwards."""
    users = [create_user(conversation, f"side{number}") for number in range(SIDE_BY_SIDE)]
    group = create_group(conversation, "Side by side")

    def add(user: str) -> int:
        operation = {"op": "add", "path": "members", "value": [{"value": user}]}
        body = {"schemas": [URNS["PatchOp"]], "Operations": [operation]}
        return conversation.say("PATCH", f"/Groups/{group}", body=body).status

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        statuses = list(pool.map(add, users))
    accepted = [u for u, status in zip(users, statuses, strict=True) if status in (200, 204)]
    conversation.expect(bool(accepted), f"expected 200 or 204, got {statuses}")
    found = find(conversation.say("GET", f"/Groups/{group}").json, "members[*].value")
    present = [] if found is MISSING else found
    lost = [user for user in accepted if user not in present]
    conversation.expect(not lost, f"{len(lost)} of {len(accepted)} accepted members are lost")


def parallel_creates(conversation: Conversation) -> None:
    """Equal creates sent at once make one user: 409 for the others, or the same id once more."""
    login = conversation.variables.render("twin-${unique}@${domain}")
    body = {"schemas": [URNS["User"]], "userName": login, "active": True}

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        requests = [
            pool.submit(conversation.say, "POST", "/Users", body=body) for _ in range(SIDE_BY_SIDE)
        ]
        answers = [request.result() for request in requests]
    statuses = sorted(answer.status for answer in answers)
    made = {str(find(answer.json, "id")) for answer in answers if answer.status == 201}
    conversation.expect(len(made) == 1, f"expected one new user, got {len(made)}: {statuses}")
    conversation.expect(set(statuses) <= {201, 409}, f"expected 201 and 409, got {statuses}")


CHECKS: Final = (
    Case(
        CaseInfo(
            "entra.parallel.members",
            "Entra ID",
            "Parallel additions to one group are all kept",
            Level.MUST,
            "An unlocked read-modify-write loses members silently, each with a 2xx.",
            rfc("fleetdm/fleet#50724"),
        ),
        parallel_members,
        frozenset({"groups", "patch"}),
    ),
    Case(
        CaseInfo(
            "entra.parallel.creates",
            "Entra ID",
            "Equal creates sent at once make one user",
            Level.MUST,
            "A client repeats a slow POST while the first is still running.",
            rfc("RFC 7644 section 3.3", "RFC 7643 section 4.1.1"),
        ),
        parallel_creates,
    ),
)
