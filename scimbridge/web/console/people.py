"""People: what each holds, why, and what is still to be done."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from scimbridge.directory import activity, browsing, resources
from scimbridge.provisioning.explain import explain
from scimbridge.provisioning.trying_again import try_again
from scimbridge.web.console import forms
from scimbridge.web.console.pages import go_to, operator, page, pages, provider
from scimbridge.web.site import site

_HISTORY = 50


@pages.get("/people")
def people() -> Response:
    """Those whose names contain what was typed."""
    with site().authenticator.directory.read() as connection:
        found = browsing.people(
            connection,
            text=forms.text(),
            target=forms.target(),
            limit=forms.A_PAGE + 1,
            after=forms.begins_after(),
        )
    shown, leaves = forms.cut(found, lambda person: person.pk)
    return page(
        "people.html",
        people=shown,
        leaves=leaves,
        typed=request.args,
        targets=forms.targets(),
    )


@pages.get("/people/<target>/<scim_id>")
def person(target: str, scim_id: str) -> Response:
    """One person at one target."""
    known, directory = provider(target), site().authenticator.directory
    found = explain(directory, known.target, scim_id, last=_HISTORY)
    with directory.read() as connection:
        row = resources.find(connection, target, "User", found.scim_id)
        unfinished = (
            [] if row is None else activity.unfinished_of(connection, row.pk, found.scim_id)
        )
    return page("person.html", target=target, person=found, unfinished=unfinished)


@pages.post("/people/<target>/<scim_id>/try-again")
def person_again(target: str, scim_id: str) -> AnyResponse:
    """Have all that is unfinished about a person taken up now."""
    try_again(provider(target).operations.outcomes, operator(), "User", scim_id)
    return go_to(f"/people/{target}/{scim_id}")
