"""The Flight Control part of the state: groups, links, and the grants that come of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from scimbridge.connectors.falcon.simulator.records import Grant, Group, Link


class FlightControl:
    """User groups, CID groups and the links between them.

    The tables hold immutable values, so that `copy` is cheap. Not locked by itself: every caller
    holds the state's lock.
    """

    def __init__(
        self, user_groups: Iterable[Group], cid_groups: Iterable[Group], links: Iterable[Link]
    ) -> None:
        self.user_groups = {group.group_id: group for group in user_groups}
        self.cid_groups = {group.group_id: group for group in cid_groups}
        self.links = {link.link_id: link for link in links}

    def copy(self) -> FlightControl:
        """The same content, which further changes of this object do not reach."""
        return FlightControl(
            self.user_groups.values(), self.cid_groups.values(), self.links.values()
        )

    def derived_grants(self, user_uuid: str) -> Iterator[Grant]:
        """What the user holds through its user groups: every role of a link in every CID of it."""
        for link in self.links.values():
            if user_uuid in self.user_groups[link.user_group_id].members:
                for cid in self.cid_groups[link.cid_group_id].members:
                    for role_id in link.role_ids:
                        yield Grant(
                            user_uuid,
                            cid,
                            role_id,
                            user_group_id=link.user_group_id,
                            cid_group_id=link.cid_group_id,
                        )

    def dissolve(self, group_id: str) -> None:
        """Remove every link of a group that is deleted."""
        gone = [link.link_id for link in self.links.values() if group_id in link.link_id.split(":")]
        for link_id in gone:
            del self.links[link_id]

    def set_member(self, user_group_id: str, user_uuid: str, *, present: bool) -> None:
        """Put the user into the group, or take it out."""
        group = self.user_groups[user_group_id]
        others = tuple(member for member in group.members if member != user_uuid)
        members = (*others, user_uuid) if present else others
        self.user_groups[user_group_id] = replace(group, members=members)

    def forget_user(self, user_uuid: str) -> None:
        """Remove a user that is deleted from all groups."""
        for group_id in self.user_groups:
            self.set_member(group_id, user_uuid, present=False)
