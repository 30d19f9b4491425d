"""The first page: how each target stands."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response
from sqlalchemy import Connection

from scimbridge.directory import differences, queue, tokens
from scimbridge.directory.queue import Backlog
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.web.console.pages import page, pages
from scimbridge.web.site import site

_LATE_MS = 15 * 60 * 1000
"""How old unfinished work may be before it is called late."""

_SOON_MS = 14 * 86_400_000
"""How long before the last token expires that is said."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that an operator should know, and what to do about it."""

    level: str
    """``bad``: access may be wrong now. ``warn``: it may come to that."""
    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Overview:
    """One target. Times are milliseconds since the epoch."""

    name: str
    vendor: str
    users: int
    groups: int
    observed_at: int | None
    backlog: Backlog
    differences: int
    compared_at: int | None
    idp_seen_at: int | None
    """When an IdP last presented a token; noted once an hour."""
    tokens_in_force: int
    expires_at: int | None
    """When the last token in force expires; None: never, or none is."""
    notices: tuple[Notice, ...]

    @property
    def level(self) -> str:
        """``ok``, or that of the worst notice."""
        levels = {notice.level for notice in self.notices}
        return next((level for level in ("bad", "warn") if level in levels), "ok")


@pages.get("/")
def overview() -> Response:
    """Every target."""
    known = site()
    with known.authenticator.directory.read() as connection:
        found = [_overview(connection, each, known.now()) for each in known.providers.values()]
    return page("overview.html", targets=found)


def _overview(connection: Connection, provider: ServiceProvider, now: int) -> Overview:
    config = provider.target.config
    managed = queue.managed(connection, config.name)
    issued = tokens.listing(connection, config.name)
    in_force = [
        each
        for each in issued
        if each.revoked is None and (each.expires is None or each.expires > now)
    ]
    backlog = queue.backlog(connection, config.name)
    observed_at = queue.observed_at(connection, config.name)
    count = differences.count(connection, config.name)
    expires_at = queue.next_expiry(connection, config.name, now=now)
    return Overview(
        name=config.name,
        vendor=config.type,
        users=managed.get("User", 0),
        groups=managed.get("Group", 0),
        observed_at=observed_at,
        backlog=backlog,
        differences=count,
        compared_at=differences.last_pass(connection, config.name),
        idp_seen_at=max((each.last_used for each in issued if each.last_used), default=None),
        tokens_in_force=len(in_force),
        expires_at=expires_at,
        notices=(
            *_about_contact(observed_at, config.observe_every_s, now),
            *_about_work(backlog, now),
            *_about_differences(count),
            *_about_tokens(len(in_force), expires_at, bool(config.jwt_issuer), now),
        ),
    )


def _about_contact(observed_at: int | None, every_s: int, now: int) -> list[Notice]:
    if observed_at is not None and now - observed_at < 2000 * every_s:
        return []
    words = "was never read" if observed_at is None else "was not read when it was due"
    remedy = "The log of the bridge has the reason; `scimbridge check` tries the credentials."
    return [Notice("bad", f"The vendor {words}.", remedy)]


def _about_work(backlog: Backlog, now: int) -> list[Notice]:
    if backlog.oldest_removal is not None and now - backlog.oldest_removal > _LATE_MS:
        return [
            Notice(
                "bad",
                "Somebody keeps access that was to be taken away.",
                "Removals are tried until they succeed; Activity shows what the vendor answers.",
            )
        ]
    if backlog.oldest is not None and now - backlog.oldest > _LATE_MS:
        return [
            Notice(
                "warn",
                "Changes wait for longer than 15 minutes.",
                "They are tried again by themselves; Activity shows what the vendor answers.",
            )
        ]
    return []


def _about_differences(count: int) -> list[Notice]:
    if not count:
        return []
    were = "1 account is" if count == 1 else f"{count} accounts are"
    return [
        Notice(
            "warn",
            f"{were} not as the IdP asked.",
            "`scimbridge reconcile` sets right what somebody changed by hand, or takes it over.",
        )
    ]


def _about_tokens(
    in_force: int, expires_at: int | None, has_issuer: bool, now: int
) -> list[Notice]:
    if not in_force and not has_issuer:
        return [Notice("bad", "No token is in force.", "Make one with `scimbridge token create`.")]
    if expires_at is not None and expires_at - now < _SOON_MS and not has_issuer:
        return [
            Notice(
                "warn",
                "The last token expires soon.",
                "Make another one with `scimbridge token create` and give it to the IdP.",
            )
        ]
    return []
