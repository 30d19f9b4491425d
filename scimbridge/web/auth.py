"""Who calls: bearer tokens of a target (DESIGN: one target's token opens no other target)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import g, request

from scimbridge.directory import tokens
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller
from scimbridge.errors import Forbidden, Unauthorized
from scimbridge.logs import request_id

_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Verifies the Authorization header against the directory."""

    directory: Directory
    key: bytes
    now: Callable[[], int]

    def authenticate(self, target: str) -> None:
        """Note the caller for this request.

        Raises `Unauthorized` without a valid token of ``target``, `Forbidden` if a read-only one
        is used to write.
        """
        presented = self._presented()
        with self.directory.read() as connection:
            token = tokens.verify(connection, self.key, presented, now=self.now())
        if token is None or token.target != target:
            raise Unauthorized(f"the token is not valid for {target}: unknown, expired or revoked")
        if token.read_only and request.method not in _READS and not _is_search():
            raise Forbidden(f'the token "{token.name}" may only read')
        g.caller = Caller(actor=f"token:{token.id}:{token.name}", request_id=request_id.get())

    def _presented(self) -> str:
        values = request.headers.getlist("Authorization")
        if not values or not values[0].strip():
            raise Unauthorized("a bearer token is required: Authorization: Bearer <token>")
        value = values[0].strip()
        # Two headers reach us merged with a comma, which no token of ours contains.
        if len(values) > 1 or "," in value:
            raise Unauthorized("there must be exactly one Authorization header")
        scheme, _, rest = value.partition(" ")
        # Okta's "HTTP header" mode sends the token without a scheme.
        return rest.strip() if rest and scheme.lower() == "bearer" else value


def _is_search() -> bool:
    return request.method == "POST" and request.path.endswith("/.search")


def caller() -> Caller:
    """The authenticated caller of this request."""
    found: Caller = g.caller
    return found
