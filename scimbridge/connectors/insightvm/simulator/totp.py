"""One-time codes over time (RFC 6238): six digits, steps of 30 seconds, SHA-1."""

from __future__ import annotations

import base64
import hmac
import secrets

_STEP_S = 30
_DIGITS = 6


def new_seed() -> str:
    """A random seed in base 32: 80 bits, 16 characters."""
    return base64.b32encode(secrets.token_bytes(10)).decode()


def is_seed(text: str) -> bool:
    """Whether ``text`` is base 32 of at least 80 bits."""
    try:
        return len(base64.b32decode(text)) >= 10
    except ValueError:
        return False


def code_at(seed: str, now: float) -> str:
    """The code for the time ``now``, in epoch seconds."""
    counter = int(now // _STEP_S).to_bytes(8)
    digest = hmac.digest(base64.b32decode(seed), counter, "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


def is_current(code: str, seed: str, now: float) -> bool:
    """Whether ``code`` is the one of now or of a step before or after (RFC 6238 section 5.2)."""
    nearby = (code_at(seed, now + drift) for drift in (-_STEP_S, 0, _STEP_S))
    return any(hmac.compare_digest(code.encode(), each.encode()) for each in nearby)
