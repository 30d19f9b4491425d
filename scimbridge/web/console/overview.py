"""The first page: how each target stands."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from scimbridge.directory import tokens
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.provisioning.status import Status, status
from scimbridge.web.console.notices import Breaker, Callers, Notice, notices
from scimbridge.web.console.pages import page, pages
from scimbridge.web.site import site


@dataclass(frozen=True, slots=True)
class Overview:
    """One target. Times are milliseconds since the epoch."""

    status: Status
    vendor: str
    idp_seen_at: int | None
    """When an IdP last presented a token; noted once an hour."""
    tokens_in_force: int
    breaker: Breaker
    notices: list[Notice]

    @property
    def level(self) -> str:
        """``ok``, or that of the worst notice."""
        levels = {notice.level for notice in self.notices}
        return next((level for level in ("bad", "warn") if level in levels), "ok")


@pages.get("/")
def overview() -> Response:
    """Every target."""
    return page("overview.html", targets=[_of(each) for each in site().providers.values()])


def _of(provider: ServiceProvider) -> Overview:
    config, now = provider.target.config, site().now()
    stands = status(provider)
    with site().authenticator.directory.read() as connection:
        issued = tokens.listing(connection, config.name)
    in_force = sum(
        each.revoked is None and (each.expires is None or each.expires > now) for each in issued
    )
    callers = Callers(in_force, bool(config.jwt_issuer))
    shut = site().metrics.shut_until(config.name)
    breaker = Breaker(round(1000 * shut["failures"]), round(1000 * shut["vendor"]), now)
    return Overview(
        status=stands,
        vendor=config.type,
        idp_seen_at=max((each.last_used for each in issued if each.last_used), default=None),
        tokens_in_force=in_force,
        breaker=breaker,
        notices=notices(stands, callers, breaker, now=now),
    )
