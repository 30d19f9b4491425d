"""Exchanges as text for the report, with everything secret taken out."""

from __future__ import annotations

import base64
import json
import re

from conformance.model import Evidence
from conformance.wire import Exchange, Request, Response

MASK = "********"
MAX_BODY = 12_000

_PASSWORD = re.compile(r'("(?:password|client_secret|access_token)"\s*:\s*)"(?:[^"\\]|\\.)*"', re.I)
_AUTHORIZATION = re.compile(r"^(authorization: *(?:basic|bearer)? *)\S+", re.I | re.M)


class Masker:
    """Turns exchanges into `Evidence` in which no secret is left."""

    def __init__(self, *secrets: str) -> None:
        encoded = [base64.b64encode(s.encode()).decode() for s in secrets if s]
        self._secrets = sorted({*filter(None, secrets), *encoded}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return ``text`` without the secrets, authorization values and password attributes."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        text = _AUTHORIZATION.sub(rf"\g<1>{MASK}", text)
        return _PASSWORD.sub(rf'\g<1>"{MASK}"', text)

    def evidence(self, exchange: Exchange, *, failed: bool) -> Evidence:
        """Return the exchange as a reader of the report may see it."""
        response = exchange.response
        answer = _response_text(response) if response is not None else exchange.error
        return Evidence(
            label=self.text(exchange.label),
            request=self.text(_request_text(exchange.request)),
            response=self.text(answer),
            failed=failed,
        )


def _request_text(request: Request) -> str:
    lines = [f"{request.method} {request.target}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return _message(lines, request.body or b"")


def _response_text(response: Response) -> str:
    lines = [f"{response.status} after {response.elapsed_ms} ms"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    return _message(lines, response.body)


def _message(lines: list[str], body: bytes) -> str:
    if not body:
        return "\n".join(lines)
    text = _pretty(body)
    if len(text) > MAX_BODY:
        text = f"{text[:MAX_BODY]}\n... {len(text) - MAX_BODY} characters more"
    return "\n".join([*lines, "", text])


def _pretty(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "replace")
