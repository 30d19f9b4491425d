"""The request that is being answered, and what is noted about it on its way."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from flask import Request, request
from werkzeug.sansio.utils import get_host

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

    @property
    def host(self) -> str:
        """The host and port that were asked for; empty if that is malformed."""
        return _host(self.scheme, self.environ.get("HTTP_HOST"), self.server)


_host = lru_cache(maxsize=256)(get_host)
"""All requests of a client ask for the same one."""


def current() -> BridgeRequest:
    """The request itself: Flask's ``request`` looks for it again at each use."""
    return cast(BridgeRequest, request._get_current_object())  # type: ignore[attr-defined]
