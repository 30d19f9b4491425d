from __future__ import annotations

import hashlib
import itertools
import re
from typing import Any

import pytest
import requests

from scimbridge.config import Secret
from scimbridge.connectors.cortex_xdr.auth import Authorization, fresh_nonce
from scimbridge.connectors.cortex_xdr.client import CortexXdrClient
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings


def settings(**keys: Any) -> CortexXdrSettings:
    return CortexXdrSettings(
        base_url="https://api-acme.example.com", api_key=Secret("key"), api_key_id="12", **keys
    )


def headers(authorization: Authorization) -> dict[str, str]:
    request = requests.Request("GET", "https://api-acme.example.com").prepare()
    return dict(authorization(request).headers)


def test_a_standard_key_is_sent_as_it_is() -> None:
    sent = headers(Authorization(settings(key_type="standard"), lambda: 1.0, lambda: "n"))

    assert sent == {"x-xdr-auth-id": "12", "Authorization": "key"}


def test_an_advanced_key_is_sent_as_a_digest_with_nonce_and_milliseconds() -> None:
    sent = headers(Authorization(settings(), lambda: 1_700_000_000.1239, lambda: "n" * 64))

    assert sent == {
        "x-xdr-auth-id": "12",
        "x-xdr-nonce": "n" * 64,
        "x-xdr-timestamp": "1700000000123",
        "Authorization": hashlib.sha256(
            b"key" + b"n" * 64 + b"1700000000123", usedforsecurity=False
        ).hexdigest(),
    }


def test_a_nonce_is_64_letters_and_digits_and_never_the_same() -> None:
    nonces = {fresh_nonce() for _ in range(100)}

    assert len(nonces) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9]{64}", nonce) for nonce in nonces)


@pytest.mark.parametrize("key_type", ["standard", "advanced"])
def test_each_repetition_has_credentials_of_its_own(
    key_type: Any, wiring: Any, script: Any, says: Any
) -> None:
    numbers = itertools.count()
    client = CortexXdrClient(
        settings(key_type=key_type), wiring, nonce=lambda: f"{next(numbers):064}"
    )
    script.on(
        "POST",
        "/public_api/v1/rbac/get_users",
        says(503),
        says(200, {"reply": []}),
    )

    client.rbac("get_users", {})

    first, second = script.asked
    assert first.headers["x-xdr-auth-id"] == second.headers["x-xdr-auth-id"] == "12"
    assert (first.headers["Authorization"] == second.headers["Authorization"]) is (
        key_type == "standard"
    )
