"""The state of the simulated Falcon: one Flight Control tenant tree."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from scimbridge.connectors.falcon.simulator.flight_control import FlightControl
from scimbridge.connectors.falcon.simulator.grants import GrantBook
from scimbridge.connectors.falcon.simulator.rate_limit import RateLimiter
from scimbridge.connectors.falcon.simulator.records import (
    ApiClient,
    Grant,
    Group,
    Policy,
    Role,
    Tenant,
    Token,
    User,
)
from scimbridge.connectors.falcon.simulator.seed import Seed
from scimbridge.connectors.falcon.simulator.seed_policies import seeded_policies
from scimbridge.errors import ConfigError
from scimbridge.simulation.clock import Clock
from scimbridge.simulation.switches import Switches


class FalconState:
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
            self.tenants: dict[str, Tenant] = {each.cid: each for each in self._seed.tenants}
            self.clients: dict[str, ApiClient] = {
                each.client_id: each for each in self._seed.clients
            }
            self.tokens: dict[str, Token] = {}
            self.limiter = RateLimiter(self.clock)
            self.roles: dict[str, Role] = {each.role_id: each for each in self._seed.roles}
            self.users: dict[str, User] = {each.uuid: each for each in self._seed.users(now)}
            self._deleted: list[tuple[float, User]] = []
            self.flight_control = FlightControl(
                self._seed.user_groups(now), self._seed.cid_groups(now), self._seed.links(now)
            )
            self.policies = seeded_policies(now)
            self.grants = GrantBook(
                self._seed.grants(now), self.clock, self.switches, self._derived_grants
            )

    def _derived_grants(self, user_uuid: str) -> Iterable[Grant]:
        return self.flight_control.derived_grants(user_uuid)

    # --- tenants ---------------------------------------------------------------------------

    def children(self, cid: str) -> list[Tenant]:
        """The Flight Control children of a CID."""
        return [tenant for tenant in self.tenants.values() if tenant.parent == cid]

    def visible_cids(self, cid: str) -> set[str]:
        """The CIDs that a token of ``cid`` sees: its own and its children."""
        return {cid, *(child.cid for child in self.children(cid))}

    # --- users -----------------------------------------------------------------------------

    def find_by_uid(self, uid: str) -> User | None:
        """The user with this login, in whatever CID, without regard to case."""
        return next((user for user in self.users.values() if user.uid.lower() == uid.lower()), None)

    def create_user(self, uid: str, first_name: str, last_name: str, cid: str) -> User:
        """Store a new user, with a uuid of its own."""
        now = self.clock()
        user = User(str(uuid.uuid4()), cid, uid, first_name, last_name, now, now)
        self.users[user.uuid] = user
        return user

    def rename_user(self, user: User, first_name: str, last_name: str) -> User:
        """Store the user with other names."""
        renamed = replace(user, first_name=first_name, last_name=last_name, updated_at=self.clock())
        self.users[user.uuid] = renamed
        return renamed

    def delete_user(self, user: User) -> None:
        """Delete the user and all that it holds."""
        del self.users[user.uuid]
        self._deleted.append((self.clock(), user))
        self.flight_control.forget_user(user.uuid)
        self.grants.forget(user.uuid)

    def searched(self) -> list[User]:
        """The users that queries find: those that there were ``search_lag_s`` ago."""
        then = self.clock() - self.switches["search_lag_s"]
        late = [user for deleted_at, user in self._deleted if deleted_at > then]
        return [user for user in (*self.users.values(), *late) if user.created_at <= then]

    def grantable(self, role_id: str, user: User) -> bool:
        """Whether the user can be given the role.

        A custom role can be given to users only whose home CID owns it (Terraform provider #490).
        """
        role = self.roles.get(role_id)
        return role is not None and role.cid in (None, user.cid)

    # --- the control routes ----------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """See `scimbridge.simulation.simulator.SimulatedState.snapshot`.

        Being in a user group is a grant as well, of kind ``user-group``.
        """
        with self.lock:
            control = self.flight_control
            grants = [grant for uuid in self.users for grant in self.grants.current(uuid)]
            return {
                "accounts": [_account(user) for user in self.users.values()],
                "grants": [_grant(grant) for grant in grants]
                + [
                    {"account": uuid, "kind": "user-group", "entitlement": group.group_id}
                    for group in control.user_groups.values()
                    for uuid in group.members
                ],
                "groups": [_group("user-group", each) for each in control.user_groups.values()]
                + [_group("cid-group", each) for each in control.cid_groups.values()],
                "policies": [_policy(each) for each in self.policies.policies.values()],
                "links": [asdict(link) for link in control.links.values()],
                "roles": [asdict(role) for role in self.roles.values()],
            }

    def add_account(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """See `scimbridge.simulation.simulator.SimulatedState.add_account`."""
        with self.lock:
            uid, cid = spec.get("user_name"), spec.get("cid", self._seed.cid)
            if not isinstance(uid, str) or self.find_by_uid(uid):
                raise ConfigError(f"user_name {uid!r} is missing or taken; give a free login")
            if cid not in self.tenants:
                raise ConfigError(f"no cid {cid!r}; known: {', '.join(self.tenants)}")
            names = spec.get("given_name", ""), spec.get("family_name", "")
            user = self.create_user(uid, *names, cid)
            extras = {key: spec[key] for key in ("status", "user_type") if key in spec}
            self.users[user.uuid] = replace(user, **extras)
            for role_id in spec.get("roles", ()):
                self.add_grant(user.uuid, "role", role_id)
            return _account(self.users[user.uuid])

    def add_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        """See `scimbridge.simulation.simulator.SimulatedState.add_grant`."""
        self._change_grant(account, kind, entitlement, held=True)

    def remove_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        """See `scimbridge.simulation.simulator.SimulatedState.remove_grant`."""
        self._change_grant(account, kind, entitlement, held=False)

    def _change_grant(
        self, account: str, kind: str | None, entitlement: str, *, held: bool
    ) -> None:
        prefix, _, native_id = entitlement.rpartition(":")
        kind = kind or prefix or "role"
        with self.lock:
            user = self.users.get(account) or self.find_by_uid(account)
            if user is None:
                raise ConfigError(f"no account {account!r}; give a uuid or a login")
            known = {
                "role": set(self.roles),
                "user-group": set(self.flight_control.user_groups),
            }
            if native_id not in known.get(kind, set()):
                raise ConfigError(f"no {kind} {native_id!r}; known kinds: {', '.join(known)}")
            with self.grants.changing(user.uuid):
                if kind == "user-group":
                    self.flight_control.set_member(native_id, user.uuid, present=held)
                elif held:
                    self.grants.grant(Grant(user.uuid, user.cid, native_id))
                else:
                    self.grants.revoke(user.uuid, user.cid, native_id)


def _account(user: User) -> dict[str, Any]:
    return {
        "native_id": user.uuid,
        "user_name": user.uid,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "status": user.status,
        "cid": user.cid,
    }


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "account": grant.uuid,
        "kind": "role",
        "entitlement": grant.role_id,
        "cid": grant.cid,
        "direct": grant.direct,
        "expires_at": grant.expires_at,
    }


def _group(kind: str, group: Group) -> dict[str, Any]:
    return {
        "kind": kind,
        "native_id": group.group_id,
        "name": group.name,
        "description": group.description,
        "members": list(group.members),
    }


def _policy(policy: Policy) -> dict[str, Any]:
    return {**asdict(policy), "settings": sorted(policy.settings)}
