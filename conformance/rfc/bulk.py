"""The limits that a server announces for bulk: RFC 7644 section 3.7.4."""

from __future__ import annotations

from typing import Final

from conformance.conversation import Conversation
from conformance.model import Case, CaseInfo, Level
from conformance.paths import find
from conformance.rfc.citing import rfc
from conformance.variables import URNS

MAX_TRIED = 20_000
"""Beyond this an announced limit is taken on trust: the request would be an attack."""


def too_many_operations(conversation: Conversation) -> None:
    """One operation more than announced gets 413."""
    config = conversation.say("GET", "/ServiceProviderConfig").json
    limit = find(config, "bulk.maxOperations")
    if type(limit) is not int:
        conversation.abandon(f"bulk.maxOperations: expected an integer, got {limit}")
    if limit > MAX_TRIED:
        return
    nobody = conversation.variables.get("guid:nobody")
    operation = {"method": "DELETE", "path": f"/Users/{nobody}"}
    body = {"schemas": [URNS["BulkRequest"]], "Operations": [operation] * (limit + 1)}
    answer = conversation.say("POST", "/Bulk", body=body)
    conversation.expect(answer.status == 413, f"expected 413, got {answer.status}")
    conversation.expect(
        find(answer.json, "schemas") == [URNS["Error"]], "expected a SCIM error as the body"
    )


CHECKS: Final = (
    Case(
        CaseInfo(
            "rfc.bulk.too-many-operations",
            "RFC 7644",
            "One operation more than announced gets 413",
            Level.MUST,
            "The limit is what a client cuts its batches by.",
            rfc("RFC 7644 section 3.7.4"),
        ),
        too_many_operations,
        frozenset({"bulk"}),
    ),
)
