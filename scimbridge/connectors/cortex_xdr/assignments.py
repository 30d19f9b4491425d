"""Giving and taking, in either generation: look, change what differs, look again.

The second look alone decides what is reported as done: to the vendor, a change that changes nothing
is a success too.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Literal, Protocol, TypeVar

from scimbridge.connectors.cortex_xdr.mapping import ACCOUNT_ADMIN, KINDS, User, normal_id
from scimbridge.connectors.deadline import remaining
from scimbridge.connectors.interface import Assignment, Entitlement
from scimbridge.errors import (
    AccessRemains,
    PartialFailure,
    VendorError,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

logger = logging.getLogger(__name__)

Action = Literal["grant", "revoke"]
Failures = dict[Assignment, VendorError]
Pending = Sequence[tuple[User, tuple[Assignment, ...]]]
"""Users with what is to change for each; no user stands there twice."""

_STRIPES = 64


class Picture(Protocol):
    """The tenant at one moment, as far as it was asked for."""

    @property
    def users(self) -> Mapping[str, User]:
        """By native id."""

    def holds(self, user: User, entitlement: Entitlement) -> bool:
        """Whether the user holds it."""

    def needs(self, action: Action, user: User, entitlement: Entitlement) -> bool:
        """Whether something has to be changed, or may have to."""

    def refusal(self, action: Action, user: User, entitlement: Entitlement) -> VendorError | None:
        """Why the change cannot be made through the API, if so."""


PictureT = TypeVar("PictureT", bound=Picture)


class Tenant(Protocol[PictureT]):
    """How one generation is read and changed."""

    def look(self, native_ids: Collection[str], wanted: Collection[Entitlement]) -> PictureT:
        """These users, as they are now, with what it takes to judge ``wanted``."""

    def change(self, action: Action, pending: Pending, picture: PictureT) -> Failures:
        """Make the changes; what was refused, and why."""


class AccountLocks:
    """Lets one thread at a time change an account: reading, changing and looking again are one."""

    def __init__(self) -> None:
        self._stripes = tuple(threading.Lock() for _ in range(_STRIPES))

    @contextmanager
    def hold(self, native_ids: Collection[str]) -> Iterator[None]:
        """Raises `VendorUnavailable` if the deadline passes first."""
        with ExitStack() as held:
            # In one order for everybody, so that no two wait for each other.
            for number in sorted({hash(each) % _STRIPES for each in native_ids}):
                left = remaining()
                if not self._stripes[number].acquire(timeout=-1 if left is None else left):
                    raise VendorUnavailable("no time was left to wait for another change")
                held.callback(self._stripes[number].release)
            yield


def apply(
    action: Action, assignments: Sequence[Assignment], tenant: Tenant[PictureT], locks: AccountLocks
) -> None:
    """Do ``action`` for all; raises `PartialFailure` after all were tried."""
    failures: Failures = {}
    by_account: dict[str, list[Assignment]] = {}
    for assignment in dict.fromkeys(assignments):
        try:
            by_account.setdefault(_checked(assignment), []).append(assignment)
        except VendorRejected as error:
            failures[assignment] = error
    if by_account:
        try:
            with locks.hold(by_account):
                failures |= _settle(action, by_account, tenant)
        except VendorError as error:
            failures |= {each: error for wanted in by_account.values() for each in wanted}
    if failures:
        first = next(iter(failures.values()))
        total = len(dict.fromkeys(assignments))
        raise PartialFailure(
            f"{len(failures)} of {total} changes failed, the first one: {first}", failures
        )


def admin_refusal(action: Action, user: User, role_name: str) -> VendorError | None:
    """Why a role cannot be given to, or taken from, this user where `ACCOUNT_ADMIN` is involved."""
    if user.is_account_admin:
        reason = (
            f"{user.native_id} is {ACCOUNT_ADMIN}, which can only be changed in the Cortex Gateway"
        )
        return VendorRejected(reason) if action == "grant" else AccessRemains(reason)
    if action == "grant" and role_name.casefold() == ACCOUNT_ADMIN.casefold():
        return VendorRejected(f"{ACCOUNT_ADMIN} can only be given in the Cortex Gateway")
    return None


def _checked(assignment: Assignment) -> str:
    kind = assignment.entitlement.kind
    if kind not in KINDS:
        raise VendorRejected(f"Cortex XDR has no entitlements of the kind {kind!r}")
    return normal_id(assignment.account_id)


def _settle(
    action: Action, by_account: Mapping[str, Sequence[Assignment]], tenant: Tenant[PictureT]
) -> Failures:
    """Raises a `VendorError` if the tenant cannot be looked at before anything is changed."""
    failures: Failures = {}
    before = tenant.look(by_account, _entitlements(by_account.values()))
    pending: list[tuple[User, tuple[Assignment, ...]]] = []
    for native_id, wanted in by_account.items():
        user = before.users.get(native_id)
        if user is None:
            failures |= dict.fromkeys(wanted, VendorNotFound(f"no Cortex XDR user {native_id}"))
            continue
        differing = [each for each in wanted if before.needs(action, user, each.entitlement)]
        refused = {
            each: error
            for each in differing
            if (error := before.refusal(action, user, each.entitlement)) is not None
        }
        failures |= refused
        if to_change := tuple(each for each in differing if each not in refused):
            pending.append((user, to_change))
    if pending:
        refused = tenant.change(action, pending, before)
        failures |= _unconfirmed(action, pending, refused, tenant)
    return failures


def _unconfirmed(
    action: Action, pending: Pending, refused: Failures, tenant: Tenant[PictureT]
) -> Failures:
    """What of ``pending`` a second look does not show."""
    ids, wanted_there = zip(*((user.native_id, wanted) for user, wanted in pending), strict=True)
    try:
        after = tenant.look(ids, _entitlements(wanted_there))
    except VendorError as error:
        return {each: refused.get(each, error) for _, wanted in pending for each in wanted}
    failures: Failures = {}
    for user, wanted in pending:
        shown = after.users.get(user.native_id)
        if shown is None:
            gone = VendorNotFound(f"no Cortex XDR user {user.native_id} any more")
            failures |= dict.fromkeys(wanted, gone)
            continue
        _tell_losses(user, shown, wanted)
        for each in wanted:
            if after.holds(shown, each.entitlement) != (action == "grant"):
                failures[each] = _unmet(action, each, refused.get(each))
    return failures


def _entitlements(wanted: Iterable[Iterable[Assignment]]) -> set[Entitlement]:
    return {each.entitlement for several in wanted for each in several}


def _unmet(action: Action, assignment: Assignment, refused: VendorError | None) -> VendorError:
    what = f"{assignment.entitlement} of {assignment.account_id}"
    if action == "grant":
        return refused or VendorUnavailable(f"granting {what} was accepted, and is not shown yet")
    if refused is None:
        return AccessRemains(f"revoking {what} was accepted, and it is still there")
    if isinstance(refused, VendorRejected | VendorNotFound):
        # Not a refusal to be taken at its word: the access must stay known as access.
        return AccessRemains(f"{what} is still there: {refused.reason}")
    return refused


def _tell_losses(before: User, after: User, wanted: Sequence[Assignment]) -> None:
    asked = {each.entitlement.native_id for each in wanted}
    left = {group.name for group in after.groups}
    for group in before.groups:
        if group.name not in left and asked.isdisjoint({group.id, group.name}):
            logger.warning("%s is no longer in the user group %s", before.native_id, group.name)
