"""One-time codes from a shared seed (RFC 6238 with its defaults), for the console's second factor.

That the console takes six digits of HMAC-SHA-1 every 30 seconds is what authenticator apps assume
of every seed; Rapid7 does not document it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

_STEP_S = 30
_DIGITS = 6


def parse_seed(seed: str) -> bytes:
    """The key in a base32 seed, which may be grouped by spaces and lack its padding.

    Raises `ValueError`.
    """
    text = "".join(seed.split()).upper().rstrip("=")
    try:
        key = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        key = b""
    if not key:
        raise ValueError("is no two-factor seed; copy it from the console: letters A-Z, digits 2-7")
    return key


def one_time_code(seed: str, now: float) -> str:
    """The code that is good at ``now``, in seconds since the epoch (RFC 4226 section 5.3)."""
    counter = int(now // _STEP_S).to_bytes(8, "big")
    digest = hmac.digest(parse_seed(seed), counter, hashlib.sha1)
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)
