"""The state of the simulated console."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scimbridge.connectors.insightvm.simulator import by_hand, seed
from scimbridge.connectors.insightvm.simulator.records import (
    AssetCollection,
    AuthenticationSource,
    Kind,
    Role,
    User,
)
from scimbridge.simulation.clock import Clock
from scimbridge.simulation.switches import Switches


class ConsoleState:
    """Everything that the simulated console knows.

    ``lock`` is held for the whole of a request; the methods of the control routes take it too.
    """

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.switches = switches
        self.reset()

    def reset(self) -> None:
        """See `scimbridge.simulation.simulator.SimulatedState.reset`."""
        with self.lock:
            self.sources: dict[int, AuthenticationSource] = {
                each.source_id: each for each in seed.SOURCES
            }
            self.roles: dict[str, Role] = {each.role_id: each for each in seed.ROLES}
            self.collections: dict[Kind, dict[int, AssetCollection]] = {
                kind: {each.collection_id: each for each in collections}
                for kind, collections in seed.COLLECTIONS.items()
            }
            self.users: dict[int, User] = {}
            self._ids_by_login: dict[str, set[int]] = {}
            for user in seed.users():
                self.save(user)
            self._next_id = max(self.users) + 1

    # --- users -----------------------------------------------------------------------------

    def take_user_id(self) -> int:
        """An id that no user has or ever had."""
        self._next_id += 1
        return self._next_id - 1

    def find_user(self, login: str) -> User | None:
        """The user with this login, without regard to case but for ``login_case_sensitive``."""
        found = (self.users[each] for each in self._ids_by_login.get(login.lower(), ()))
        exact = self.switches["login_case_sensitive"]
        return next((user for user in found if user.login == login or not exact), None)

    def save(self, user: User) -> None:
        """Store the user, new or changed."""
        if user.user_id in self.users:
            self._forget_login(self.users[user.user_id])
        self.users[user.user_id] = user
        self._ids_by_login.setdefault(user.login.lower(), set()).add(user.user_id)

    def delete(self, user: User) -> None:
        """Delete the user with all access."""
        self._forget_login(user)
        del self.users[user.user_id]

    def count_failure(self, user: User) -> None:
        """Remember a wrong password, and lock the account when there were too many."""
        failures, limit = user.failures + 1, self.switches["lockout_after"]
        self.save(replace(user, failures=failures, locked=bool(limit) and failures >= limit))

    def _forget_login(self, user: User) -> None:
        self._ids_by_login[user.login.lower()].discard(user.user_id)

    # --- the control routes ----------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """See `scimbridge.simulation.simulator.SimulatedState.snapshot`."""
        with self.lock:
            return by_hand.snapshot(self)

    def add_account(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """See `scimbridge.simulation.simulator.SimulatedState.add_account`."""
        with self.lock:
            return by_hand.add_account(self, spec)

    def add_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        """See `scimbridge.simulation.simulator.SimulatedState.add_grant`."""
        with self.lock:
            by_hand.change_grant(self, account, kind, entitlement, held=True)

    def remove_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        """See `scimbridge.simulation.simulator.SimulatedState.remove_grant`."""
        with self.lock:
            by_hand.change_grant(self, account, kind, entitlement, held=False)
