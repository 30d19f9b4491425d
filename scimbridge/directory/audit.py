"""The audit log: append-only lines, chained by HMAC so that no line can be changed unseen."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert, select

from scimbridge.directory.journal import Caller
from scimbridge.directory.prepared import Prepared
from scimbridge.directory.schema import audit

_T = audit.c
_SIGNED = (
    "target",
    "at",
    "actor",
    "request_id",
    "action",
    "resource_type",
    "scim_id",
    "detail",
)
_LAST = Prepared(
    select(_T.digest).where(_T.target == bindparam("target")).order_by(_T.pk.desc()).limit(1)
)
_INSERT = Prepared(insert(audit).values({name: bindparam(name) for name in (*_SIGNED, "digest")}))


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line as stored; the columns' meaning is said in `scimbridge.directory.schema`."""

    pk: int
    target: str
    at: int
    actor: str
    request_id: str
    action: str
    resource_type: str
    scim_id: str | None
    detail: str
    digest: str


def lines(
    connection: Connection,
    target: str | None = None,
    *,
    scim_id: str | None = None,
    last: int | None = None,
) -> list[AuditLine]:
    """The lines, oldest first: of one target, of one resource, only the ``last`` so many."""
    wanted = select(audit)
    if target is not None:
        wanted = wanted.where(_T.target == target)
    if scim_id is not None:
        wanted = wanted.where(_T.scim_id == scim_id)
    if last is not None:
        newest = wanted.with_only_columns(_T.pk).order_by(_T.pk.desc()).limit(last)
        wanted = select(audit).where(_T.pk.in_(newest))
    return [AuditLine(*row) for row in connection.execute(wanted.order_by(_T.pk))]


def audited_targets(connection: Connection) -> list[str]:
    """The targets that have lines, in the configuration or not any more."""
    return list(connection.execute(select(_T.target).distinct().order_by(_T.target)).scalars())


@dataclass(frozen=True, slots=True)
class AuditLog:
    """Writes and verifies the chains. ``key`` is not stored in the database."""

    key: bytes

    def append(
        self,
        connection: Connection,
        caller: Caller,
        *,
        target: str,
        at: int,
        action: str,
        resource_type: str,
        scim_id: str | None,
        detail: dict[str, Any],
    ) -> None:
        """Add a line in the transaction of the change that it tells of: no audit, no change."""
        last = _LAST.first(connection, target=target)
        line = {
            "target": target,
            "at": at,
            "actor": caller.actor,
            "request_id": caller.request_id,
            "action": action,
            "resource_type": resource_type,
            "scim_id": scim_id,
            "detail": orjson.dumps(detail).decode(),
        }
        _INSERT.run(connection, **line, digest=self._digest(last[0] if last else "", line))

    def verify(self, connection: Connection, target: str) -> int | None:
        """The primary key of the first line that breaks the chain, or None if it holds."""
        previous = ""
        rows = connection.execute(select(audit).where(_T.target == target).order_by(_T.pk))
        for row in rows.mappings():
            line = {name: row[name] for name in _SIGNED}
            if not hmac.compare_digest(self._digest(previous, line), row["digest"]):
                return int(row["pk"])
            previous = row["digest"]
        return None

    def _digest(self, previous: str, line: dict[str, Any]) -> str:
        message = previous.encode() + orjson.dumps(line, option=orjson.OPT_SORT_KEYS)
        return hmac.digest(self.key, message, "sha256").hex()
