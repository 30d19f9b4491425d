"""Reading a whole collection page by page, as imports do: RFC 7644 section 3.4.2.4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conformance.conversation import Conversation
from conformance.model import Case, CaseInfo, Level, Source
from conformance.paths import MISSING, find
from conformance.rfc.citing import rfc
from conformance.rfc.people import create_group, create_user

PAGE = 100
"""The page size of Okta's import."""
MAX_PAGES = 50
OKTA: Final = Source(
    "Okta, SCIM 2.0 protocol reference, Retrieve Users",
    "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/",
)


def walk(conversation: Conversation, endpoint: str, count: int) -> list[str]:
    """Return the ids of a collection in the order of its pages; abandons at a wrong page."""
    ids: list[str] = []
    for _ in range(MAX_PAGES):
        start = len(ids) + 1
        page = conversation.say("GET", f"{endpoint}?startIndex={start}&count={count}")
        total, found = find(page.json, "totalResults"), find(page.json, "Resources[*].id")
        if page.status != 200 or type(total) is not int:
            conversation.abandon(f"expected a page of {endpoint}, got {page.status}")
        here = [] if found is MISSING else [str(each) for each in found]
        conversation.expect(len(here) <= count, f"asked for {count}, got {len(here)}")
        claimed = find(page.json, "itemsPerPage")
        conversation.expect(claimed == len(here), f"itemsPerPage {claimed}, {len(here)} resources")
        ids += here
        if len(ids) >= total:
            return ids
        if not here:
            conversation.abandon(f"an empty page at {start}, although totalResults is {total}")
    return ids


def _import(endpoint: str, create: Callable[[Conversation, str], str]) -> Callable[..., None]:
    def check(conversation: Conversation) -> None:
        """Walk with the import's page size, then twice with a small one, and compare."""
        created = [create(conversation, f"walk{number}") for number in range(3)]
        ids = walk(conversation, endpoint, PAGE)
        conversation.expect(len(ids) == len(set(ids)), "a resource is on two pages")
        missing = [each for each in created if each not in ids]
        whole = len(ids) < PAGE * MAX_PAGES
        conversation.expect(not (missing and whole), f"{', '.join(missing)} is on no page")
        if len(ids) <= MAX_PAGES * 2:
            again = walk(conversation, endpoint, 2)
            conversation.expect(again == ids, "pages of 2 and of 100 differ in order or content")

    return check


CHECKS: Final = (
    Case(
        CaseInfo(
            "okta.import.users",
            "Okta",
            "An import of all users sees each exactly once and in the same order every time",
            Level.MUST,
            "A user missing from a full import is treated as deleted.",
            (OKTA, *rfc("RFC 7644 section 3.4.2.4", "snipe/snipe-it#18014")),
        ),
        _import("/Users", create_user),
    ),
    Case(
        CaseInfo(
            "okta.import.groups",
            "Okta",
            "An import of all groups sees each exactly once and in the same order every time",
            Level.MUST,
            "A group missing from an import is unlinked.",
            (OKTA, *rfc("RFC 7644 section 3.4.2.4", "better-auth/better-auth#10398")),
        ),
        _import("/Groups", create_group),
        frozenset({"groups"}),
    ),
)
