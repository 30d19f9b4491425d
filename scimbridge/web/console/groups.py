"""Groups: who is in them, and what that grants."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from scimbridge.directory import activity, audit, browsing, resources
from scimbridge.errors import NotFound
from scimbridge.provisioning.trying_again import try_again
from scimbridge.web.console import forms
from scimbridge.web.console.pages import go_to, operator, page, pages, provider
from scimbridge.web.site import site

_HISTORY = 50


@pages.get("/groups")
def groups() -> Response:
    """Those whose names contain what was typed."""
    with site().authenticator.directory.read() as connection:
        found = browsing.groups(
            connection,
            text=forms.text(),
            target=forms.target(),
            granting_nothing=bool(request.args.get("nothing")),
            limit=forms.A_PAGE + 1,
            after=forms.begins_after(),
        )
    shown, leaves = forms.cut(found, lambda group: group.pk)
    return page(
        "groups.html",
        groups=shown,
        leaves=leaves,
        typed=request.args,
        targets=forms.targets(),
    )


@pages.get("/groups/<target>/<scim_id>")
def group(target: str, scim_id: str) -> Response:
    """One group at one target."""
    provider(target)
    with site().authenticator.directory.read() as connection:
        row = resources.find(connection, target, "Group", scim_id)
        if row is None or row.confirmed is None:
            raise NotFound(f"There is no group {scim_id} at {target}.")
        listed = browsing.group(connection, row.pk)
        granted = browsing.granted_by(connection, row.pk)
        members = browsing.members(
            connection, row.pk, limit=forms.A_PAGE + 1, after=forms.text("after") or None
        )
        unfinished = activity.unfinished_of(connection, row.pk, scim_id)
        history = audit.lines(connection, target, scim_id=scim_id, last=_HISTORY)
    shown, leaves = forms.cut(members, lambda member: member[0])
    return page(
        "group.html",
        target=target,
        group=listed,
        native_id=row.native_id,
        granted=granted,
        members=shown,
        leaves=leaves,
        unfinished=unfinished,
        history=history,
    )


@pages.post("/groups/<target>/<scim_id>/try-again")
def group_again(target: str, scim_id: str) -> AnyResponse:
    """Have all that is unfinished about a group taken up now."""
    try_again(provider(target).operations.outcomes, operator(), "Group", scim_id)
    return go_to(f"/groups/{target}/{scim_id}")
