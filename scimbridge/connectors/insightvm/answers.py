"""The console's answers: what a status means, and the error body ``{status, message, links}``.

Success is any of 200, 201, 202 and 204: the swagger names 200 for everything, the guide 201 and
204, and Rapid7's own plugin has met both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from scimbridge.connectors.http import Answer
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorError,
    VendorNotFound,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)

_SUCCESS = frozenset({200, 201, 202, 204})
_TRANSIENT = frozenset({408, 425})
_WAIT_AT_MOST_S = 3600.0
_PAGE = "a proxy's or the console's own"

PRIVILEGE = "the bridge's account must be a Global Administrator of the console"


@dataclass(frozen=True, slots=True)
class Call:
    """What an error message says of the call that failed."""

    target: str
    method: str
    route: str
    repeatable: bool

    def transient(self, reason: str, *, retry_after: float | None = None) -> VendorUnavailable:
        """The console answered in a way that leaves open what it did."""
        if not self.repeatable:
            return OutcomeUnknown(f"{reason}; it may have been done all the same")
        return VendorUnavailable(reason, retry_after=retry_after)

    def __str__(self) -> str:
        return f"{self.target}: {self.method} {self.route}"


def read_answer(answer: Answer, call: Call, now: float) -> Mapping[str, Any]:
    """The object in a successful answer; empty if a write was answered without a body.

    Raises the `VendorError` that fits any other answer; ``now`` is in seconds since the epoch.
    """
    body = _object(answer)
    if answer.status in _SUCCESS:
        if body is None and (answer.body or call.method == "GET"):
            raise call.transient(f"{call}: answered {answer.status} without a JSON object")
        return body or {}
    if answer.status == 404 and body is None:
        # A proxy, or another host altogether. Read as "gone", it would end an offboarding early.
        raise call.transient(f"{call}: {answer.excerpt(_PAGE)}")
    message = (body or {}).get("message")
    reason = f"{call}: {message or answer.excerpt(_PAGE)}"
    raise _error(answer, call, reason, now)


def _error(answer: Answer, call: Call, reason: str, now: float) -> VendorError:
    retry_after = _retry_after(answer.headers.get("Retry-After", ""), now)
    match answer.status:
        case 401:
            return VendorDenied(
                f"{reason} - check username, password and two_factor_key of this target, that the "
                "account is not locked, and that the console is not in maintenance mode"
            )
        case 402:
            return VendorDenied(f"{reason} - the licence does not cover it")
        case 403:
            return VendorDenied(f"{reason} - {PRIVILEGE}")
        case 404:
            return VendorNotFound(reason)
        case 409:
            return VendorConflict(reason)
        case 429:
            return VendorRateLimited(reason, retry_after=retry_after)
        case status if 400 <= status < 500 and status not in _TRANSIENT:
            return VendorRejected(reason)
        case _:
            return call.transient(reason, retry_after=retry_after)


def _object(answer: Answer) -> Mapping[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, Mapping) else None


def _retry_after(text: str, now: float) -> float | None:
    """Seconds to wait (RFC 9110 section 10.2.3); None if none can be read, or it is past."""
    try:
        seconds = float(text) if text.strip().isdecimal() else _moment(text) - now
    except (TypeError, ValueError):
        return None
    return min(seconds, _WAIT_AT_MOST_S) if seconds > 0 else None


def _moment(text: str) -> float:
    moment: datetime = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
