"""Cortex's answers: the two envelopes, five shapes of refusal, and what each means.

A success of the v1 routes is ``{"reply": ...}``, one of Platform IAM ``{"data": ...}``. Refusals
come in ``reply``, in ``data``, at the root, as ``{errorCode, message, details}``, or as no JSON at
all (cortex-cloud-go ``errors/api.go``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

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

_REMEDIES = {
    401: "check api_key, api_key_id, the key's expiry, its security level (key_type), and, for an "
    "advanced key, this machine's clock",
    402: "the tenant's licence does not cover it: the RBAC routes need Cortex XDR Pro",
    403: "give the API key a role that may view and edit Access Management, such as Instance "
    "Administrator",
}
_TRANSIENT = frozenset({408, 425})
_NOT_FOUND = re.compile(r"not found|could not find|does not exist", re.IGNORECASE)
_TAKEN = re.compile(r"already (?:being )?(?:used|utilized|exists|in use)", re.IGNORECASE)
_FOR_GOOD = re.compile(
    r"is missing|required|invalid|can ?not (?:update|assign|set|remove|change|be )|not allowed"
    r"|not permitted|not supported|must be|no update performed|already",
    re.IGNORECASE,
)
"""With the two above: a reason that makes a 500 a refusal. Any other 500 is taken for an outage."""
_WAIT_AT_LEAST_S = 1.0
_WAIT_AT_MOST_S = 300.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the vendor says no, in its own words."""

    code: int | None
    message: str
    details: tuple[str, ...] = ()
    """The texts of ``err_extra``, which is null, a string, or a list of validation errors."""
    invalid: bool = False
    """It lists validation errors: the request itself is at fault, whatever the status."""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.message, "; ".join(self.details))))


@dataclass(frozen=True, slots=True)
class Call:
    """What an error message says of the call that failed."""

    target: str
    method: str
    route: str
    repeatable: bool

    def transient(self, reason: str, *, retry_after: float | None = None) -> VendorUnavailable:
        """The vendor answered in a way that leaves open what it did."""
        if not self.repeatable:
            return OutcomeUnknown(f"{self}: {reason}; it may have been done all the same")
        return VendorUnavailable(f"{self}: {reason}", retry_after=retry_after)

    def __str__(self) -> str:
        return f"{self.target}: {self.method} {self.route}"


def read_payload(answer: Answer, call: Call, key: str, now: Callable[[], float]) -> Any:
    """What a success holds under ``key``. Raises the `VendorError` that fits any other answer."""
    body = parse_json(answer)
    refusal = parse_refusal(body)
    if 200 <= answer.status < 300:
        if refusal is not None:
            raise _error(refusal.code or 500, refusal, str(refusal), call, None)
        if not isinstance(body, Mapping) or key not in body:
            raise call.transient(f"answered {answer.status} without {key!r}")
        return body[key]
    reason = str(refusal) if refusal else answer.excerpt()
    retry_after = _retry_after(answer.headers.get("Retry-After", ""), now())
    raise _error(answer.status, refusal, reason, call, retry_after)


def parse_refusal(body: Any) -> Refusal | None:
    """The refusal that a parsed body holds, in whichever shape; None if it holds none."""
    if not isinstance(body, Mapping):
        return None
    for part in (body.get("reply"), body.get("data"), body):
        if isinstance(part, Mapping) and not part.keys().isdisjoint(_MARKS):
            return _refusal(part)
    return None


_MARKS = frozenset({"err_code", "err_msg", "errorCode"})


def _refusal(part: Mapping[str, Any]) -> Refusal:
    metadata = part.get("metadata")
    fields = {**metadata, **part} if isinstance(metadata, Mapping) else part
    message, extra = fields.get("err_msg", fields.get("message")), fields.get("err_extra")
    details = tuple(_texts(fields.get("details") if extra is None else extra))
    inner = _parsed(message)
    text = str(parse_refusal(inner) or "; ".join(_texts(inner)))
    return Refusal(
        code=_code(fields.get("err_code", fields.get("errorCode"))),
        message=text,
        details=tuple(each for each in details if each != text),
        invalid=isinstance(extra, list) and bool(extra),
    )


def _texts(value: Any) -> Iterator[str]:
    """What a person can read in a value of any of the types that are sent."""
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, Mapping):
        text = value.get("msg") or value.get("message") or orjson.dumps(value).decode()
        place = value.get("loc") or value.get("field")
        where = ".".join(map(str, place)) if isinstance(place, list) else place
        yield f"{where}: {text}" if where else str(text)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)


def _error(
    status: int, refusal: Refusal | None, reason: str, call: Call, retry_after: float | None
) -> VendorError:
    if status in _REMEDIES:
        return VendorDenied(f"{call}: {reason} - {_REMEDIES[status]}")
    if status == 429:
        return VendorRateLimited(f"{call}: {reason}", retry_after=retry_after)
    if status == 404 and refusal is None:
        # A proxy, or a tenant without the route. Read as "gone", it would end an offboarding early.
        return call.transient(reason, retry_after=retry_after)
    for_good = 400 <= status < 500 and status not in _TRANSIENT
    # The v1 routes report refusals of the request as 500 too; only their text tells.
    if status == 500 and refusal is not None:
        for_good = refusal.invalid or any(
            pattern.search(reason) for pattern in (_NOT_FOUND, _TAKEN, _FOR_GOOD)
        )
    if not for_good:
        return call.transient(reason, retry_after=retry_after)
    if status == 404 or _NOT_FOUND.search(reason):
        return VendorNotFound(f"{call}: {reason}")
    if status == 409 or _TAKEN.search(reason):
        return VendorConflict(f"{call}: {reason}")
    return VendorRejected(f"{call}: {reason}")


def _retry_after(text: str, now: float) -> float | None:
    """Seconds to wait (RFC 9110 section 10.2.3); None if the vendor does not say."""
    if text.isdecimal():
        seconds = float(text)
    else:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except ValueError:
            return None
    return min(max(seconds, _WAIT_AT_LEAST_S), _WAIT_AT_MOST_S)


def parse_json(answer: Answer) -> Any:
    """The parsed body; None if it is not JSON."""
    try:
        return answer.json()
    except ValueError:
        return None


def _parsed(text: Any) -> Any:
    """``err_msg`` may be JSON within a string."""
    if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return orjson.loads(text)
    except ValueError:
        return text


def _code(value: Any) -> int | None:
    """An HTTP status, sent as a number or as text."""
    try:
        code = int(value)
    except (TypeError, ValueError):
        return None
    return code if 400 <= code <= 599 else None
