"""The bridge's one secret, and the keys derived from it, so that none serves two purposes."""

from __future__ import annotations

import hmac

from scimbridge.config import Config
from scimbridge.errors import ConfigError


def secret_key(config: Config) -> bytes:
    """The bridge's secret key. Raises `ConfigError` if there is none."""
    if config.bridge.secret_key is None:
        raise ConfigError(
            "[bridge] secret_key is missing; make one with `openssl rand -base64 48`, store it in "
            'a file and write secret_key = "file:/path"'
        )
    return config.bridge.secret_key.reveal().encode()


def derive_key(secret_key: bytes, purpose: str) -> bytes:
    """32 bytes for ``purpose``: ``tokens``, ``audit``, ``cursors`` or ``console``."""
    return hmac.digest(secret_key, f"scimbridge {purpose}".encode(), "sha256")
