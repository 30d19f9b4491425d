"""Who calls. What one target's callers present opens no other target."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from scimbridge.directory import tokens
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller
from scimbridge.directory.tokens import Token
from scimbridge.errors import Forbidden, TemporarilyUnavailable, Unauthorized
from scimbridge.logs import request_id
from scimbridge.web.addresses import Networks, client_address, counted_as, within
from scimbridge.web.current import BridgeRequest, current
from scimbridge.web.jwt_issuer import JwtIssuer
from scimbridge.web.limits import Failures

logger = logging.getLogger(__name__)

_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Verifies who calls a target, and from where.

    A credential in force is let in, however many others fail: to lock an IdP out is to let people
    keep their access, and 256 bits are not found by trying. What is limited is how many failures
    of one address, or with one token's id, are answered and logged one by one.
    """

    directory: Directory
    key: bytes
    now: Callable[[], int]
    """Milliseconds since the epoch."""
    proxies: Networks
    """Whose ``X-Forwarded-For`` is believed."""
    allowed: Mapping[str, Networks]
    """By target; one that is not in it is reachable from everywhere."""
    issuers: Mapping[str, JwtIssuer]
    """By target, where JWTs of an issuer are accepted."""
    failures_of_address: Failures
    failures_of_token: Failures

    def require_allowed_address(self, target: str) -> None:
        """Raise `Forbidden` if ``target`` takes no requests from where this one comes from."""
        if target not in self.allowed:
            return
        address = client_address(self.proxies)
        if not within(address, self.allowed[target]):
            logger.warning("%s is called from %s, which is not allowed", target, address)
            raise Forbidden(
                f"requests from {address} are not taken; have the bridge's operator look at "
                "allowed_networks and trusted_proxies"
            )

    def authenticate(self, asked: BridgeRequest, target: str) -> None:
        """Note the caller of ``asked``.

        Raises `Unauthorized` without a valid credential of ``target``, `Forbidden` if a read-only
        one is used to write, `TemporarilyUnavailable` after very many failures.
        """
        presented = self._presented(asked, target)
        if target in self.issuers and presented.startswith("eyJ"):
            actor = f"jwt:{self._subject(target, presented)}"
        else:
            token = self.token(target, presented)
            if token.read_only and asked.method not in _READS and not _is_search(asked):
                raise Forbidden(f'the token "{token.name}" may only read')
            actor = f"token:{token.id}:{token.name}"
        asked.caller = Caller(actor=actor, request_id=request_id.get())

    def token(self, target: str, presented: str) -> Token:
        """The token of ``target`` that ``presented`` is. Raises as `authenticate` does."""
        now = self.now()
        with self.directory.glance() as connection:
            token = tokens.verify(connection, self.key, presented, now=now)
        if token is None or token.target != target:
            reason = f"the token is not valid for {target}: unknown, expired or revoked"
            self._refuse(target, reason, tokens.id_in(presented))
        if tokens.use_is_news(token, now=now):
            with self.directory.write() as connection:
                tokens.note_use(connection, token, now=now)
        return token

    def _subject(self, target: str, presented: str) -> str:
        try:
            return self.issuers[target].subject(presented)
        except Unauthorized as error:
            self._refuse(target, error.detail)

    def _presented(self, asked: BridgeRequest, target: str) -> str:
        value = str(asked.environ.get("HTTP_AUTHORIZATION", "")).strip()
        if not value:
            # Not counted: IdPs and people probe without a token, and it costs nothing.
            raise Unauthorized("a bearer token is required: Authorization: Bearer <token>")
        # Two headers are merged with a comma (PEP 3333), which no credential of ours contains.
        if "," in value:
            self._refuse(target, "there must be exactly one Authorization header")
        scheme, _, rest = value.partition(" ")
        match scheme.lower():
            case "bearer" if rest:
                return rest.strip()
            case "basic" if client := basic_credentials(rest):
                return tokens.token_of(*client)
        # Okta's "HTTP header" mode sends the token without a scheme.
        return value

    def _refuse(self, target: str, reason: str, token_id: str | None = None) -> NoReturn:
        address = client_address(self.proxies)
        wait = self.failures_of_address.count(counted_as(address))
        if token_id is not None:
            wait = max(wait, self.failures_of_token.count(token_id))
        if wait:
            raise TemporarilyUnavailable(
                "too many failed attempts to authenticate; try again later", retry_after=wait
            )
        logger.warning("%s refuses %s (token %s): %s", target, address, token_id or "-", reason)
        raise Unauthorized(reason)


def basic_credentials(encoded: str) -> tuple[str, str] | None:
    """User and password of the Basic scheme (RFC 7617); None if ``encoded`` holds none."""
    try:
        user, colon, password = (
            base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        )
    except ValueError:
        return None
    return (user, password) if colon else None


def _is_search(asked: BridgeRequest) -> bool:
    return asked.method == "POST" and asked.path.endswith("/.search")


def caller() -> Caller:
    """The authenticated caller of this request."""
    return current().caller
