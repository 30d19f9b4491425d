"""The public keys of an issuer of JWTs, from the one URL that the configuration names."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from scimbridge.errors import TemporarilyUnavailable

logger = logging.getLogger(__name__)

PublicKey = RSAPublicKey | EllipticCurvePublicKey

_FRESH_S: Final = 3600
"""After that the keys are fetched again, so that one that was withdrawn is not trusted for long."""
_USABLE_S: Final = 86_400
"""For so long the last keys serve where the issuer cannot be reached."""
_RETRY_S: Final = 30
"""Between two attempts, whatever key ids callers make up."""
_TIMEOUT_S: Final = 5
_MAX_BYTES: Final = 262_144
_MIN_RSA_BITS: Final = 2048


class _Unusable(Exception):
    """The answer of the URL is no set of keys."""


@dataclass(slots=True)
class KeySet:
    """The signing keys at ``url``, by key id. Safe between threads."""

    url: str
    clock: Callable[[], float] = time.monotonic
    """Seconds since some moment."""
    _keys: dict[str, PublicKey] = field(default_factory=dict)
    _fetched: float | None = None
    _attempted: float | None = None
    _fetching: threading.Lock = field(default_factory=threading.Lock)

    def find(self, kid: str) -> PublicKey | None:
        """The key with the id ``kid``; None if the issuer has no such key.

        Raises `TemporarilyUnavailable` while no set of keys could be fetched, or for a day not.
        """
        if kid not in self._keys or self._older_than(_FRESH_S, self._fetched):
            self._refresh()
        if self._older_than(_USABLE_S, self._fetched):
            raise TemporarilyUnavailable(
                f"the keys of the token's issuer cannot be fetched from {self.url}",
                retry_after=_RETRY_S,
            )
        return self._keys.get(kid)

    def _refresh(self) -> None:
        # Who has keys does not wait for newer ones: a slow issuer must not hold every thread.
        if not self._fetching.acquire(blocking=not self._keys):
            return
        try:
            if self._older_than(_RETRY_S, self._attempted):
                self._attempted = self.clock()
                self._keys = _fetch(self.url)
                self._fetched = self._attempted
        except (requests.RequestException, ValueError, RecursionError, _Unusable) as error:
            logger.error("the keys at %s cannot be fetched: %s", self.url, error)
        finally:
            self._fetching.release()

    def _older_than(self, seconds: float, moment: float | None) -> bool:
        return moment is None or self.clock() - moment > seconds


def _fetch(url: str) -> dict[str, PublicKey]:
    # No redirects: the URL is pinned, and what it points at is not.
    with requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False, stream=True) as answer:
        if answer.status_code != 200:
            raise _Unusable(f"it answers {answer.status_code}")
        raw = answer.raw.read(_MAX_BYTES + 1, decode_content=True)
    if len(raw) > _MAX_BYTES:
        raise _Unusable(f"it answers more than {_MAX_BYTES} bytes")
    document = json.loads(raw)
    listed = document.get("keys") if isinstance(document, dict) else None
    found = {}
    for jwk in listed if isinstance(listed, list) else ():
        key = _public_key(jwk)
        if key is not None:
            found[jwk["kid"]] = key
    if not found:
        raise _Unusable("it has no usable key: RSA of 2048 bits or more, or EC, with a kid")
    return found


def _public_key(jwk: Any) -> PublicKey | None:
    """The key of one entry (RFC 7517 section 4), unless it does not serve to verify signatures."""
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
        return None
    if jwk.get("use", "sig") != "sig" or "d" in jwk:
        return None
    try:
        match jwk.get("kty"):
            case "RSA":
                key = RSAAlgorithm.from_jwk(jwk)
                strong = isinstance(key, RSAPublicKey) and key.key_size >= _MIN_RSA_BITS
                return key if strong and isinstance(key, RSAPublicKey) else None
            case "EC":
                curve = ECAlgorithm.from_jwk(jwk)
                return curve if isinstance(curve, EllipticCurvePublicKey) else None
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
        # One key in a form that we do not know is no reason to do without the others.
        logger.warning("a key is left out, for it cannot be read: %s", error)
    return None
