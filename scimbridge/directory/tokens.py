"""Bearer tokens: ``scb_<id>_<secret>``, shown once, of which only an HMAC is stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from scimbridge.directory.schema import tokens

_T = tokens.c
_BY_ID = select(tokens).where(_T.id == bindparam("id"))
_FORM = re.compile(r"scb_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
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
    return f"scb_{token_id}_{secret}"


def verify(connection: Connection, key: bytes, presented: str, *, now: int) -> Token | None:
    """The token that ``presented`` is, unless it is unknown, expired or revoked."""
    match = _FORM.fullmatch(presented)
    if match is None:
        return None
    row = connection.execute(_BY_ID, {"id": match[1]}).first()
    if row is None:
        return None
    token = Token(*row)
    genuine = hmac.compare_digest(token.digest, _digest(key, match[2]))
    expired = token.expires is not None and token.expires <= now
    return token if genuine and not expired and token.revoked is None else None


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


def _digest(key: bytes, secret: str) -> str:
    # A fast hash on purpose: the secret has 256 bits, and a slow one would hand attackers a
    # way to spend our CPU.
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()
