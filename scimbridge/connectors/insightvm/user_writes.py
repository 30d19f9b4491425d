"""Changing a user: read, replace as a whole, put back what that drops, read again.

A PUT of a user clears every field that it leaves out, and takes the user's access to single sites
and asset groups away (met by Rapid7 users' own tools, which "add back" both after each update).
Nothing else at the console can change part of a user, and there is no version to make a write
conditional on; so writers of one user take turns here, and the bridge's lease on the person keeps
other processes away.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from scimbridge.connectors.deadline import remaining
from scimbridge.connectors.dropped import dropping, restored
from scimbridge.connectors.insightvm.access import AccessLists, Failures
from scimbridge.connectors.insightvm.catalogue import Catalogue
from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.locks import LockPerName
from scimbridge.connectors.insightvm.mapping import (
    ASSET_GROUP,
    LISTS,
    Edit,
    to_edit,
    user_role,
)
from scimbridge.connectors.insightvm.role_rules import SITE_OWNER, Role
from scimbridge.connectors.insightvm.users import USER, User, Users
from scimbridge.connectors.interface import Entitlement
from scimbridge.errors import (
    AccessRemains,
    VendorError,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

logger = logging.getLogger(__name__)

_LOCK = "/api/3/users/{id}/lock"
_TIME_TO_PUT_BACK_S = 3.0
"""A PUT that drops access is not begun with less time left to put it back."""

_ALL = "has access to all of them"
_SITE_OWNER = "is a Site Owner, who never has access to asset groups"

Lists = Mapping[str, frozenset[str]]
"""Kind to native ids."""


class UserWriter:
    """Opens users for writing, one writer at a time for each. Safe between threads."""

    def __init__(
        self,
        client: InsightVMClient,
        users: Users,
        catalogue: Catalogue,
        *,
        target: str,
        own_login: str,
        access_by_hand: bool,
    ) -> None:
        """``own_login``: the bridge's own account, which is never changed.

        ``access_by_hand``: whether others than the bridge put single sites and asset groups on
        lists, so that what is on one is not known without reading it.
        """
        self.client = client
        self.users = users
        self.catalogue = catalogue
        self.lists = AccessLists(client, target)
        self.target = target
        self.access_by_hand = access_by_hand
        self._own_login = own_login
        self._turns = LockPerName()

    @contextmanager
    def open(self, native_id: str) -> Iterator[OpenUser]:
        """The user as it is now, for as long as nobody else here writes to it.

        Raises `VendorNotFound`, and `VendorRejected` for the bridge's own account.
        """
        busy = f"{self.target}: no time was left to wait for another change of user {native_id}"
        with self._turns.held(native_id, busy):
            user = self.users.get(native_id)
            if user["login"].lower() == self._own_login.lower():
                raise VendorRejected(
                    f"{self.target}: {user['login']} is the bridge's own account at the console "
                    "and is never changed by it"
                )
            yield OpenUser(self, user)


class OpenUser:
    """One user, while it is being changed."""

    def __init__(self, writer: UserWriter, user: User) -> None:
        self._writer = writer
        self._lists = writer.lists
        self.id = str(user["id"])
        self.user = user

    @property
    def edit(self) -> Edit:
        """The user's fields, as last read."""
        return to_edit(self.user)

    @property
    def role(self) -> Role:
        """The user's role, as last read; an old console's record does not show its privileges."""
        role = user_role(self.user)
        return role if role.privileges else self._writer.catalogue.find_role(role.id) or role

    def put(self, wanted: Edit, *, password: str | None = None, removal: bool = False) -> None:
        """Make the user's fields equal to ``wanted``; no call if they are.

        A role that means access to all swallows the lists (see `Capabilities.dependent_kinds`).
        Raises `VendorUnavailable` if the console then shows something else: `AccessRemains` where
        it is a ``removal``.
        """
        if wanted == self.edit and password is None:
            return
        self._replace(wanted, password)
        self.user = self._writer.users.get(self.id)
        if not wanted.shown_by(self.edit):
            reason = f"{self._name} was changed, and the console still shows something else"
            raise AccessRemains(reason) if removal else VendorUnavailable(reason)

    def change_role_alone(self, role: Role) -> bool:
        """Move the user to another role without a reading in proof: whoever calls sees to one.

        False, and nothing is sent, if more than the role would change by it.
        """
        wanted = self.edit.moved(self.role, role)
        if wanted != replace(self.edit, role_id=role.id):
            return False
        self._replace(wanted)
        return True

    def _replace(self, wanted: Edit, password: str | None = None) -> None:
        """Send ``wanted``, and put back what that drops."""
        kept = self._kept(wanted)
        if kept:
            self._announce(kept)
        lost = frozenset(Entitlement(kind, each) for kind, ids in kept.items() for each in ids)
        swallowed = {kind: ids for kind, ids in kept.items() if wanted.has_all(kind)}
        dropped = {kind: ids for kind, ids in kept.items() if kind not in swallowed}
        body = wanted.body() if password is None else wanted.body() | {"password": password}
        dropping(self.id, lost)
        try:
            for kind in swallowed:
                # A console that keeps it would bring it back with the next role.
                self._lists.clear(kind, self.id)
            self._writer.client.call("PUT", USER, at={"id": self.id}, json=body)
        except (VendorRejected, VendorNotFound):
            self._put_back(swallowed)
            restored(self.id, lost)
            raise
        except VendorError:
            # It may have gone through, or may yet do so: what it drops stays recorded.
            with suppress(VendorError):  # which is in the log; the first error is the cause
                self._put_back(dropped)
            raise
        self._put_back(dropped)
        restored(self.id, lost)

    def change_role(self, role: Role, *, removal: bool = False) -> None:
        """Move the user to another role.

        What the role forces is worked out from the catalogue, which may be out of date; if the
        console refuses, or the user record shows the role to be another, it is done once more.
        """
        before, old = self.edit, self.role
        try:
            self.put(before.moved(old, role), removal=removal)
            current = self.role
        except VendorRejected:
            current = self._writer.catalogue.roles().get(role.id, role)
            if current.forced == role.forced:
                raise
        if current.forced != role.forced:
            self.put(before.moved(old, current), removal=removal)

    def unlock(self) -> None:
        """End a lock after too many wrong passwords; disabled accounts cannot be unlocked."""
        self._writer.client.call("DELETE", _LOCK, at={"id": self.id})
        self.user = self._writer.users.get(self.id)
        if self.user.get("locked") is True:
            raise VendorUnavailable(f"{self._name} still shows as locked")

    def add(self, kind: str, ids: Collection[str]) -> Failures:
        """Give access to single sites or asset groups, unless it has all; what failed."""
        if self.edit.has_all(kind):
            return {}
        if _is_site_owner(self.edit, kind):
            refused = VendorRejected(f"{self._name} {_SITE_OWNER}")
            return dict.fromkeys(ids, refused)
        return self._lists.add(kind, self.id, ids)

    def remove(self, kind: str, ids: Collection[str]) -> Failures:
        """Take access to single sites or asset groups away; what failed."""
        if self.edit.has_all(kind):
            return {}
        return self._lists.remove(kind, self.id, ids)

    def _kept(self, wanted: Edit) -> Lists:
        """What the user holds that the PUT of ``wanted`` drops, or makes meaningless."""
        kept: dict[str, frozenset[str]] = {}
        for kind in LISTS:
            if self.edit.has_all(kind) or self._is_given_again(wanted, kind):
                continue
            by_choice = wanted.has_all(kind) and wanted.role_id == self.edit.role_id
            held = self._lists.read(kind, self.id)
            if held and (by_choice or _is_site_owner(wanted, kind)):
                raise VendorRejected(
                    f"{self._name} would lose its access to {kind} {', '.join(sorted(held))}: "
                    f"it then {_ALL if by_choice else _SITE_OWNER}; take that access away first"
                )
            if held:
                kept[kind] = held
        return kept

    def _is_given_again(self, wanted: Edit, kind: str) -> bool:
        """Whether nothing is lost with a list: the planner grants what dependent kinds held again.

        It does so after a change of role alone (`Capabilities.dependent_kinds`).
        """
        if self._writer.access_by_hand or wanted.role_id == self.edit.role_id:
            return False
        # These a list has to be cleared for first, or is in the way of.
        return not wanted.has_all(kind) and not _is_site_owner(wanted, kind)

    def _announce(self, kept: Lists) -> None:
        """Leave a trace of ``kept`` before it is dropped."""
        left = remaining()
        if left is not None and left < _TIME_TO_PUT_BACK_S:
            raise VendorUnavailable(f"{self._name}: no time was left to change it safely")
        for kind, ids in kept.items():
            logger.info("%s has access to %s %s", self._name, kind, ", ".join(sorted(ids)))

    def _put_back(self, lists: Lists) -> None:
        """Put back all that can be; raises the first error.

        What cannot be is not remembered here: by the next change the directory may have taken it
        away, and another process may have seen to that. The planner gives again what is wanted,
        and what was recorded as given by hand.
        """
        errors: list[VendorError] = []
        for kind, ids in lists.items():
            try:
                self._lists.put_back(kind, self.id, ids)
            except VendorError as error:
                logger.error(
                    "%s: access to %s %s could not be put back",
                    self._name,
                    kind,
                    ", ".join(sorted(ids)),
                )
                errors.append(error)
        if errors:
            raise errors[0]

    @property
    def _name(self) -> str:
        return f"{self._writer.target}: user {self.user.get('login')} ({self.id})"


def _is_site_owner(edit: Edit, kind: str) -> bool:
    return kind == ASSET_GROUP and edit.role_id == SITE_OWNER
