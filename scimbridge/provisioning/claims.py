"""POST of something that is there already: a conflict, a repetition, or an adoption.

A resource is claimed once a SCIM client was answered a write on it. Until then a POST for the same
name is not a conflict: the resource was found at the vendor, or it is what an interrupted POST of
the same client left behind, and must be answered 201 rather than 409.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from scimbridge.directory import journal, resources
from scimbridge.directory.engine import Directory
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import TemporarilyUnavailable, Uniqueness
from scimbridge.provisioning.plan import Disposition

ANSWERING_MS = 3000
"""How long after its end an operation's request may still be writing its answer."""

_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Claims:
    """Decides what a POST for a name that exists means."""

    directory: Directory
    now: Callable[[], int]
    deadline_s: float
    pause: Callable[[float], None] = field(default=time.sleep)

    def await_rivals(self, target: str, resource_type: str, key: str) -> None:
        """Wait while another request that creates the same resource is alive.

        Returns if there is none, if it was answered, or if it vanished without an answer. Raises
        `TemporarilyUnavailable` if it takes too long.
        """
        until = time.monotonic() + self.deadline_s
        while time.monotonic() < until:
            with self.directory.read() as connection:
                row = resources.find_by_any_key(connection, target, resource_type, key)
                if row is None or not self.is_being_created(connection, row):
                    return
            self.pause(_POLL_S)
        raise TemporarilyUnavailable(f"{key} is being created by another request")

    def is_being_created(self, connection: Connection, row: ResourceRow) -> bool:
        """Whether a request that creates ``row`` is alive, or is writing its answer."""
        if row.claimed and row.confirmed is not None:
            return False
        creation = journal.last_creation(connection, row.pk)
        return creation is not None and self._is_alive(creation)

    def _is_alive(self, creation: journal.OperationRow) -> bool:
        if creation.attempts:
            return False  # its request gave up or died, and the background took over
        if creation.status == journal.PENDING:
            return creation.next_attempt > self.now()
        finished = creation.finished or 0
        return creation.status == journal.DONE and self.now() - finished < ANSWERING_MS


def require_free(row: ResourceRow) -> None:
    """Raise unless a POST may take over ``row``, which has the same name."""
    require_not_leaving(row)
    if row.claimed and row.confirmed is not None:
        raise taken(row.resource_type, row.desired_key or "")


def require_not_leaving(row: ResourceRow) -> None:
    """Raise `TemporarilyUnavailable` if the name of ``row`` will be free soon."""
    if row.disposition != Disposition.PRESENT.value:
        raise TemporarilyUnavailable(
            f"the former {row.resource_type} of this name is being deleted"
        )


def taken(resource_type: str, key: str) -> Uniqueness:
    """The answer to a second POST."""
    attribute = "userName" if resource_type == "User" else "displayName"
    return Uniqueness(
        f'a {resource_type} with {attribute} "{key}" exists; find it with a filter and update it'
    )
