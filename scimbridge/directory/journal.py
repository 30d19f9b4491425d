"""The journal: every write as an operation, from intent to outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select, update

from scimbridge.directory.prepared import Prepared, PreparedIn
from scimbridge.directory.resources import chunks
from scimbridge.directory.schema import operations, resources

PENDING = "pending"
DONE = "done"
FAILED = "failed"
ABANDONED = "abandoned"

_T = operations.c


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked, and under which request id: on every journal entry and audit line."""

    actor: str
    request_id: str


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation as stored; the columns' meaning is said in `scimbridge.directory.schema`."""

    pk: int
    target: str
    resource_pk: int
    resource_type: str
    kind: str
    removal: int
    generation: int
    status: str
    request_id: str
    actor: str
    created: int
    finished: int | None
    attempts: int
    next_attempt: int
    error: str | None
    steps: str | None
    name: str | None

    @property
    def failure(self) -> dict[str, object]:
        """``{"status": int, "scimType": str | None, "detail": str}`` of the last failure."""
        found: dict[str, object] = orjson.loads(self.error or "{}")
        return found


_ALL = select(operations)
_NAME = select(func.coalesce(resources.c.desired_key, resources.c.confirmed_key)).where(
    resources.c.pk == bindparam("resource_pk")
)
_RECORDED = (
    "target",
    "resource_pk",
    "resource_type",
    "kind",
    "removal",
    "generation",
    "status",
    "request_id",
    "actor",
    "created",
    "finished",
    "next_attempt",
)
_RECORD = Prepared(
    insert(operations)
    .values({name: bindparam(name) for name in _RECORDED} | {"name": _NAME.scalar_subquery()})
    .returning(operations)
)
_FINISH = PreparedIn(
    lambda pks: (
        update(operations)
        .where(_T.pk.in_(pks))
        .values(
            status=bindparam("new_status"),
            finished=bindparam("now"),
            error=bindparam("new_error"),
            steps=bindparam("new_steps"),
        )
    )
)
_BY_PK = Prepared(_ALL.where(_T.pk == bindparam("pk")))
_PENDING_OF = Prepared(
    _ALL.where(_T.resource_pk == bindparam("resource_pk"), _T.status == PENDING).order_by(_T.pk)
)
_DUE = (
    _ALL.where(
        _T.target == bindparam("target"),
        _T.status == PENDING,
        _T.next_attempt <= bindparam("now"),
    )
    # What fails again and again must not keep what is new from its turn.
    .order_by(_T.attempts, _T.pk)
    .limit(bindparam("limit"))
)
_LAST_CREATION = Prepared(
    _ALL.where(_T.resource_pk == bindparam("resource_pk"), _T.kind == "create")
    .order_by(_T.pk.desc())
    .limit(1)
)


def record(
    connection: Connection,
    caller: Caller,
    *,
    target: str,
    resource_pk: int,
    resource_type: str,
    kind: str,
    generation: int,
    now: int,
    next_attempt: int,
    removal: bool = False,
    status: str = PENDING,
) -> OperationRow:
    """Write down an operation. Must be in the intent's transaction."""
    (row,) = _RECORD.all(
        connection,
        target=target,
        resource_pk=resource_pk,
        resource_type=resource_type,
        kind=kind,
        removal=int(removal),
        generation=generation,
        status=status,
        request_id=caller.request_id,
        actor=caller.actor,
        created=now,
        finished=None if status == PENDING else now,
        next_attempt=next_attempt,
    )
    return OperationRow(*row)


def get(connection: Connection, pk: int) -> OperationRow:
    """The operation with this primary key."""
    (row,) = _BY_PK.all(connection, pk=pk)
    return OperationRow(*row)


def pending_of(connection: Connection, resource_pk: int) -> list[OperationRow]:
    """The unfinished operations on a resource, oldest first."""
    rows = _PENDING_OF.all(connection, resource_pk=resource_pk)
    return [OperationRow(*row) for row in rows]


def due(connection: Connection, target: str, *, now: int, limit: int) -> list[OperationRow]:
    """Unfinished operations that should be tried again by now, the least tried first."""
    rows = connection.execute(_DUE, {"target": target, "now": now, "limit": limit})
    return [OperationRow(*row) for row in rows]


def finish(
    connection: Connection,
    pks: Sequence[int],
    *,
    status: str,
    now: int,
    error: dict[str, object] | None = None,
    steps: Sequence[dict[str, object]] = (),
) -> None:
    """Record the outcome of operations."""
    for chunk in chunks(pks):
        _FINISH.run(
            connection,
            chunk,
            new_status=status,
            now=now,
            new_error=None if error is None else orjson.dumps(error).decode(),
            new_steps=orjson.dumps(list(steps)).decode(),
        )


def take_over(connection: Connection, pk: int) -> None:
    """Note that the request that asked is not at it any more; failures are counted elsewhere."""
    connection.execute(update(operations).where(_T.pk == pk, _T.attempts == 0).values(attempts=1))


def postpone(
    connection: Connection, pk: int, *, next_attempt: int, error: dict[str, object]
) -> None:
    """Note a transient failure and when to try again."""
    connection.execute(
        update(operations)
        .where(_T.pk == pk, _T.status == PENDING)
        .values(
            attempts=_T.attempts + 1,
            next_attempt=next_attempt,
            error=orjson.dumps(error).decode(),
        )
    )


def hold(connection: Connection, target: str, *, until: int) -> None:
    """Have no operation of a target that failed before tried again before ``until``.

    What never was tried belongs to a request that is alive, or died with its process.
    """
    connection.execute(
        update(operations)
        .where(
            _T.target == target,
            _T.status == PENDING,
            _T.attempts > 0,
            _T.next_attempt < until,
        )
        .values(next_attempt=until)
    )


def make_due(connection: Connection, pks: Sequence[int], *, now: int) -> None:
    """Have unfinished operations tried again without waiting any longer."""
    connection.execute(
        update(operations)
        .where(_T.pk.in_(pks), _T.status == PENDING, _T.next_attempt > now)
        .values(next_attempt=now)
    )


def last_creation(connection: Connection, resource_pk: int) -> OperationRow | None:
    """The newest operation that creates the resource."""
    row = _LAST_CREATION.first(connection, resource_pk=resource_pk)
    return None if row is None else OperationRow(*row)


def deleted_since(connection: Connection, target: str, since: int) -> bool:
    """Whether a user was deleted at or after ``since``, in milliseconds since the epoch."""
    found = connection.execute(
        select(_T.pk)
        .where(
            _T.target == target,
            _T.resource_type == "User",
            _T.kind == "delete",
            _T.finished >= since,
        )
        .limit(1)
    ).first()
    return found is not None
