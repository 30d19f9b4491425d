"""What the connector asks of user management, whichever generation of its routes answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from scimbridge.connectors.falcon.envelope import Reply
from scimbridge.connectors.http import Params
from scimbridge.connectors.interface import Account, HeldGrant
from scimbridge.scim.filters import Filter

RoleAction = Literal["grant", "revoke"]

UserRecord = Mapping[str, Any]
"""A user under the names of the current routes: ``uuid``, ``uid``, ``cid``, ``first_name``..."""


@dataclass(frozen=True, slots=True)
class RoleCall:
    """A call that gives or takes roles of one user; who makes it sorts out what failed."""

    method: str
    route: str
    params: Params | None
    json: Any


class UserRoutes(Protocol):
    """Users and roles of the CID that the token acts in.

    Ids are checked by the caller. All methods raise the `VendorError` that fits the answer.
    """

    def users(self, where: Filter | None, *, home: str | None) -> Iterator[UserRecord]:
        """Each once: those whose home is the CID ``home`` and that match ``where``, maybe more."""

    def users_called(self, user_name: str) -> Iterator[UserRecord]:
        """Those with this login in any case, maybe more."""

    def some_users(self) -> Sequence[UserRecord]:
        """As many users as the fewest calls give."""

    def read_users(self, uuids: Sequence[str]) -> Sequence[UserRecord]:
        """Those of ``uuids`` (no more than one call takes) that are there, in any order."""

    def create_user(self, account: Account) -> Reply:
        """The answer, with the new user's record. Never repeated."""

    def rename_user(self, uuid: str, account: Account) -> None:
        """Give the user both names of ``account``."""

    def delete_user(self, uuid: str) -> None:
        """Delete the user for good."""

    def role_ids(self) -> Sequence[str]:
        """The ids of all roles: also the cheapest call that proves the right to read."""

    def roles(self, role_ids: Sequence[str]) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The records of the roles, some at a time."""

    def grants(self, uuid: str) -> frozenset[HeldGrant]:
        """What the user holds, as far as these routes show it."""

    def role_call(self, action: RoleAction, uuid: str, role_ids: Sequence[str]) -> RoleCall:
        """The call that gives or takes these roles; none is made here but to learn the CID."""
