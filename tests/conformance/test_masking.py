from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.masking import MASK, MAX_BODY, Masker
from conformance.wire import Exchange, Request, Response

TOKEN = "s3cr3t-token"


def exchange(body: bytes = b"", *, answer: bytes = b"", **headers: str) -> Exchange:
    response = Response(200, (("X-Echo", TOKEN),), answer, 12)
    return Exchange(f"GET /{TOKEN}", Request("GET", "/scim/Users", headers, body or None), response)


def test_the_token_is_masked_wherever_it_stands() -> None:
    encoded = base64.b64encode(TOKEN.encode()).decode()
    body = f'{{"a": "{TOKEN}", "b": "{encoded}"}}'.encode()

    evidence = Masker(TOKEN).evidence(
        exchange(body, answer=body, Authorization=f"Bearer {TOKEN}"), failed=True
    )

    shown = evidence.label + evidence.request + evidence.response
    assert TOKEN not in shown
    assert encoded not in shown
    assert f"Authorization: Bearer {MASK}" in evidence.request


@pytest.mark.parametrize("credential", ["Basic dXNlcjpwdw==", "another-token", "Bearer x.y.z"])
def test_any_authorization_header_is_masked(credential: str) -> None:
    evidence = Masker(TOKEN).evidence(exchange(Authorization=credential), failed=False)

    assert credential.split()[-1] not in evidence.request
    assert MASK in evidence.request


@given(st.text(min_size=6))
def test_no_password_attribute_is_shown(password: str) -> None:
    body = json.dumps({"password": password, "z": 1}).encode()

    request = Masker().evidence(exchange(body), failed=False).request

    assert f'"password": "{MASK}"' in request
    assert '"z": 1' in request


def test_no_secret_masks_nothing() -> None:
    assert Masker("").text("plain text") == "plain text"


def test_a_long_body_is_cut_and_says_so() -> None:
    evidence = Masker().evidence(exchange(b"x" * (MAX_BODY + 5)), failed=False)

    assert "... 5 characters more" in evidence.request


def test_a_json_body_is_laid_out_and_any_other_is_shown_as_it_came() -> None:
    evidence = Masker().evidence(exchange(b"not json", answer=b'{"a":1}'), failed=False)

    assert evidence.request.endswith("not json")
    assert evidence.response.endswith('{\n  "a": 1\n}')


def test_a_request_without_an_answer_shows_why() -> None:
    silent = Exchange("GET /", Request("GET", "/", {}), None, "TimeoutError: timed out")

    assert Masker().evidence(silent, failed=True).response == "TimeoutError: timed out"
