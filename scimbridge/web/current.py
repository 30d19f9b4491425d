"""The request that is being answered, and what is noted about it on its way."""

from __future__ import annotations

from typing import cast

from flask import Request, request

from scimbridge.directory.journal import Caller


class BridgeRequest(Request):
    """A request of ours."""

    started: float
    """By the monotonic clock."""
    caller: Caller
    """There once somebody was let in."""
    transient_status: int | None = None
    """The status of what passes, where the target asks for another one."""
    slot_of: str | None = None
    """The target that it holds a slot of."""


def current() -> BridgeRequest:
    """The request itself: Flask's ``request`` looks for it again at each use."""
    return cast(BridgeRequest, request._get_current_object())  # type: ignore[attr-defined]
