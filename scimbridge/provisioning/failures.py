"""What a failure means: for the IdP that waits, and for the intent that is recorded."""

from __future__ import annotations

import math

from scimbridge.directory.journal import OperationRow
from scimbridge.errors import (
    AccessRemains,
    Conflict,
    DirectoryError,
    Forbidden,
    InvalidValue,
    Mutability,
    ScimError,
    ServerFault,
    TemporarilyUnavailable,
    Uniqueness,
    Unsupported,
    VendorConflict,
    VendorDenied,
    VendorError,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

_BY_TYPE: tuple[type[ScimError], ...] = (
    Uniqueness,
    Conflict,
    Mutability,
    InvalidValue,
    Forbidden,
    Unsupported,
    ServerFault,
)

_LOST = "this request is not kept: send it again"


def is_permanent(error: Exception) -> bool:
    """Whether repeating the same request cannot help, so that the intent is to be withdrawn."""
    if isinstance(error, ScimError):
        return not isinstance(error, TemporarilyUnavailable)
    return isinstance(error, VendorRejected | VendorNotFound)


def to_scim(error: Exception, *, retry_after: int, kept: bool = True) -> ScimError:
    """The answer for the IdP; ``retry_after`` is the default number of seconds.

    ``kept`` is whether what was asked for is recorded and goes on by itself. The vendor's 401, 402
    and 403 become 500: the IdP's own token is fine and must not look broken.
    """
    match error:
        case ScimError():
            return error
        case VendorConflict():
            return Uniqueness(error.reason)
        case VendorRejected() | VendorNotFound():
            return InvalidValue(f"the vendor refuses: {error.reason}{_trace(error)}")
        case AccessRemains():
            return Unsupported(error.reason)
        case VendorDenied():
            return ServerFault(
                f"the bridge itself is refused by the vendor: {error.reason}{_trace(error)}; "
                + ("the change is recorded and will be made once that is mended" if kept else _LOST)
            )
        case VendorUnavailable():
            seconds = max(1, math.ceil(error.retry_after or retry_after))
            return TemporarilyUnavailable(
                f"the vendor cannot be {'changed' if kept else 'used'} now: "
                f"{error.reason}{_trace(error)}; "
                + ("the change is recorded and goes on by itself" if kept else _LOST),
                retry_after=seconds,
            )
        case DirectoryError():
            return TemporarilyUnavailable(str(error), retry_after=retry_after)
        case _:
            return ServerFault(f"{type(error).__name__}: {error}")


def to_record(error: ScimError) -> dict[str, object]:
    """The form in which the journal keeps a failure."""
    return {
        "type": type(error).__name__,
        "status": error.status,
        "scimType": error.scim_type,
        "detail": error.detail,
    }


def from_record(operation: OperationRow) -> ScimError:
    """The failure that an operation ended with."""
    record = operation.failure
    detail = str(record.get("detail", "the operation failed"))
    for kind in _BY_TYPE:
        if kind.__name__ == record.get("type"):
            return kind(detail)
    return ServerFault(detail)


def _trace(error: VendorError) -> str:
    return f" (vendor trace {error.trace_id})" if error.trace_id else ""
