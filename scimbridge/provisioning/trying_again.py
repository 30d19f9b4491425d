"""Trying unfinished work again at once, because an operator says so."""

from __future__ import annotations

from scimbridge.directory import activity, journal, resources
from scimbridge.directory.journal import Caller
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.writes import not_found


def try_again(outcomes: Outcomes, caller: Caller, resource_type: str, scim_id: str) -> int:
    """Have the background take up all that is unfinished about a user or a group.

    That is what was asked of the resource, and of groups that it is joining or leaving. Returns
    how many operations; if there are any, an audit line names ``caller``. Raises `NotFound`.
    """
    target = outcomes.target.name
    with outcomes.directory.write() as connection:
        row = resources.find(connection, target, resource_type, scim_id)
        if row is None:
            raise not_found(resource_type, scim_id)
        unfinished = activity.unfinished_of(connection, row.pk, scim_id)
        if unfinished:
            pks = [operation.pk for operation in unfinished]
            journal.make_due(connection, pks, now=outcomes.now())
            outcomes.audit.append(
                connection,
                caller,
                target=target,
                at=outcomes.now(),
                action="try again",
                resource_type=resource_type,
                scim_id=scim_id,
                detail={"operations": pks},
            )
    return len(unfinished)
