"""The headers that authenticate a request: the key itself, or a digest that is good only once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import requests

from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings

NONCE_LENGTH = 64

Nonce = Callable[[], str]
"""Gives `NONCE_LENGTH` letters and digits that nobody can guess, other ones each time."""


def fresh_nonce() -> str:
    """See `Nonce`."""
    return secrets.token_hex(NONCE_LENGTH // 2)


@dataclass(frozen=True, slots=True)
class Authorization:
    """Adds the credentials of one target to requests ("Get Started with Cortex XDR APIs")."""

    settings: CortexXdrSettings
    now: Callable[[], float]
    """Seconds since the epoch."""
    nonce: Nonce

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """``request`` with its headers; to be called again for each repetition."""
        request.headers["x-xdr-auth-id"] = self.settings.api_key_id
        key = self.settings.api_key.reveal()
        if self.settings.key_type == "standard":
            request.headers["Authorization"] = key
            return request
        nonce, timestamp = self.nonce(), str(int(self.now() * 1000))
        digest = hashlib.sha256(f"{key}{nonce}{timestamp}".encode()).hexdigest()
        request.headers["x-xdr-nonce"] = nonce
        request.headers["x-xdr-timestamp"] = timestamp
        request.headers["Authorization"] = digest
        return request
