"""Tokens: an id and a secret, shown once, of which only an HMAC is stored.

A caller presents both as ``scb_<id>_<secret>``, or exchanges them for an access token
``sca_<id>_<expiry>_<signature>``. That one holds no secret and no right of its own: what it opens,
and whether it is still in force, is read from the token it was issued to at each use.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from scimbridge.directory.prepared import Prepared
from scimbridge.directory.schema import tokens

_T = tokens.c
_BY_ID = Prepared(select(tokens).where(_T.id == bindparam("id")))
_LAST_USED = update(tokens).where(_T.id == bindparam("token_id")).values(last_used=bindparam("at"))
_TOKEN = re.compile(r"scb_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_ACCESS = re.compile(r"sca_([0-9a-f]{12})_([0-9]{10})_([A-Za-z0-9_-]{43})", re.ASCII)
_USE_NOTED_EVERY_MS = 3_600_000

ACCESS_SECONDS = 3600
"""How long an access token is good; Entra's gallery asks for 60 minutes to 6 hours."""


class Token(NamedTuple):
    """A token without its secret. Times are milliseconds since the epoch."""

    id: str
    target: str
    name: str
    digest: str
    read_only: int
    created: int
    expires: int | None
    revoked: int | None
    last_used: int | None


def issue(
    connection: Connection,
    key: bytes,
    *,
    target: str,
    name: str,
    now: int,
    expires: int | None = None,
    read_only: bool = False,
) -> str:
    """Create a token and return it in clear, for the only time."""
    token_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    connection.execute(
        insert(tokens).values(
            id=token_id,
            target=target,
            name=name,
            digest=_digest(key, secret),
            read_only=int(read_only),
            created=now,
            expires=expires,
        )
    )
    return token_of(token_id, secret)


def client_of(token: str) -> tuple[str, str]:
    """The id and the secret of what `issue` returned."""
    _, token_id, secret = token.split("_", 2)
    return token_id, secret


def token_of(client_id: str, client_secret: str) -> str:
    """What a client id and its secret are as one token; the reverse of `client_of`."""
    return f"scb_{client_id}_{client_secret}"


def id_in(presented: str) -> str | None:
    """The id of the token that ``presented`` claims to be; None if it has another form."""
    match = _TOKEN.fullmatch(presented) or _ACCESS.fullmatch(presented)
    return match[1] if match else None


def access(key: bytes, token: Token, *, now: int) -> str:
    """An access token for the holder of ``token``, good for `ACCESS_SECONDS`."""
    expiry = str(now // 1000 + ACCESS_SECONDS)
    return f"sca_{token.id}_{expiry}_{_signature(key, token.id, expiry)}"


def verify(connection: Connection, key: bytes, presented: str, *, now: int) -> Token | None:
    """The token that ``presented`` is, or was issued to, unless it is not or no longer in force."""
    if match := _TOKEN.fullmatch(presented):
        token = _find(connection, match[1])
        genuine = token is not None and _equal(token.digest, _digest(key, match[2]))
    elif match := _ACCESS.fullmatch(presented):
        genuine = _equal(match[3], _signature(key, match[1], match[2]))
        genuine = genuine and int(match[2]) * 1000 > now
        token = _find(connection, match[1]) if genuine else None
    else:
        return None
    if token is None or not genuine or token.revoked is not None:
        return None
    return token if token.expires is None or token.expires > now else None


def use_is_news(token: Token, *, now: int) -> bool:
    """Whether `note_use` is due: once an hour is enough to see which tokens still serve."""
    return token.last_used is None or now - token.last_used >= _USE_NOTED_EVERY_MS


def note_use(connection: Connection, token: Token, *, now: int) -> None:
    """Store that ``token`` was used now."""
    connection.execute(_LAST_USED, {"token_id": token.id, "at": now})


def listing(connection: Connection, target: str | None = None) -> list[Token]:
    """All tokens, of one target or of all, oldest first."""
    statement = select(tokens).order_by(_T.created, _T.id)
    if target is not None:
        statement = statement.where(_T.target == target)
    return [Token(*row) for row in connection.execute(statement)]


def revoke(connection: Connection, token_id: str, *, now: int) -> bool:
    """End a token now; False if there is none with this id that is in force."""
    done = connection.execute(
        update(tokens).where(_T.id == token_id, _T.revoked.is_(None)).values(revoked=now)
    )
    return done.rowcount == 1


def _find(connection: Connection, token_id: str) -> Token | None:
    row = _BY_ID.first(connection, id=token_id)
    return None if row is None else Token(*row)


def _digest(key: bytes, secret: str) -> str:
    # A fast hash on purpose: the secret has 256 bits, and a slow one would hand attackers a
    # way to spend our CPU.
    mac = _keyed(key).copy()
    mac.update(secret.encode())
    return mac.hexdigest()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> hmac.HMAC:
    """To be copied: preparing one for a key takes longer than the rest."""
    return hmac.new(key, digestmod="sha256")


def _signature(key: bytes, token_id: str, expiry: str) -> str:
    # No secret has a space in it, so that no digest is ever a signature.
    mac = hmac.digest(key, f"access {token_id} {expiry}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _equal(one: str, other: str) -> bool:
    # As bytes: `compare_digest` raises on text that is not ASCII.
    return hmac.compare_digest(one.encode(), other.encode())
