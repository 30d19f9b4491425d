"""Keeping what a pass planned and sent, in the transaction that records what it led to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from scimbridge.connectors.trace import current
from scimbridge.directory import passes
from scimbridge.provisioning.execute import describe
from scimbridge.provisioning.work import Work


def keep(connection: Connection, work: Iterable[Work] = (), *, now: int) -> None:
    """Store what was done since the last time for the operation that is being seen through.

    ``now`` is in milliseconds since the epoch. Outside `scimbridge.connectors.trace.traced`,
    whose subject is the operation, and where nothing was done, nothing is stored.
    """
    trace = current()
    if trace is None:
        return
    calls, made = trace.take()
    steps = [step for item in work for step in _steps(item)]
    if calls or steps:
        began = now - trace.elapsed_ms
        passes.add(
            connection, trace.subject, began=began, steps=steps, calls=calls, calls_made=made
        )


def _steps(item: Work) -> list[dict[str, object]]:
    """What was planned for one person, with what was not reached."""
    reached = {each["step"] for each in item.log}
    planned = [describe(step) for step in item.steps]
    return [*item.log, *({"step": each, "left": True} for each in planned if each not in reached)]
