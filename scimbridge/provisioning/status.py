"""How a target stands: what an operator, a console and a scraper want to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scimbridge.directory import differences, queue
from scimbridge.directory.queue import Backlog
from scimbridge.provisioning.pauses import Standing
from scimbridge.provisioning.service_provider import ServiceProvider


@dataclass(frozen=True, slots=True)
class Status:
    """One target. Times are milliseconds since the epoch; None: never."""

    target: str
    standing: Standing
    backlog: Backlog
    resources: Mapping[str, int]
    """Resource type to how many of it readers see."""
    differences: int
    """Users whose accounts were not as desired when last compared."""
    observed_at: int | None
    """When the whole tenant was last read."""
    observe_every_s: int
    """After how many seconds it is due to be read again."""
    reconciled_at: int | None
    """When all accounts were last compared with what is desired."""
    token_expires: int | None
    """When the last token in force expires; None: it does not, or there is none."""


def status(provider: ServiceProvider) -> Status:
    """How one target stands now, by the directory alone. Raises `DirectoryError`."""
    name = provider.target.name
    standing = provider.pauses.standing(recount=False)
    with provider.pauses.directory.read() as connection:
        return Status(
            target=name,
            standing=standing,
            backlog=queue.backlog(connection, name),
            resources=queue.visible_resources(connection, name),
            differences=differences.count(connection, name),
            observed_at=queue.observed_at(connection, name),
            observe_every_s=provider.target.config.observe_every_s,
            reconciled_at=differences.last_pass(connection, name),
            token_expires=queue.last_expiry(connection, name, now=provider.pauses.now()),
        )
