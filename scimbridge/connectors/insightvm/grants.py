"""Giving and taking roles and access: grouped by account, several accounts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from scimbridge.connectors.insightvm.mapping import (
    LISTS,
    ROLE,
    checked_entitlement_id,
    checked_user_id,
)
from scimbridge.connectors.insightvm.role_for_many import MANY, RoleForMany
from scimbridge.connectors.insightvm.several import several
from scimbridge.connectors.insightvm.user_writes import OpenUser, UserWriter
from scimbridge.connectors.interface import Assignment
from scimbridge.errors import PartialFailure, VendorError, VendorNotFound, VendorRejected

Action = Literal["grant", "revoke"]
Failures = dict[Assignment, VendorError]


class GrantActions:
    """Gives and takes entitlements of one console."""

    def __init__(self, writer: UserWriter, default_role: str) -> None:
        """``default_role``: what an account holds whose role is taken; it always has one."""
        self._writer = writer
        self._default_role = default_role
        self._for_many = RoleForMany(writer)

    def apply(self, action: Action, assignments: Sequence[Assignment]) -> None:
        """Do ``action`` for all; raises `PartialFailure` after all were tried."""
        failures: Failures = {}
        by_account: dict[str, list[Assignment]] = {}
        for assignment in dict.fromkeys(assignments):
            try:
                _check(assignment)
            except VendorRejected as error:
                failures[assignment] = error
            else:
                by_account.setdefault(assignment.account_id, []).append(assignment)
        if action == "grant":
            failures |= self._give_to_many(by_account)
        work = list(by_account.values())
        for failed_there in several(partial(self._account, action), work):
            failures |= failed_there
        if failures:
            first = next(iter(failures.values()))
            raise PartialFailure(
                f"{len(failures)} of {len(set(assignments))} changes of access failed, "
                f"the first one: {first}",
                failures,
            )

    def _give_to_many(self, by_account: dict[str, list[Assignment]]) -> Failures:
        """Give single roles to users of ``by_account``, and leave those there that are not done."""
        alone = [
            wanted[0]
            for wanted in by_account.values()
            if len(wanted) == 1 and wanted[0].entitlement.kind == ROLE
        ]
        if len(alone) < MANY:
            return {}
        try:
            failures, left = self._for_many.give(alone)
        except VendorError as error:
            failures, left = dict.fromkeys(alone, error), []
        for each in set(alone) - set(left):
            del by_account[each.account_id]
        return failures

    def _account(self, action: Action, wanted: Sequence[Assignment]) -> Failures:
        """Do ``action`` for assignments of one account; what failed, and why."""
        failures: Failures = {}
        try:
            with self._writer.open(wanted[0].account_id) as user:
                # The role first: it decides whether there are lists at all.
                roles = [each for each in wanted if each.entitlement.kind == ROLE]
                failures |= self._roles(action, user, roles)
                for kind in LISTS:
                    named = {
                        each.entitlement.native_id: each
                        for each in wanted
                        if each.entitlement.kind == kind
                    }
                    if named:
                        act = user.add if action == "grant" else user.remove
                        failures |= {named[key]: why for key, why in act(kind, named).items()}
        except VendorError as error:
            failures |= {each: error for each in wanted if each not in failures}
        return failures

    def _roles(self, action: Action, user: OpenUser, roles: Sequence[Assignment]) -> Failures:
        if action == "grant" and len(roles) > 1:
            rejected = VendorRejected(f"user {user.id} can hold only one role")
            return dict.fromkeys(roles, rejected)
        try:
            for each in roles:
                if action == "grant":
                    self._grant_role(user, each.entitlement.native_id)
                elif user.edit.role_id == each.entitlement.native_id:
                    self._revoke_role(user)
        except VendorError as error:
            return dict.fromkeys(roles, error)
        return {}

    def _grant_role(self, user: OpenUser, role_id: str) -> None:
        if user.edit.role_id == role_id:
            return
        role = self._writer.catalogue.find_role(role_id)
        if role is None:
            raise VendorNotFound(f"{self._writer.target}: no role {role_id!r}")
        user.change_role(role)

    def _revoke_role(self, user: OpenUser) -> None:
        if user.edit.role_id == self._default_role:
            return
        user.change_role(self._writer.catalogue.default_role(self._default_role), removal=True)


def _check(assignment: Assignment) -> None:
    """Raise `VendorRejected` for what the console cannot have."""
    checked_user_id(assignment.account_id)
    if assignment.entitlement.kind not in (ROLE, *LISTS):
        raise VendorRejected(
            f"InsightVM has no entitlements of the kind {assignment.entitlement.kind!r}"
        )
    checked_entitlement_id(assignment.entitlement)
