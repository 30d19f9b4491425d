"""What an operator should know of a target, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from scimbridge.directory.queue import Backlog
from scimbridge.provisioning.pauses import Standing
from scimbridge.provisioning.status import Status

_LATE_MS = 15 * 60 * 1000
"""How old unfinished work may be before it is called late."""

_SOON_MS = 14 * 86_400_000
"""How long before the last token expires that is said."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know, and what to do about it."""

    level: str
    """``bad``: access may be wrong now. ``warn``: it may come to that."""
    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Callers:
    """Who may call a target."""

    tokens_in_force: int
    has_issuer: bool
    """Whether JWTs of an issuer are accepted beside tokens."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether the processes of this host call a vendor. Times are milliseconds since the epoch."""

    opened_until: int
    """Of the process that opened it last, after failures in a row; 0: closed in all of them."""
    held_until: int
    """What the vendor asked for; 0: nothing."""
    now: int

    @property
    def state(self) -> str:
        """``closed``, ``open``, ``half-open``: the next call decides, or ``held`` by the vendor."""
        if self.opened_until > self.now:
            return "open"
        if self.held_until > self.now:
            return "held"
        return "half-open" if self.opened_until else "closed"


def notices(status: Status, callers: Callers, breaker: Breaker, *, now: int) -> list[Notice]:
    """All of one target, at the time ``now`` in milliseconds since the epoch."""
    return [
        *_about_pauses(status.standing),
        *_about_calls(breaker),
        *_about_contact(status.observed_at, status.observe_every_s, now),
        *_about_work(status.backlog, now),
        *_about_differences(status.differences),
        *_about_tokens(callers, status.token_expires, now),
    ]


def _about_pauses(standing: Standing) -> list[Notice]:
    if standing.paused_at is not None:
        return [
            Notice("warn", "An operator has paused all writes.", "Resume them on the page Guard.")
        ]
    if standing.removals_paused_at is not None:
        return [
            Notice(
                "bad",
                "Removals are paused: more access was to go than the budget allows.",
                "The page Guard says who asked. Find out whether it was meant, and decide there.",
            )
        ]
    return []


def _about_contact(observed_at: int | None, every_s: int, now: int) -> list[Notice]:
    if observed_at is not None and now - observed_at < 2000 * every_s:
        return []
    words = "was never read" if observed_at is None else "was not read when it was due"
    remedy = "The log of the bridge has the reason; `scimbridge check` tries the credentials."
    return [Notice("bad", f"The vendor {words}.", remedy)]


def _about_calls(breaker: Breaker) -> list[Notice]:
    if breaker.state not in ("open", "half-open"):
        return []
    return [
        Notice(
            "warn",
            "The vendor failed five times in a row, and is called by one probe at a time.",
            "That ends by itself when a call succeeds; Activity shows what the vendor answers.",
        )
    ]


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


def _about_tokens(callers: Callers, expires: int | None, now: int) -> list[Notice]:
    if callers.has_issuer:
        return []
    if not callers.tokens_in_force:
        return [Notice("bad", "No token is in force.", "Make one with `scimbridge token create`.")]
    if expires is not None and expires - now < _SOON_MS:
        return [
            Notice(
                "warn",
                "The last token expires soon.",
                "Make another one with `scimbridge token create` and give it to the IdP.",
            )
        ]
    return []
