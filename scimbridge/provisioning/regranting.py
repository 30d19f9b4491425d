"""What a group grants has changed: who is affected, and what they wait for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from scimbridge.directory import memberships, resources
from scimbridge.directory.grants import Key


def regrant(
    connection: Connection, target: str, group_pk: int, keys: Sequence[Key], *, operation: int
) -> None:
    """Have a group grant ``keys`` from now on, and ``operation`` wait for all of its members."""
    memberships.set_granted_by(connection, group_pk, keys)
    members = memberships.wanted(connection, group_pk)
    generations = unsettle(connection, target, members)
    memberships.touch_all(connection, group_pk, operation, generations)


def unsettle(connection: Connection, target: str, members: Iterable[str]) -> dict[str, int]:
    """Have the members' accounts converge; returns the generations to wait for."""
    found = resources.by_ids(connection, target, list(members))
    users = {key: row for key, row in found.items() if row.resource_type == "User"}
    resources.raise_generation(connection, [row.pk for row in users.values()])
    return {key: row.generation + 1 for key, row in users.items()}
