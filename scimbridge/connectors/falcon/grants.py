"""Giving and taking roles: grouped by account, in chunks, several accounts at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.envelope import Reply
from scimbridge.connectors.falcon.mapping import ROLE, USER_UUID
from scimbridge.connectors.falcon.user_routes import RoleAction, RoleCall, UserRoutes
from scimbridge.connectors.http import checked_id
from scimbridge.connectors.interface import Assignment, Entitlement, HeldGrant
from scimbridge.errors import (
    PartialFailure,
    VendorConflict,
    VendorError,
    VendorNotFound,
    VendorRejected,
)

Failures = dict[Assignment, VendorError]

_CHUNK = 100
_ACCOUNTS_AT_A_TIME = 8


def is_unknown_user(error: VendorError) -> bool:
    """Whether it says that the user is not there: 400 "invalid user uuid" (falconpy#1348)."""
    return isinstance(error, VendorRejected) and "invalid user uuid" in error.reason.lower()


class RoleActions:
    """Gives and takes the roles of one CID."""

    def __init__(
        self,
        client: FalconClient,
        routes: UserRoutes,
        held: Callable[[str], frozenset[HeldGrant]],
    ) -> None:
        """``held``: the grants of an account; may raise any `VendorError`."""
        self._client = client
        self._routes = routes
        self._held = held

    def apply(self, action: RoleAction, assignments: Sequence[Assignment]) -> None:
        """Do ``action`` for all; raises `PartialFailure` after all were tried."""
        failures = {
            failed: VendorRejected(f"Falcon has no entitlements of the kind {kind!r}")
            for failed in assignments
            if (kind := failed.entitlement.kind) != ROLE
        }
        by_account: dict[str, dict[Assignment, None]] = {}
        for assignment in assignments:
            if assignment not in failures:
                by_account.setdefault(assignment.account_id, {})[assignment] = None
        work = [(action, tuple(wanted)) for wanted in by_account.values()]
        all_failures: Failures = {**failures}
        for failed_there in self._each(work):
            all_failures |= failed_there
        if all_failures:
            total = len(set(assignments))
            first = next(iter(all_failures.values()))
            raise PartialFailure(
                f"{len(all_failures)} of {total} role changes failed, the first one: {first}",
                all_failures,
            )

    def _each(
        self, work: Sequence[tuple[RoleAction, tuple[Assignment, ...]]]
    ) -> Iterator[Failures]:
        if len(work) < 2:
            yield from (self._account(*item) for item in work)
            return
        with ThreadPoolExecutor(min(_ACCOUNTS_AT_A_TIME, len(work))) as pool:
            # The copied context carries the caller's deadline into the thread.
            running = [
                pool.submit(copy_context().run, self._account, action, wanted)
                for action, wanted in work
            ]
            yield from (each.result() for each in running)

    def _account(self, action: RoleAction, wanted: tuple[Assignment, ...]) -> Failures:
        """Do ``action`` for assignments of one account; what failed, and why."""
        failures: Failures = {}
        for start in range(0, len(wanted), _CHUNK):
            failures |= self._chunk(action, wanted[start : start + _CHUNK])
        return failures

    def _chunk(self, action: RoleAction, wanted: tuple[Assignment, ...]) -> Failures:
        try:
            account_id = checked_id(wanted[0].account_id, USER_UUID, "Falcon user")
            role_ids = [each.entitlement.native_id for each in wanted]
            call = self._routes.role_call(action, account_id, role_ids)
            reply = self._client.call_items(
                call.method, call.route, params=call.params, json=call.json
            )
        except VendorRejected as error:
            return self._refused(action, wanted, error)
        except VendorError as error:
            return dict.fromkeys(wanted, error)
        return self._failed_items(call, wanted, reply)

    def _refused(
        self, action: RoleAction, wanted: tuple[Assignment, ...], error: VendorRejected
    ) -> Failures:
        """The vendor takes all roles of a call or none: find the ones that it does not want."""
        account_id = wanted[0].account_id
        if is_unknown_user(error):
            gone = VendorNotFound(f"no Falcon user {account_id}", trace_id=error.trace_id)
            return dict.fromkeys(wanted, gone)
        if len(wanted) > 1:
            half = len(wanted) // 2
            return self._chunk(action, wanted[:half]) | self._chunk(action, wanted[half:])
        if action == "grant":
            # A role that is held already may be a 409 (baton-crowdstrike); that is success.
            return {} if isinstance(error, VendorConflict) else {wanted[0]: error}
        return {wanted[0]: error} if self._holds(account_id, wanted[0].entitlement) else {}

    def _holds(self, account_id: str, entitlement: Entitlement) -> bool:
        """Whether a revocation that was refused has left anything; if unknown, it has."""
        try:
            held = self._held(account_id)
        except VendorError:
            return True
        return any(grant.direct and grant.entitlement == entitlement for grant in held)

    def _failed_items(
        self, call: RoleCall, wanted: tuple[Assignment, ...], reply: Reply
    ) -> Failures:
        """Errors in a success: each is laid at the role that it names, else at all of them."""
        failures: Failures = {}
        for error in reply.errors:
            named = [
                each
                for each in wanted
                if each.entitlement.native_id == error.id
                or f"'{each.entitlement.native_id}'" in error.message
            ]
            failure = self._client.item_failure(call.method, call.route, reply)
            failures |= dict.fromkeys(named or wanted, failure)
        return failures
