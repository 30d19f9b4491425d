"""Each safeguard taken out in turn: the harness must notice, or it proves nothing.

A removal changes the process that it is called in, before the stage is built there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Connection

from scimbridge.connectors.falcon import connector as falcon
from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.directory import engine, journal, leases, resources, turns
from scimbridge.provisioning import users
from scimbridge.provisioning.converge import Converger
from scimbridge.provisioning.keeper import Keeper
from scimbridge.provisioning.mapping import to_account
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.users import Users

How = Literal["kill", "reverse", "pause", "race"]


@dataclass(frozen=True)
class Safeguard:
    """How it is taken out, and what must go wrong then."""

    remove: Callable[[], None]
    how: How
    scenario: str = ""
    vendor: str = "falcon"
    database: str = "sqlite"


def _no_intent_before_the_call() -> None:
    create = Users.create

    def create_first(self: Users, document: Any, caller: Any) -> Any:
        target, name = self.writes.target, document["userName"]
        if target.connector.find_account(name) is None:
            account = to_account(document, extension=target.extension)
            target.connector.create_account(account, frozenset())
        return create(self, document, caller)

    Users.create = create_first  # type: ignore[method-assign]


def _no_mark_before_a_create() -> None:
    change = resources.change

    def forgetful(connection: Connection, pk: int, **columns: Any) -> None:
        if columns.get("attempted_at") is None:
            change(connection, pk, **columns)

    resources.change = forgetful


def _no_settle_window() -> None:
    for name in ("CAPABILITIES", "FLIGHT_CONTROL"):
        setattr(falcon, name, replace(getattr(falcon, name), settle_seconds=0.0))


def _no_search_before_a_create() -> None:
    FalconConnector.find_account = lambda _self, _name: None  # type: ignore[method-assign]


def _no_recovery() -> None:
    journal.due = lambda *_arguments, **_named: []


def _no_record_of_grants_under_way() -> None:
    Converger._record_intent = lambda _self, _work: None  # type: ignore[method-assign]


def _no_record_of_what_is_dropped() -> None:
    Keeper.dropping = lambda *_arguments: None  # type: ignore[method-assign]


def _no_fence() -> None:
    def give_back(connection: Connection, pk: int, _fence: int) -> int | None:
        (row,) = resources.by_pks(connection, [pk])
        resources.change(connection, pk, lease_owner=None, lease_until=0)
        return row.dirty

    leases.give_back = give_back


def _no_doubt_after_a_lost_lease() -> None:
    leases._STALE.run = lambda *_arguments, **_named: 0  # type: ignore[method-assign]


def _no_resumption() -> None:
    def refuse(row: Any) -> None:
        raise users.taken("User", row.desired_key)

    users.require_free = refuse


def _no_audit_of_outcomes() -> None:
    Outcomes.note = lambda *_arguments, **_named: None  # type: ignore[method-assign]


def _no_lock_for_writers() -> None:
    """Neither the queue's nor the database's: each of them alone keeps writers apart."""
    turns._locked = lambda _place: True
    engine._BEGIN_IMMEDIATE = "BEGIN"


def _no_lock_for_writers_on_postgresql() -> None:
    engine._ADVISORY_LOCK = "SELECT 1"


SAFEGUARDS: Mapping[str, Safeguard] = MappingProxyType(
    {
        "the intent is recorded before the call": Safeguard(
            _no_intent_before_the_call, "kill", "create"
        ),
        "a create is marked before it is sent": Safeguard(
            _no_mark_before_a_create, "kill", "create", "falcon, both"
        ),
        "a marked create is searched for until the search settles": Safeguard(
            _no_settle_window, "kill", "create", "falcon, both"
        ),
        "a login is searched for before it is created": Safeguard(
            _no_search_before_a_create, "kill", "create", "falcon, names not unique"
        ),
        "what is unfinished is taken up": Safeguard(_no_recovery, "kill", "deactivate"),
        "grants under way are recorded": Safeguard(
            _no_record_of_grants_under_way, "reverse", "role change"
        ),
        "access that a call drops by the way is recorded": Safeguard(
            _no_record_of_what_is_dropped, "kill", "role change", "insightvm"
        ),
        "a late holder of a lease is told by the fence": Safeguard(
            _no_fence, "pause", "role change"
        ),
        "a lease that ran out leaves a doubt": Safeguard(
            _no_doubt_after_a_lost_lease, "reverse", "attributes"
        ),
        "a POST whose answer was lost is resumed": Safeguard(_no_resumption, "kill", "create"),
        "every outcome has its audit line": Safeguard(_no_audit_of_outcomes, "kill", "delete"),
        "a writer keeps the others out from its beginning": Safeguard(_no_lock_for_writers, "race"),
        "a writer keeps the others out on PostgreSQL too": Safeguard(
            _no_lock_for_writers_on_postgresql, "race", database="postgresql"
        ),
    }
)
