"""One target as a SCIM service provider: everything that its endpoints are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scimbridge.directory.audit import AuditLog
from scimbridge.directory.engine import Directory
from scimbridge.provisioning.claims import Claims
from scimbridge.provisioning.converge import Converger
from scimbridge.provisioning.groups import Groups
from scimbridge.provisioning.observe import Observer
from scimbridge.provisioning.operations import Operations
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.query import Reader
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.users import Users
from scimbridge.provisioning.writes import Writes


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """Reads and writes of one target."""

    target: Target
    users: Users
    groups: Groups
    reader: Reader
    observer: Observer
    operations: Operations
    writes: Writes


def build_service_provider(
    target: Target,
    directory: Directory,
    audit: AuditLog,
    *,
    owner: str,
    deadline_s: float,
    retry_after_s: int,
    now: Callable[[], int],
) -> ServiceProvider:
    """Wire the parts of one target together.

    ``owner`` names this process in leases; ``now`` gives milliseconds since the epoch.
    """
    outcomes = Outcomes(target, directory, audit, now)
    converger = Converger(target, directory, outcomes, owner, now)
    operations = Operations(converger, outcomes, deadline_s, retry_after_s, now)
    claims = Claims(directory, now, deadline_s)
    observer = Observer(target, directory, owner, now)
    writes = Writes(target, directory, outcomes, operations, claims, now)
    return ServiceProvider(
        target=target,
        users=Users(writes),
        groups=Groups(writes),
        reader=Reader(target, directory, observer),
        observer=observer,
        operations=operations,
        writes=writes,
    )
