"""The two kinds of API keys, told apart by the tenant alone: any mismatch is the same 401."""

from __future__ import annotations

import hashlib
import re
import secrets

from werkzeug.datastructures import Headers

from scimbridge.connectors.cortex_xdr.simulator.answers import Refusal
from scimbridge.connectors.cortex_xdr.simulator.records import ApiKey
from scimbridge.connectors.cortex_xdr.simulator.state import CortexState

_NONCE = re.compile(r"[A-Za-z0-9]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,15}")
_REMEMBERED = 50_000


def authenticate(state: CortexState, headers: Headers) -> ApiKey:
    """The API key that the headers prove. Raises `Refusal` 401."""
    key = state.keys.get(headers.get("x-xdr-auth-id", ""))
    if key is None:
        raise Refusal(401)
    nonce, timestamp = headers.get("x-xdr-nonce", ""), headers.get("x-xdr-timestamp", "")
    expected = _digest(key.secret + nonce + timestamp) if key.advanced else key.secret
    if not secrets.compare_digest(expected.encode(), headers.get("Authorization", "").encode()):
        raise Refusal(401)
    if key.advanced:
        _check_freshness(state, key, nonce, timestamp)
    return key


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _check_freshness(state: CortexState, key: ApiKey, nonce: str, timestamp: str) -> None:
    switches = state.switches
    well_formed = _NONCE.fullmatch(nonce) if switches["check_nonce_form"] else nonce
    if not well_formed or not _TIMESTAMP.fullmatch(timestamp):
        raise Refusal(401)
    skew = abs(int(timestamp) / 1000 - state.clock())
    if switches["max_skew_s"] and skew > switches["max_skew_s"]:
        raise Refusal(401)
    used = (key.key_id, nonce)
    if switches["reject_replay"] and used in state.nonces:
        raise Refusal(401)
    state.nonces[used] = None
    if len(state.nonces) > _REMEMBERED:
        del state.nonces[next(iter(state.nonces))]
