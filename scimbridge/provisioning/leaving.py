"""Leaving an account for another one, where no login ever changes."""

from __future__ import annotations

from sqlalchemy import Connection

from scimbridge.directory import grants
from scimbridge.directory.resources import ResourceRow
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.standing_in import stand_in


def leave(outcomes: Outcomes, connection: Connection, row: ResourceRow) -> None:
    """Have the account go that ``row``, as it was before, had: it must be nobody's by now.

    One that a rename came upon, which was not confirmed, is somebody else's work: it stays, and
    loses what it was given for the person's sake.
    """
    if row.origin == "created" or not row.renamed:
        first = not row.renamed and grants.confirmed_account(connection, row.pk) is None
        grants.retire(connection, row.pk, str(row.native_id), confirmed=first)
        return
    now = outcomes.now()
    recorded = grants.of_resources(connection, [row.pk], settling_since=now)[row.pk]
    # What is held was confirmed, and so of another account.
    given = [key for key, state in recorded.items() if state in (grants.ASSERTED, grants.TAKING)]
    left = stand_in(connection, row, now=now)
    grants.move(connection, grants.FOUND, row.pk, left.pk)
    outcomes.take_back(connection, left, given)
