"""Falcon's answers: the envelope ``{meta, resources, errors}`` and what a refusal means.

All is read leniently: ``resources`` and ``errors`` may be missing, null or empty, and an answer may
be text or HTML (falconpy#1154, #1498).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

_GATEWAY = "crowdstrike-api-gateway"
_TRANSIENT = frozenset({408, 425})
_WAIT_AT_LEAST_S = 1.0
_WAIT_AT_MOST_S = 60.0
_MILLISECONDS_FROM = 1e11


@dataclass(frozen=True, slots=True)
class ItemError:
    """One entry of ``errors``."""

    code: int
    message: str
    id: str = ""
    """What it is about, where the vendor says so."""

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" if self.code else self.message


@dataclass(frozen=True, slots=True)
class Reply:
    """An envelope."""

    resources: tuple[Any, ...] = ()
    errors: tuple[ItemError, ...] = ()
    total: int | None = None
    """``meta.pagination.total``: how many there are over all pages."""
    trace_id: str | None = None
    powered_by: str = ""
    """``meta.powered_by``: which of the vendor's services answered."""


def parse_reply(answer: Answer) -> Reply | None:
    """The envelope in ``answer``; None if there is none."""
    try:
        body = answer.json()
    except ValueError:
        return None
    if not isinstance(body, Mapping):
        return None
    meta = _mapping(body.get("meta"))
    total = _mapping(meta.get("pagination")).get("total")
    trace_id = meta.get("trace_id") or answer.headers.get("X-CS-TRACEID")
    return Reply(
        resources=tuple(_sequence(body.get("resources"))),
        errors=tuple(_item_error(each) for each in _sequence(body.get("errors"))),
        total=total if isinstance(total, int) else None,
        trace_id=str(trace_id) if trace_id else None,
        powered_by=str(meta.get("powered_by") or ""),
    )


@dataclass(frozen=True, slots=True)
class Call:
    """What an error message says of the call that failed."""

    target: str
    method: str
    route: str
    scope: str
    """The API client's scope that the call needs, as the console names it."""
    repeatable: bool

    def error(
        self,
        status: int,
        reasons: Sequence[str],
        *,
        trace_id: str | None,
        retry_after: float | None = None,
    ) -> VendorError:
        """The error for a status, of the answer or of one item in it."""
        reason = f"{self}: {'; '.join(reasons) or f'answered {status} without a reason'}"
        match status:
            case 401:
                denied = f"{reason} - check client_id, client_secret and region of this target"
                return VendorDenied(denied, trace_id=trace_id)
            case 402:
                return VendorDenied(f"{reason} - the licence does not cover it", trace_id=trace_id)
            case 403:
                remedy = (
                    f"give the API client the scope {self.scope}, "
                    "and check the IP allow list of the CID"
                )
                return VendorDenied(f"{reason} - {remedy}", trace_id=trace_id)
            case 404:
                return VendorNotFound(reason, trace_id=trace_id)
            case 409:
                return VendorConflict(reason, trace_id=trace_id)
            case 429:
                return VendorRateLimited(reason, retry_after=retry_after, trace_id=trace_id)
            case _ if 400 <= status < 500 and status not in _TRANSIENT:
                return VendorRejected(reason, trace_id=trace_id)
            case _:
                return self.transient(reason, trace_id=trace_id, retry_after=retry_after)

    def transient(
        self, reason: str, *, trace_id: str | None = None, retry_after: float | None = None
    ) -> VendorUnavailable:
        """The vendor answered in a way that leaves open what it did."""
        if not self.repeatable:
            return OutcomeUnknown(
                f"{reason}; it may have been done all the same", trace_id=trace_id
            )
        return VendorUnavailable(reason, trace_id=trace_id, retry_after=retry_after)

    def __str__(self) -> str:
        return f"{self.target}: {self.method} {self.route}"


def read_reply(answer: Answer, call: Call, now: Callable[[], float]) -> Reply:
    """The envelope of a success, which may hold errors of single items.

    Raises the `VendorError` that fits any other answer.
    """
    reply = parse_reply(answer)
    if 200 <= answer.status < 300:
        if reply is None:
            raise call.transient(f"{call}: answered {answer.status} without JSON")
        return reply
    reasons = [str(each) for each in reply.errors] if reply else [answer.excerpt()]
    if answer.status == 404 and reply is None:
        # A proxy, or another host altogether. Read as "gone", it would end an offboarding early.
        raise call.transient(f"{call}: {reasons[0]}")
    if answer.status == 404 and reply is not None and reply.powered_by == _GATEWAY:
        # No service saw the call: a route that the vendor has retired says of nobody "gone".
        raise VendorDenied(
            f"{call}: {'; '.join(reasons)} - the vendor has no such route; "
            "check base_url and falcon_api of this target",
            trace_id=reply.trace_id,
        )
    raise call.error(
        answer.status,
        reasons,
        trace_id=reply.trace_id if reply else answer.headers.get("X-CS-TRACEID"),
        retry_after=_retry_after(answer.headers, now()),
    )


def item_failure(errors: Sequence[ItemError], call: Call, trace_id: str | None) -> VendorError:
    """The error for items that failed in an answer which is a success as a whole."""
    return call.error(errors[0].code or 400, [str(each) for each in errors], trace_id=trace_id)


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait; None if the vendor does not say, or names a time that has passed.

    The swagger says milliseconds since the epoch, the service sends seconds (gofalcon#646).
    """
    try:
        moment = float(headers.get("X-RateLimit-RetryAfter", ""))
    except ValueError:
        return None
    if moment > _MILLISECONDS_FROM:
        moment /= 1000
    if not moment > now:
        return None
    return min(max(moment - now, _WAIT_AT_LEAST_S), _WAIT_AT_MOST_S)


def _item_error(raw: Any) -> ItemError:
    entry = _mapping(raw)
    code = entry.get("code")
    return ItemError(
        code=code if isinstance(code, int) else 0,
        message=str(entry.get("message") or raw),
        id=str(entry.get("id") or ""),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
