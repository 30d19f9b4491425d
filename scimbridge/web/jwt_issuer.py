"""JWTs of a configured issuer as credentials: Entra's own token, or any workload identity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from scimbridge.config import TargetConfig
from scimbridge.errors import Unauthorized
from scimbridge.web.jwks import KeySet

_RSA: Final = ("RS256", "PS256")
_EC: Final = ("ES256",)
# By the type of the key and never by the token alone: no "none", and no HMAC under a public key.
_LEEWAY_S: Final = 60
_HARMLESS: Final = re.compile(r"[A-Za-z0-9._:@/-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class JwtIssuer:
    """Whose JWTs one target accepts, and which of them."""

    issuer: str
    audience: str
    tenant_id: str | None
    """Demanded as ``tid``. Entra's audience for provisioning is the same in all its tenants."""
    clients: frozenset[str]
    """Demanded as ``appid`` or ``azp``; empty for any."""
    keys: KeySet

    def subject(self, presented: str) -> str:
        """Who the valid JWT ``presented`` is about, fit for logs and the audit trail.

        Raises `Unauthorized` with the reason, `TemporarilyUnavailable` without the issuer's keys.
        """
        claims = self._claims(presented)
        if self.tenant_id is not None and claims.get("tid") != self.tenant_id:
            raise Unauthorized("the JWT is of another tenant: tid is not jwt_tenant_id")
        client = _text(claims, "appid") or _text(claims, "azp")
        if self.clients and client not in self.clients:
            raise Unauthorized("the JWT is of another client: neither appid nor azp is allowed")
        subject = client or _text(claims, "sub")
        if not _HARMLESS.fullmatch(subject):
            raise Unauthorized("the JWT does not say whom it is about: no appid, azp or sub")
        return subject

    def _claims(self, presented: str) -> dict[str, Any]:
        try:
            kid = jwt.get_unverified_header(presented).get("kid")
            key = self.keys.find(kid) if isinstance(kid, str) else None
            if key is None:
                raise Unauthorized("the JWT is signed with no key of its issuer: unknown kid")
            return jwt.decode(
                presented,
                key,
                algorithms=_RSA if isinstance(key, RSAPublicKey) else _EC,
                issuer=self.issuer,
                audience=self.audience,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthorized(f"the JWT is not valid: {error}") from error
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            # PyJWT lets through what the parsers below it make of a hostile token.
            raise Unauthorized("the JWT is malformed") from error


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def open_issuer(config: TargetConfig) -> JwtIssuer | None:
    """The issuer whose JWTs a target accepts, if any; nothing is fetched yet."""
    if config.jwt_issuer is None or config.jwt_audience is None or config.jwt_jwks_url is None:
        return None
    return JwtIssuer(
        issuer=config.jwt_issuer,
        audience=config.jwt_audience,
        tenant_id=config.jwt_tenant_id,
        clients=frozenset(config.jwt_clients),
        keys=KeySet(config.jwt_jwks_url),
    )
