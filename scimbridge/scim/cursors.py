"""Cursors for paging (RFC 9865): what the next page needs, sealed so that nobody can change it.

The server keeps nothing. A cursor is readable by its holder, so it must not hold secrets.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Mapping
from typing import Any, Final

from scimbridge.errors import ExpiredCursor, InvalidCursor

_MAC_BYTES: Final = 16
_HEADER: Final = struct.Struct(">Q")


def seal(payload: Mapping[str, Any], key: bytes, *, query: str, now: float) -> str:
    """A cursor that holds ``payload`` and works for the same ``query`` only.

    ``payload`` is JSON; ``query`` is any text that is equal for all pages of one list (filter,
    sorting, resource type, target); ``now`` is in seconds since the epoch.
    """
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    content = _HEADER.pack(int(now)) + text.encode()
    return base64.urlsafe_b64encode(_mac(content, key, query) + content).rstrip(b"=").decode()


def unseal(text: str, key: bytes, *, query: str, now: float, max_age: float) -> dict[str, Any]:
    """The payload of a cursor.

    Raises `InvalidCursor` if it was not sealed with ``key`` for this ``query``, and
    `ExpiredCursor` if that was more than ``max_age`` seconds ago.
    """
    sealed = _decoded(text)
    mac, content = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(content, key, query)):
        raise InvalidCursor("the cursor was not issued for this query")
    (issued,) = _HEADER.unpack_from(content)
    if now - issued > max_age:
        raise ExpiredCursor(f"the cursor is older than {max_age:.0f} seconds: start again")
    payload: dict[str, Any] = json.loads(content[_HEADER.size :])
    return payload


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise InvalidCursor("the cursor is malformed") from error


def _mac(content: bytes, key: bytes, query: str) -> bytes:
    # The digest has a fixed length, so that query and content cannot run into each other.
    bound = hashlib.sha256(query.encode()).digest() + content
    return hmac.digest(key, bound, "sha256")[:_MAC_BYTES]
