"""Roles for many users: each is replaced, and one list of a role's holders proves all of them.

A user that is read again proves one write; ``GET /roles/{id}/users`` shows who is in a role now,
as well, and takes one call for everybody (decision 0032).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from scimbridge.connectors.insightvm.role_rules import Role
from scimbridge.connectors.insightvm.several import several
from scimbridge.connectors.insightvm.user_writes import UserWriter
from scimbridge.connectors.interface import Assignment
from scimbridge.errors import VendorError

MANY = 10
"""From as many users on, the calls for all of them together are fewer by half of theirs."""

_Moved = bool | VendorError | None
"""Whether the user was moved without a proof; None: is there already, and was just read."""


class RoleForMany:
    """Gives roles, and nothing else, to users of one console."""

    def __init__(self, writer: UserWriter) -> None:
        self._writer = writer

    def give(
        self, assignments: Sequence[Assignment]
    ) -> tuple[dict[Assignment, VendorError], list[Assignment]]:
        """Move each user to its role. What failed, and what has to be done one by one after all.

        Raises `VendorError` if the roles cannot be read, before anything is changed.
        """
        before = self._writer.catalogue.roles()
        plain = {role.id for role in before.values() if not any(role.forced)}
        alone = [each for each in assignments if _role_id(each) in plain]
        left = [each for each in assignments if _role_id(each) not in plain]
        results = dict(zip(alone, several(partial(self._move, before), alone), strict=True))
        moved = [each for each, result in results.items() if result is True]
        left += [each for each, result in results.items() if result is False]
        if moved:
            unproven = self._unproven(moved)
            # Users are not read again, so what their role forces must still be what it forced.
            now = self._writer.catalogue.roles(fresh=False)
            outdated = [
                each
                for each in moved
                if (role := now.get(_role_id(each))) is not None
                and role.forced != before[role.id].forced
            ]
            settled = several(partial(self._settle, before, now), outdated)
            results |= zip(outdated, settled, strict=True)
            left += [each for each in unproven if each not in outdated]
        failures = {
            each: result for each, result in results.items() if isinstance(result, VendorError)
        }
        return failures, left

    def _move(self, roles: Mapping[str, Role], assignment: Assignment) -> _Moved:
        role = roles[_role_id(assignment)]
        try:
            with self._writer.open(assignment.account_id) as user:
                return None if user.edit.role_id == role.id else user.change_role_alone(role)
        except VendorError as error:
            return error

    def _unproven(self, moved: Sequence[Assignment]) -> list[Assignment]:
        """Which of ``moved`` the console's lists do not show; all, if they cannot be read."""
        catalogue = self._writer.catalogue
        try:
            catalogue.roles()
            shown = {
                (role_id, native_id)
                for role_id in {_role_id(each) for each in moved}
                for native_id in catalogue.holders_of_role(role_id)
            }
        except VendorError:
            return list(moved)
        return [each for each in moved if (_role_id(each), each.account_id) not in shown]

    def _settle(
        self, before: Mapping[str, Role], now: Mapping[str, Role], assignment: Assignment
    ) -> _Moved:
        """Give the user what its role forces now, and read it again."""
        role_id = _role_id(assignment)
        try:
            with self._writer.open(assignment.account_id) as user:
                user.put(user.edit.moved(before[role_id], now[role_id]))
        except VendorError as error:
            return error
        return None


def _role_id(assignment: Assignment) -> str:
    return assignment.entitlement.native_id
