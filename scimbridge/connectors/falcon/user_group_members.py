"""Who is in which Flight Control user group: read, and changed in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.envelope import Reply
from scimbridge.connectors.falcon.grants import Failures
from scimbridge.connectors.falcon.mapping import USER_GROUP, USER_GROUP_ID, USER_UUID
from scimbridge.connectors.falcon.mssp_reads import MsspReads
from scimbridge.connectors.http import checked_id
from scimbridge.connectors.interface import Assignment, Entitlement
from scimbridge.errors import VendorError, VendorNotFound, VendorRejected

Action = Literal["grant", "revoke"]
Item = TypeVar("Item")

MOST_MEMBERS = 500
"""Of one user group (vendor documentation of addUserGroupMembers)."""

USER_GROUPS = "/mssp/queries/user-groups/v1"
_GROUPS_OF = "/mssp/queries/user-group-members/v1"
_MEMBERS = "/mssp/entities/user-group-members/v1"
_METHODS: dict[Action, str] = {"grant": "POST", "revoke": "DELETE"}
_CHUNK = 100


class UserGroupMembers:
    """The members of one parent's user groups. Safe between threads."""

    def __init__(self, client: FalconClient, reads: MsspReads) -> None:
        self._client = client
        self._reads = reads

    def groups_of(self, uuid: str) -> frozenset[Entitlement]:
        """The user groups that a user is in. Raises `VendorError`."""
        pages = self._client.pages(_GROUPS_OF, {"user_uuid": uuid})
        return frozenset(Entitlement(USER_GROUP, str(group)) for page in pages for group in page)

    def of(self, group_id: str) -> frozenset[str]:
        """The lower-case uuids of a group's members. Raises `VendorNotFound` if it is gone."""
        try:
            rows = list(self._reads.members("user-group", [group_id]))
        except VendorRejected:
            # That may be how an unknown id is refused: the list of all groups is beyond doubt.
            if self.is_listed(group_id):
                raise
            rows = []
        for row in rows:
            return frozenset(str(each).lower() for each in row.get("user_uuids") or ())
        # Whether a group without members is shown here is not documented.
        if self.is_listed(group_id):
            return frozenset()
        raise VendorNotFound(f"no Falcon user group {group_id}")

    def is_listed(self, group_id: str) -> bool:
        """Whether the vendor's list of all user groups has this one. Raises `VendorError`."""
        return any(group_id in page for page in self._client.pages(USER_GROUPS, {}))

    def change(self, action: Action, assignments: Sequence[Assignment]) -> Failures:
        """Put the accounts into the groups, or take them out; what failed, and why."""
        failures: Failures = {}
        by_group: dict[str, dict[Assignment, None]] = {}
        for each in assignments:
            try:
                group_id = checked_group_id(each.entitlement)
                checked_id(each.account_id, USER_UUID, "Falcon user")
            except VendorRejected as error:
                failures[each] = error
            else:
                by_group.setdefault(group_id, {})[each] = None
        for group_id, wanted in by_group.items():
            for chunk in _chunks(tuple(wanted)):
                failures |= self._chunk(action, group_id, chunk)
        return failures

    def empty(self, group_id: str) -> None:
        """Take all members out of a group. Raises `VendorError`."""
        for uuids in _chunks(tuple(sorted(self.of(group_id)))):
            self._client.call("DELETE", _MEMBERS, json=_body(group_id, uuids))

    def _chunk(self, action: Action, group_id: str, wanted: tuple[Assignment, ...]) -> Failures:
        # Never without a member: what an empty list means is not documented.
        body = _body(group_id, tuple(each.account_id.lower() for each in wanted))
        try:
            reply = self._client.call_items(_METHODS[action], _MEMBERS, json=body)
        except (VendorRejected, VendorNotFound) as error:
            return self._refused(action, group_id, wanted, error)
        except VendorError as error:
            return dict.fromkeys(wanted, error)
        return self._failed_items(action, group_id, wanted, reply) if reply.errors else {}

    def _failed_items(
        self, action: Action, group_id: str, wanted: tuple[Assignment, ...], reply: Reply
    ) -> Failures:
        """A success with errors in it: who is in the group decides who was meant by them."""
        unchanged = self._unchanged(action, group_id, wanted)
        if isinstance(unchanged, VendorError):
            return dict.fromkeys(wanted, unchanged)
        return {each: self._failure(action, each, reply) for each in unchanged}

    def _failure(self, action: Action, failed: Assignment, reply: Reply) -> VendorError:
        """What the vendor says of this account, else all that it says."""
        uuid = failed.account_id.lower()
        named = tuple(each for each in reply.errors if uuid in f"{each.id} {each.message}".lower())
        about = replace(reply, errors=named or reply.errors)
        return self._client.item_failure(_METHODS[action], _MEMBERS, about)

    def _refused(
        self,
        action: Action,
        group_id: str,
        wanted: tuple[Assignment, ...],
        error: VendorRejected | VendorNotFound,
    ) -> Failures:
        """One member may spoil the call for all: find out which, unless it is the group itself."""
        unchanged = self._unchanged(action, group_id, wanted)
        if isinstance(unchanged, VendorError):
            return dict.fromkeys(wanted, unchanged)
        if len(wanted) == 1:
            return dict.fromkeys(unchanged, error)
        half = len(unchanged) // 2
        halves = (unchanged[:half], unchanged[half:])
        failures: Failures = {}
        for part in halves:
            failures |= self._chunk(action, group_id, part) if part else {}
        return failures

    def _holds(self, assignment: Assignment) -> bool:
        try:
            return assignment.entitlement in self.groups_of(assignment.account_id.lower())
        except VendorNotFound:
            return False

    def _unchanged(
        self, action: Action, group_id: str, wanted: tuple[Assignment, ...]
    ) -> tuple[Assignment, ...] | VendorError:
        """Those for whom ``action`` has not come true; the error that keeps it from all of them."""
        held = action == "revoke"
        try:
            members = self.of(group_id)
            if held and not members:
                # Nothing shown is no proof: each account is asked for by another route.
                members = frozenset(each.account_id.lower() for each in wanted if self._holds(each))
        except VendorNotFound as gone:
            return () if held else gone
        except VendorError as error:
            return error
        left = tuple(each for each in wanted if (each.account_id.lower() in members) == held)
        joining = {each.account_id.lower() for each in left}
        if action == "grant" and len(members | joining) > MOST_MEMBERS:
            return VendorRejected(
                f"the user group {group_id} has {len(members)} members and Falcon allows "
                f"{MOST_MEMBERS}; {len(joining)} more do not fit"
            )
        return left


def checked_group_id(entitlement: Entitlement) -> str:
    """The native id of a user group. Raises `VendorRejected` for what cannot be one."""
    return checked_id(entitlement.native_id, USER_GROUP_ID, "Falcon user group")


def _body(group_id: str, uuids: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    # One group in each call: which of several an error is about would be left open.
    return {"resources": [{"user_group_id": group_id, "user_uuids": list(uuids)}]}


def _chunks(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
