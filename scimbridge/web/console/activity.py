"""The provisioning log: what was asked for, what was done, and what to do about it."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from scimbridge.directory import activity, journal, passes
from scimbridge.directory.activity import Entry, Filter
from scimbridge.directory.journal import OperationRow
from scimbridge.errors import NotFound
from scimbridge.web.console import forms
from scimbridge.web.console.pages import page, pages
from scimbridge.web.site import site

KINDS: Final = {"User": "people", "Group": "groups"}
OUTCOMES: Final = {
    journal.PENDING: "unfinished",
    journal.DONE: "done",
    journal.FAILED: "refused",
    journal.ABANDONED: "given up",
}


@pages.get("/activity")
def log() -> Response:
    """The newest operations that the filter lets through."""
    wanted = Filter(
        text=forms.text(),
        resource_type=forms.one_of("kind", KINDS),
        target=forms.target(),
        status=forms.one_of("outcome", OUTCOMES),
        since=forms.day("since"),
        until=forms.day("until", last=True),
    )
    with site().authenticator.directory.read() as connection:
        found = activity.page(
            connection, wanted, limit=forms.A_PAGE + 1, before=forms.begins_after()
        )
    entries, leaves = forms.cut(found, lambda entry: entry.operation.pk)
    return page(
        "activity.html",
        entries=entries,
        leaves=leaves,
        kinds=KINDS,
        outcomes=OUTCOMES,
        typed=request.args,
        targets=forms.targets(),
    )


@pages.get("/activity/<int:pk>")
def entry(pk: int) -> Response:
    """One operation, from the request to the outcome."""
    with site().authenticator.directory.read() as connection:
        found = activity.find(connection, pk) if pk < 2**63 else None
        if found is None:
            raise NotFound(f"There is no operation {pk}.")
        lines = activity.audit_lines(connection, found.operation)
        tried = passes.of_operation(connection, pk)
    return page(
        "entry.html",
        entry=found,
        outcomes=OUTCOMES,
        lines=lines,
        passes=tried,
        remedy=remedy(found),
    )


def remedy(found: Entry) -> str:
    """What an operator can do about an operation, if anything."""
    operation = found.operation
    match operation.status:
        case journal.PENDING:
            return _while_pending(operation)
        case journal.ABANDONED:
            return (
                "The addition was given up and the former state is wanted again. Have the IdP ask "
                "once more when the reason is gone."
            )
        case journal.FAILED if operation.failure.get("status") == 403:
            return (
                "The bridge or the vendor forbids it: see the reason, the protected accounts and "
                "entitlements of the configuration, and what the API client may do."
            )
        case journal.FAILED:
            return (
                "The former state is wanted again. Mend what the reason names, at the IdP as a "
                "rule, and have it ask once more."
            )
    return ""


def _while_pending(operation: OperationRow) -> str:
    goes_on = (
        "A removal is tried until it succeeds."
        if operation.removal
        else "An addition is given up after abandon_after_s."
    )
    return f"The bridge tries again by itself. {goes_on} “Try again now” does not wait."
