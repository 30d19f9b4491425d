"""Every exception the bridge raises on purpose.

::

    ScimbridgeError
    ├── ConfigError                    the configuration cannot be used; names each mistake
    ├── DirectoryError                 the store failed; the request may be repeated
    ├── ScimError                      an answer to the SCIM client (RFC 7644 section 3.12)
    │   ├── InvalidFilter              400 invalidFilter
    │   ├── InvalidSyntax              400 invalidSyntax
    │   ├── InvalidPath                400 invalidPath
    │   ├── NoTarget                   400 noTarget
    │   ├── InvalidValue               400 invalidValue
    │   ├── Mutability                 400 mutability
    │   ├── InvalidCursor              400 invalidCursor   (RFC 9865 section 2.1)
    │   ├── ExpiredCursor              400 expiredCursor   (RFC 9865 section 2.1)
    │   ├── InvalidCount               400 invalidCount    (RFC 9865 section 2.1)
    │   ├── Unauthorized               401
    │   ├── Forbidden                  403
    │   │   └── BudgetSpent            403, and removals are paused from now on
    │   ├── NotFound                   404
    │   ├── MethodNotAllowed           405
    │   ├── NotAcceptable              406
    │   ├── Conflict                   409
    │   │   └── Uniqueness             409 uniqueness
    │   ├── PreconditionFailed         412
    │   ├── PayloadTooLarge            413
    │   ├── UnsupportedMediaType       415
    │   ├── TemporarilyUnavailable     429 or 503 with Retry-After
    │   ├── ServerFault                500
    │   └── Unsupported                501
    └── VendorError                    what a connector raises, and nothing else
        ├── VendorRejected             the vendor refuses this request for good
        │   └── VendorConflict         ... because the natural key is taken
        ├── VendorNotFound             the account or entitlement is not there
        ├── AccessRemains              the removal was tried and access is still there
        ├── VendorDenied               the bridge's own credentials, scope or licence
        ├── VendorUnavailable          transient: may be repeated later
        │   ├── NotYet                 ... and says nothing about the vendor's health
        │   ├── VendorRateLimited      ... and the vendor said when
        │   └── OutcomeUnknown         sent, unanswered: may have happened
        └── PartialFailure             some items of one request failed
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ScimbridgeError(Exception):
    """The root: catching it catches everything that the bridge raises on purpose."""


class ConfigError(ScimbridgeError):
    """The configuration cannot be used. ``problems`` holds one sentence for each mistake."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DirectoryError(ScimbridgeError):
    """The store could not do what was asked: locked for too long, unreachable, out of space."""


# --- answers to the SCIM client ------------------------------------------------------------


class ScimError(ScimbridgeError):
    """An error response (RFC 7644 section 3.12); ``detail`` is shown to the IdP's administrator."""

    status: ClassVar[int] = 500
    scim_type: ClassVar[str | None] = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidFilter(ScimError):
    """The filter cannot be parsed, or an operator does not suit its attribute."""

    status = 400
    scim_type = "invalidFilter"


class InvalidSyntax(ScimError):
    """The body is not the JSON message that the operation takes."""

    status = 400
    scim_type = "invalidSyntax"


class InvalidPath(ScimError):
    """The ``path`` of a PATCH operation is malformed or names no attribute."""

    status = 400
    scim_type = "invalidPath"


class NoTarget(ScimError):
    """The ``path`` of a PATCH operation selects nothing that could be changed."""

    status = 400
    scim_type = "noTarget"


class InvalidValue(ScimError):
    """A required value is missing, or a value does not fit its attribute."""

    status = 400
    scim_type = "invalidValue"


class Mutability(ScimError):
    """The change is not compatible with the attribute's mutability."""

    status = 400
    scim_type = "mutability"


class InvalidCursor(ScimError):
    """The cursor was not issued by this server, or not for this query (RFC 9865)."""

    status = 400
    scim_type = "invalidCursor"


class ExpiredCursor(ScimError):
    """The cursor is older than the advertised ``cursorTimeout`` (RFC 9865)."""

    status = 400
    scim_type = "expiredCursor"


class InvalidCount(ScimError):
    """``count`` is above the advertised maximum for cursor paging (RFC 9865)."""

    status = 400
    scim_type = "invalidCount"


class Unauthorized(ScimError):
    """No token, or one that is unknown, expired or revoked."""

    status = 401


class Forbidden(ScimError):
    """The caller is known, and this is refused all the same: read-only token, guard, policy."""

    status = 403


class BudgetSpent(Forbidden):
    """The request would take more away than may be taken now; nothing was done."""

    def __init__(
        self, detail: str, *, what: str, removals: int, used: int, limit: int, resumed_at: int
    ) -> None:
        super().__init__(detail)
        self.what = what
        """What the request would do, in words."""
        self.removals = removals
        """How many accounts or values it is about that were not counted within the window."""
        self.used = used
        self.limit = limit
        self.resumed_at = resumed_at
        """When an operator last decided (milliseconds since the epoch), as the request saw it."""


class NotFound(ScimError):
    """No such resource or URL."""

    status = 404


class MethodNotAllowed(ScimError):
    """The URL exists and does not take this method; ``allowed`` fills the Allow header."""

    status = 405

    def __init__(self, detail: str, *, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.allowed = allowed


class NotAcceptable(ScimError):
    """The caller accepts neither application/scim+json nor application/json."""

    status = 406


class Conflict(ScimError):
    """The request does not fit the state of the resource."""

    status = 409


class Uniqueness(Conflict):
    """A value that must be unique is taken."""

    scim_type = "uniqueness"


class PreconditionFailed(ScimError):
    """If-Match names another version than the current one."""

    status = 412


class PayloadTooLarge(ScimError):
    """The body, or the number of bulk operations, is above the advertised limit."""

    status = 413


class UnsupportedMediaType(ScimError):
    """The body is not declared as JSON."""

    status = 415


class TemporarilyUnavailable(ScimError):
    """The intent is recorded (or nothing was changed); the same request will succeed later.

    429 by default because Okta retries by itself on 429 alone; a target may ask for 503.
    """

    status = 429

    def __init__(self, detail: str, *, retry_after: int = 30) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        """Whole seconds: Okta reads an HTTP-date as "five minutes"."""


class ServerFault(ScimError):
    """The bridge or its configuration is at fault, not the request."""

    status = 500


class Unsupported(ScimError):
    """The operation is not implemented, or the vendor has no way to do it."""

    status = 501


# --- what connectors raise -----------------------------------------------------------------


class VendorError(ScimbridgeError):
    """A vendor did not do what was asked. ``reason`` is fit to be shown to a person."""

    def __init__(self, reason: str, *, trace_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.trace_id = trace_id
        """The vendor's own id of the call, for its support."""


class VendorRejected(VendorError):
    """The vendor understood and refuses: repeating the same request cannot help."""


class VendorConflict(VendorRejected):
    """The vendor refuses to create an account because its natural key is taken."""


class VendorNotFound(VendorError):
    """The account or entitlement that a call names does not exist at the vendor."""


class AccessRemains(VendorError):
    """A removal was tried and verified, and access is still there; ``reason`` says which."""


class VendorDenied(VendorError):
    """The bridge's own credentials, scope, role or licence at the vendor do not suffice."""


class VendorUnavailable(VendorError):
    """The vendor cannot answer now: network, 5xx, maintenance, open breaker, spent deadline."""

    def __init__(
        self, reason: str, *, retry_after: float | None = None, trace_id: str | None = None
    ) -> None:
        super().__init__(reason, trace_id=trace_id)
        self.retry_after = retry_after
        """Seconds to wait, where the vendor said so."""


class NotYet(VendorUnavailable):
    """The vendor is well: another request is at the same thing, or something has yet to settle."""


class VendorRateLimited(VendorUnavailable):
    """The vendor's rate limit is reached."""


class OutcomeUnknown(VendorUnavailable):
    """A request that is not idempotent was sent and no answer came: it may have been done."""


class PartialFailure(VendorError):
    """Some items of one request failed, the others are done.

    ``failures`` maps each failed item (of the sequence that the caller passed) to its error.
    """

    def __init__(self, reason: str, failures: Mapping[Any, VendorError]) -> None:
        super().__init__(reason)
        self.failures = failures
