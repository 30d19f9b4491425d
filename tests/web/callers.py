"""Clients that identify themselves in each way that there is, and an issuer of JWTs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa_key
from flask import Flask, Response
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from scimbridge.clock import now_ms
from scimbridge.directory import tokens
from scimbridge.keys import derive_key
from scimbridge.simulation.server import serve
from tests.conftest import SECRET_KEY, Scim, World

TENANT = "8b1d3c1e-0b2f-4a54-9a3d-6f0f2a7f8d11"
ISSUER = f"https://sts.windows.net/{TENANT}/"
AUDIENCE = "api://scimbridge"
CLIENT = "00000014-0000-0000-c000-000000000000"


def new_token(world: World, target: str = "falcon", **properties: Any) -> str:
    with world.bridge.directory.write() as connection:
        return tokens.issue(
            connection,
            derive_key(SECRET_KEY.encode(), "tokens"),
            target=target,
            name="a-caller",
            now=now_ms(),
            **properties,
        )


def root_of(world: World) -> str:
    return world.scim.base_url.removesuffix("/falcon/scim/v2")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def ask_for_access(
    world: World, token: str, target: str = "falcon", **form: str
) -> requests.Response:
    client_id, client_secret = tokens.client_of(token)
    return requests.post(
        f"{root_of(world)}/{target}/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        | form,
        timeout=5,
    )


@dataclass
class Presenting(Scim):
    """A client whose Authorization header is given as it is sent."""

    def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> requests.Response:
        sent = {"Authorization": self.token, **headers}
        if body is not None:
            sent["Content-Type"] = "application/scim+json"
        data = None if body is None else json.dumps(body)
        url = f"{self.base_url}{path}"
        return requests.request(method, url, data=data, headers=sent, timeout=30)


@dataclass
class Issuer:
    """Signs JWTs, and serves its public keys at `url`."""

    url: str = ""
    signing: dict[str, Any] = field(default_factory=dict)
    """By key id."""
    served: Any = None
    """What is served instead of the keys."""
    status: int = 200
    fetched: int = 0

    def add_key(self, kid: str, *, kind: str = "RSA", bits: int = 2048) -> None:
        self.signing[kid] = new_rsa_key(65537, bits) if kind == "RSA" else new_ec_key(SECP256R1())

    def key_set(self) -> dict[str, Any]:
        return {"keys": [self.public(kid) for kid in self.signing]}

    def public(self, kid: str) -> dict[str, Any]:
        key = self.signing[kid].public_key()
        kind = ECAlgorithm if hasattr(key, "curve") else RSAAlgorithm
        return {**kind.to_jwk(key, as_dict=True), "kid": kid, "use": "sig"}

    def sign(
        self, kid: str = "one", *, alg: str = "RS256", header: Any = None, **claims: Any
    ) -> str:
        """A JWT as Entra makes one; a claim that is None is left out."""
        now = int(time.time())
        usual = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "tid": TENANT,
            "appid": CLIENT,
            "sub": "a-subject",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        } | claims
        payload = {name: value for name, value in usual.items() if value is not None}
        headers = {"kid": kid} | (header or {})
        return jwt.encode(payload, self.signing[kid], algorithm=alg, headers=headers)

    def policy(self) -> str:
        """The lines of a target that accepts its JWTs."""
        return f"""
jwt_issuer = "{ISSUER}"
jwt_audience = "{AUDIENCE}"
jwt_jwks_url = "{self.url}/keys"
jwt_tenant_id = "{TENANT}"
jwt_clients = ["{CLIENT}"]
"""


@contextmanager
def open_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    app = Flask("issuer")

    @app.get("/keys")
    def keys() -> Response:
        issuer.fetched += 1
        body = issuer.key_set() if issuer.served is None else issuer.served
        data = body if isinstance(body, bytes) else json.dumps(body)
        answer = Response(data, status=issuer.status, content_type="application/json")
        if issuer.status == 302:
            answer.headers["Location"] = f"{issuer.url}/elsewhere"
        return answer

    @app.get("/elsewhere")
    def elsewhere() -> Response:
        return Response(json.dumps(issuer.key_set()), content_type="application/json")

    issuer.add_key("one")
    with serve(app) as served:
        issuer.url = served.url
        yield issuer
