"""Sessions of operators: a signed cookie, so that every process and replica knows them.

Nothing is stored. A session ends when it expires, when its operator is no longer configured, or
when the operator's password changes; signing out takes the cookie away.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scimbridge.config import Secret

NOBODY = ""
"""The operator of a session that has not signed in: it holds the form to do so together."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie says."""

    operator: str
    expires: int
    """Seconds since the epoch."""
    nonce: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes and reads the cookies."""

    key: bytes
    operators: Mapping[str, Secret]
    """By name the hash of the password."""
    lifetime_s: int
    now: Callable[[], int]
    """Milliseconds since the epoch."""

    def begin(self, operator: str = NOBODY) -> Session:
        """A new session."""
        return Session(operator, self.now() // 1000 + self.lifetime_s, secrets.token_urlsafe(16))

    def cookie(self, session: Session) -> str:
        """The value of the cookie that carries ``session``."""
        said = f"{session.operator}:{session.expires}:{session.nonce}"
        return f"{said}:{self._sign('session', session)}"

    def read(self, cookie: str) -> Session | None:
        """The session that a cookie carries; None if it is not genuine, or over."""
        parts = cookie.split(":")
        if len(parts) != 4 or not (parts[1].isascii() and parts[1].isdigit()):
            return None
        session = Session(parts[0], int(parts[1]), parts[2])
        if session.operator != NOBODY and session.operator not in self.operators:
            return None
        genuine = _equal(parts[3], self._sign("session", session))
        return session if genuine and session.expires * 1000 > self.now() else None

    def form_token(self, session: Session) -> str:
        """What every form of this session carries, and no other site can know."""
        return self._sign("form", session)

    def is_own_form(self, session: Session, token: str) -> bool:
        """Whether ``token`` is the `form_token` of the session."""
        return _equal(token, self.form_token(session))

    def _sign(self, purpose: str, session: Session) -> str:
        known = self.operators.get(session.operator)
        # The hash is signed too: with the password, all sessions change.
        password = known.reveal() if known is not None else ""
        text = f"{purpose}:{session.operator}:{session.expires}:{session.nonce}:{password}"
        return hmac.digest(self.key, text.encode(), "sha256").hex()


def _equal(one: str, other: str) -> bool:
    # As bytes: `compare_digest` raises on text that is not ASCII.
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())
