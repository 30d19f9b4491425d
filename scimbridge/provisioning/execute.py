"""Carrying out plans: steps in order for each person, together across persons where that is one.

A person whose step fails stops there: what comes later in a plan (more access, the end of an old
account) may rely on what comes before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import takewhile

from scimbridge.connectors.interface import Assignment, Connector
from scimbridge.errors import (
    PartialFailure,
    VendorError,
    VendorNotFound,
    VendorRejected,
)
from scimbridge.provisioning.plan import (
    CreateAccount,
    DeleteAccount,
    Grant,
    Revoke,
    SetActive,
    Step,
    UpdateAccount,
)
from scimbridge.provisioning.work import Work

logger = logging.getLogger(__name__)

_ORDER: tuple[type[Step], ...] = (SetActive, Revoke, DeleteAccount, UpdateAccount, Grant)


def execute(connector: Connector, work: Sequence[Work]) -> None:
    """Run the steps of all ``work``; errors are left on the item that they belong to.

    `CreateAccount` is not run here but by `scimbridge.provisioning.correlation`, since it has to
    be recorded before and after.
    """
    rest = {id(item): list(item.steps) for item in work}

    def leading(kind: type[Step]) -> list[tuple[Work, list[Step]]]:
        found = []
        for item in work:
            steps = rest[id(item)]
            run = list(takewhile(lambda step: isinstance(step, kind), steps))
            if run and item.error is None and not item.gone:
                del steps[: len(run)]
                found.append((item, run))
        return found

    while True:
        for kind in _ORDER:
            batch = leading(kind)
            if batch:
                _run(connector, kind, batch)
                break
        else:
            return


def _run(connector: Connector, kind: type[Step], batch: list[tuple[Work, list[Step]]]) -> None:
    if kind is Grant:
        _together(connector, connector.grant, batch)
    elif kind is Revoke:
        _together(connector, connector.revoke, batch)
    else:
        for item, steps in batch:
            for step in steps:
                _one(connector, item, step)


def _one(connector: Connector, item: Work, step: Step) -> None:
    if item.error is not None or item.gone:
        return
    try:
        match step:
            case SetActive():
                connector.set_active(step.native_id, active=step.active)
            case DeleteAccount():
                connector.delete_account(step.native_id)
            case _:
                assert isinstance(step, UpdateAccount)  # noqa: S101 - no other kind comes here
                connector.update_account(step.account, step.changed)
    except VendorError as error:
        _fail(connector, item, step, error)
    else:
        item.log.append({"step": describe(step)})


def _together(
    connector: Connector,
    act: Callable[[Sequence[Assignment]], None],
    batch: list[tuple[Work, list[Step]]],
) -> None:
    owners: dict[Assignment, tuple[Work, Step]] = {}
    for item, steps in batch:
        for step in steps:
            assert isinstance(step, Grant | Revoke)  # noqa: S101 - no other kind comes here
            native_id = step.native_id or str(item.row.native_id)
            owners[Assignment(native_id, step.entitlement)] = (item, step)
    failures: dict[Assignment, VendorError] = {}
    try:
        act(list(owners))
    except PartialFailure as partial:
        failures.update(partial.failures)
    except VendorError as error:
        failures.update(dict.fromkeys(owners, error))
    for assignment, (item, step) in owners.items():
        if assignment in failures:
            _fail(connector, item, step, failures[assignment])
        else:
            item.log.append({"step": describe(step)})


def _fail(connector: Connector, item: Work, step: Step, error: VendorError) -> None:
    item.log.append({"step": describe(step), "error": error.reason})
    if isinstance(error, VendorNotFound):
        try:
            native_id = _account_of(step) or item.row.native_id
            if native_id and connector.read_account(native_id) is None:
                # Of an account that was to lose all access nothing is left to do.
                item.gone = item.gone or native_id not in item.observed.retired
                return
        except VendorError as unreadable:
            error = unreadable
        else:
            # The account is there, so what it should hold is not: no repetition will help.
            error = VendorRejected(error.reason, trace_id=error.trace_id)
    if isinstance(error, VendorRejected) and _gives_back(item, step):
        # Somebody gave it by hand, and it may have been deleted since: nobody asked for it now.
        logger.warning("%s: %s: %s", item.desired.account.user_name, describe(step), error.reason)
        return
    item.error = item.error or error


def _account_of(step: Step) -> str | None:
    if isinstance(step, CreateAccount | UpdateAccount):
        return step.account.native_id
    return step.native_id


def _gives_back(item: Work, step: Step) -> bool:
    return isinstance(step, Grant) and bool(item.by_hand_among(frozenset({step.entitlement})))


def describe(step: Step) -> str:
    """One step in words, for the journal, a dry run and the console."""
    match step:
        case Revoke():
            return f"revoke {step.entitlement} from {step.native_id}"
        case Grant():
            return f"grant {step.entitlement} to {step.native_id or 'the new account'}"
        case SetActive():
            return f"{'enable' if step.active else 'disable'} {step.native_id}"
        case DeleteAccount():
            return f"delete {step.native_id}"
        case CreateAccount():
            return f"find or create {step.account.user_name}"
    names = ", ".join(sorted(step.changed))
    return f"update {names} of {step.account.native_id}"
