"""Keys derived from the bridge's one secret, so that none serves two purposes."""

from __future__ import annotations

import hmac


def derive_key(secret_key: bytes, purpose: str) -> bytes:
    """32 bytes for ``purpose``: ``tokens``, ``audit``, ``cursors`` or ``console``."""
    return hmac.digest(secret_key, f"scimbridge {purpose}".encode(), "sha256")
