"""The state of the simulated Cortex: one tenant."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from scimbridge.connectors.cortex_xdr.simulator import console
from scimbridge.connectors.cortex_xdr.simulator.rate_limit import RateLimiter
from scimbridge.connectors.cortex_xdr.simulator.records import ApiKey, Group, Role, User
from scimbridge.connectors.cortex_xdr.simulator.seed import Seed
from scimbridge.simulation.clock import Clock
from scimbridge.simulation.switches import Switches


class CortexState:
    """Everything that the simulated vendor knows.

    ``lock`` is held for the whole of a request; the methods of the control routes take it too.
    """

    def __init__(self, seed: Seed, clock: Clock, switches: Switches) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.switches = switches
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """See `scimbridge.simulation.simulator.SimulatedState.reset`."""
        with self.lock:
            now = self.clock()
            self.keys: dict[str, ApiKey] = {each.key_id: each for each in self._seed.keys}
            self.nonces: dict[tuple[str, str], None] = {}
            """Key id and nonce of what was accepted, oldest first."""
            self.limiter = RateLimiter(self.clock)
            self._roles: dict[str, Role] = {each.role_id: each for each in self._seed.roles(now)}
            self.users: dict[str, User] = {each.key: each for each in self._seed.users(now)}
            self.groups: dict[str, Group] = {each.group_id: each for each in self._seed.groups(now)}
            self._group_numbers = count(100)

    # --- roles -----------------------------------------------------------------------------

    def roles(self) -> list[Role]:
        """All roles, the Gateway's twin of one included (``gateway_twin``)."""
        twins = [
            replace(role, role_id=f"gateway_{role.role_id}", is_custom=False, account_level=True)
            for role in self._roles.values()
            if role.pretty_name == self.switches["gateway_twin"]
        ]
        return [*self._roles.values(), *twins]

    def find_role(self, role_id: str) -> Role | None:
        """The role with this id."""
        return next((role for role in self.roles() if role.role_id == role_id), None)

    def roles_named(self, pretty_name: str) -> list[Role]:
        """The roles of this name: one, or two if the Gateway has a twin."""
        return [role for role in self.roles() if role.pretty_name == pretty_name]

    def pretty_name(self, role_id: str) -> str:
        """The name of a role, empty for no role."""
        role = self.find_role(role_id)
        return role.pretty_name if role else ""

    def is_protected(self, role_id: str) -> bool:
        """Whether only the Gateway gives and takes this role."""
        return self.pretty_name(role_id) in self.switches["protected_roles"]

    def put_role(self, role: Role) -> None:
        """Store a role, new or changed."""
        self._roles[role.role_id] = role

    def delete_role(self, role_id: str) -> None:
        """Delete a role that nobody has."""
        del self._roles[role_id]

    # --- users and groups ------------------------------------------------------------------

    def find_user(self, email: str) -> User | None:
        """The user with this address, without regard to case."""
        return self.users.get(email.lower())

    def put_user(self, user: User) -> None:
        """Store a user, new or changed."""
        self.users[user.key] = user

    def memberships(self) -> Mapping[str, list[Group]]:
        """The groups that each user is in, directly or through the IdP."""
        groups: dict[str, list[Group]] = {key: [] for key in self.users}
        for group in self.groups.values():
            for key in group.members:
                groups[key].append(group)
        return groups

    def find_group(self, name: str) -> Group | None:
        """The group of this name."""
        return next((group for group in self.groups.values() if group.name == name), None)

    def new_group_id(self) -> str:
        """An id that no group had before."""
        return f"{uuid.uuid4()}_{next(self._group_numbers)}"

    def put_group(self, group: Group) -> None:
        """Store a group, new or changed."""
        self.groups[group.group_id] = replace(group, updated=self.clock())

    def delete_group(self, group_id: str) -> None:
        """Delete a group; those nested in it stay."""
        del self.groups[group_id]
        for group in self.groups.values():
            nested = tuple(each for each in group.nested if each != group_id)
            self.groups[group.group_id] = replace(group, nested=nested)

    def set_direct_groups(self, user: User, group_ids: Iterable[str]) -> None:
        """Make the user a direct member of exactly these groups; asserted memberships stay."""
        wanted = set(group_ids)
        for group in tuple(self.groups.values()):
            others = tuple(key for key in group.users if key != user.key)
            users = (*others, user.key) if group.group_id in wanted else others
            if set(users) != set(group.users):
                self.put_group(replace(group, users=users))

    # --- the control routes ----------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """See `scimbridge.simulation.simulator.SimulatedState.snapshot`."""
        with self.lock:
            return console.snapshot(self)

    def add_account(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """See `scimbridge.simulation.simulator.SimulatedState.add_account`."""
        with self.lock:
            return console.add_account(self, spec)

    def add_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        """See `scimbridge.simulation.simulator.SimulatedState.add_grant`."""
        with self.lock:
            console.change_grant(self, account, kind, entitlement, held=True)

    def remove_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        """See `scimbridge.simulation.simulator.SimulatedState.remove_grant`."""
        with self.lock:
            console.change_grant(self, account, kind, entitlement, held=False)
