"""An IdP, an administrator, the network and time do what they like; the model says what must hold.

What was answered with 2xx is so at the vendor at once. What was answered with "later" is so when
the vendor is well again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from scimbridge.simulation.faults import Fault
from tests.bridge.modelled import FAULTS, METHODS, MODELLED, Modelled
from tests.bridge.timeless import TimelessWorld, patch_op
from tests.bridge.wishes import Group, User

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SETTLES_S = 100
"""Longer than a vendor may show what was changed as it was before."""
PICK = st.integers(0, 10**6)
"""Chooses one of however many there are."""


class Provisioning(RuleBasedStateMachine):
    """One example is one life of a directory."""

    def __init__(self, world: TimelessWorld, vendor: Modelled) -> None:
        super().__init__()
        self.world = world
        self.vendor = vendor
        self.names = (*vendor.groups, "Lunch")
        world.begin()
        self.seeded = set(self.world.logins())
        self.users: list[User] = []
        self.groups: list[Group] = []
        self.numbers = count()

    def teardown(self) -> None:
        self.settle()

    # --- what an IdP asks for --------------------------------------------------------------

    @rule()
    def create_user(self) -> None:
        self.post(User(self.new_name()))

    @rule(by_hand=st.sets(st.integers(0, 1)))
    def adopt_user(self, by_hand: set[int]) -> None:
        user = User(self.new_name(), by_hand={self.vendor.by_hand[each] for each in by_hand})
        state = self.world.simulator.state
        account = state.add_account({"user_name": user.name, **self.vendor.account})
        for each in sorted(user.by_hand):
            state.add_grant(account["native_id"], *each.split(":"))
        self.world.advance(SETTLES_S)
        self.post(user)

    @precondition(lambda self: any(user.id is None for user in self.users))
    @rule(pick=PICK)
    def repeat_a_create(self, pick: int) -> None:
        waiting = [user for user in self.users if user.id is None]
        user = waiting[pick % len(waiting)]
        self.users.remove(user)
        self.post(user)

    @precondition(lambda self: any(user.answered for user in self.present()))
    @rule(pick=PICK)
    def create_a_user_who_exists(self, pick: int) -> None:
        found = [user for user in self.present() if user.answered]
        user = found[pick % len(found)]
        before = self.world.intents()

        status, _ = self.world.send("POST", "/Users", {"userName": user.name.upper()})

        assert status == 409
        assert self.world.intents() == before

    @precondition(lambda self: self.present())
    @rule(pick=PICK, active=st.booleans())
    def set_active(self, pick: int, active: bool) -> None:
        user = self.one(pick)
        change = {"op": "replace", "path": "active", "value": active}

        def apply() -> None:
            user.active = active

        self.ask("PATCH", f"/Users/{user.id}", patch_op(change), [user], apply)

    @precondition(lambda self: self.present())
    @rule(pick=PICK, name=st.sampled_from("ABC"), active=st.booleans())
    def put_user(self, pick: int, name: str, active: bool) -> None:
        user = self.one(pick)
        body = {"userName": user.name, "name": {"givenName": name}, "active": active}

        def apply() -> None:
            user.given_name, user.active = name, active

        self.ask("PUT", f"/Users/{user.id}", body, [user], apply)

    @precondition(lambda self: self.present())
    @rule(pick=PICK)
    def rename_user(self, pick: int) -> None:
        user, name = self.one(pick), self.new_name()
        change = {"op": "replace", "path": "userName", "value": name}

        def apply() -> None:
            user.name = name

        self.ask("PATCH", f"/Users/{user.id}", patch_op(change), [user], apply)

    @precondition(lambda self: self.present())
    @rule(pick=PICK)
    def delete_user(self, pick: int) -> None:
        user = self.one(pick)

        def apply() -> None:
            user.leaving = True
            for group in self.groups:
                group.members = [each for each in group.members if each is not user]

        if self.ask("DELETE", f"/Users/{user.id}", None, [], apply):
            self.users.remove(user)
            assert user.name not in self.world.logins()
            assert self.world.send("GET", f"/Users/{user.id}")[0] == 404

    @precondition(lambda self: self.present())
    @rule(pick=PICK, name=st.sampled_from("ABC"))
    def patch_an_old_version(self, pick: int, name: str) -> None:
        user = self.one(pick)
        change = {"op": "replace", "path": "name.givenName", "value": name}
        before = self.world.intents()

        status, _ = self.world.send("PATCH", f"/Users/{user.id}", patch_op(change), version='W/"0"')

        assert status == 412
        assert self.world.intents() == before

    @precondition(lambda self: len(self.groups) < len(self.names))
    @rule(pick=PICK, picks=st.sets(PICK, max_size=3))
    def create_group(self, pick: int, picks: set[int]) -> None:
        name = self.free_name(pick)
        members = self.some(picks)
        body = {"displayName": name, "members": [{"value": user.id} for user in members]}
        status, answer = self.world.send("POST", "/Groups", body)
        if status == 201:
            self.groups.append(Group(name, answer["id"], members))
            self.expect(self.touched(members, name))
            return
        # The group is there, but its id is not known: the IdP repeats its request.
        assert status in (429, 500), answer
        self.world.heal()
        status, answer = self.world.send("POST", "/Groups", body)
        assert status == 201, answer
        self.groups.append(Group(name, answer["id"], members))

    @precondition(lambda self: self.standing())
    @rule(pick=PICK, picks=st.sets(PICK, min_size=1, max_size=4))
    def add_members(self, pick: int, picks: set[int]) -> None:
        group, members = self.standing()[pick % len(self.standing())], self.some(picks)
        value = [{"value": user.id} for user in members]
        change = {"op": "add", "path": "members", "value": value}

        def apply() -> None:
            group.members += [user for user in members if user not in group.members]

        if members:
            touched = self.touched(members, group.name)
            self.ask("PATCH", f"/Groups/{group.id}", patch_op(change), touched, apply)

    @precondition(lambda self: any(group.members for group in self.standing()))
    @rule(pick=PICK, who=PICK)
    def remove_member(self, pick: int, who: int) -> None:
        filled = [group for group in self.standing() if group.members]
        group = filled[pick % len(filled)]
        user = group.members[who % len(group.members)]
        change = {"op": "remove", "path": f'members[value eq "{user.id}"]'}

        def apply() -> None:
            group.members = [each for each in group.members if each is not user]

        touched = self.touched([user], group.name)
        self.ask("PATCH", f"/Groups/{group.id}", patch_op(change), touched, apply)

    @precondition(lambda self: self.standing())
    @rule(pick=PICK, picks=st.sets(PICK, max_size=3), renames=st.booleans())
    def put_group(self, pick: int, picks: set[int], renames: bool) -> None:
        group, members = self.standing()[pick % len(self.standing())], self.some(picks)
        name = (
            self.free_name(pick) if renames and len(self.groups) < len(self.names) else group.name
        )
        body = {"displayName": name, "members": [{"value": user.id} for user in members]}
        affected = [*members, *(user for user in group.members if user not in members)]
        touched = self.touched(affected, group.name, name)

        def apply() -> None:
            group.name, group.members = name, members

        self.ask("PUT", f"/Groups/{group.id}", body, touched, apply)

    @precondition(lambda self: self.standing())
    @rule(pick=PICK)
    def delete_group(self, pick: int) -> None:
        group = self.standing()[pick % len(self.standing())]
        touched = self.touched(group.members, group.name)

        def apply() -> None:
            group.members, group.leaving = [], True

        if self.ask("DELETE", f"/Groups/{group.id}", None, touched, apply):
            self.groups.remove(group)

    # --- what else happens -----------------------------------------------------------------

    @precondition(lambda self: any(user.settled and user.active for user in self.present()))
    @rule(pick=PICK, which=st.integers(0, 1), gives=st.booleans())
    def change_access_by_hand(self, pick: int, which: int, gives: bool) -> None:
        found = [user for user in self.present() if user.settled and user.active]
        user, item = found[pick % len(found)], self.vendor.by_hand[which]
        account, state = self.world.account(user.name)["native_id"], self.world.simulator.state
        if gives:
            state.add_grant(account, *item.split(":"))
            user.by_hand.add(item)
        elif item in user.by_hand:
            state.remove_grant(account, *item.split(":"))
            user.by_hand.discard(item)
        self.world.advance(SETTLES_S)

    @rule(
        fault=st.sampled_from(FAULTS),
        method=st.sampled_from(METHODS),
        times=st.sampled_from((1, 2, 9)),
    )
    def break_something(self, fault: Fault, method: str, times: int) -> None:
        self.world.simulator.faults.add(replace(fault, method=method), count=times)

    @precondition(lambda self: self.vendor.lags)
    @rule(lag=st.sampled_from((0.0, 30.0)))
    def have_reads_lag(self, lag: float) -> None:
        self.world.simulator.switches.set({"grants_lag_s": lag, "search_lag_s": lag})

    @rule(seconds=st.sampled_from((1, 40, 200)))
    def let_time_pass(self, seconds: int) -> None:
        self.world.advance(seconds)
        self.world.provider.operations.recover()

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule()
    def settle(self) -> None:
        """The vendor is well again and everything is due: now all of it must be as wanted."""
        self.world.heal()
        self.users = [user for user in self.users if not user.leaving]
        self.groups = [group for group in self.groups if not group.leaving]
        for user in self.users:
            user.settled = True
            if user.id is None:
                found = self.world.get(f'/Users?filter=userName eq "{user.name}"')
                user.id = found["Resources"][0]["id"]
        self.assert_all_is_as_wanted()

    # --- what must hold --------------------------------------------------------------------

    def assert_all_is_as_wanted(self) -> None:
        logins = [login for login in self.world.logins() if login not in self.seeded]
        assert sorted(logins) == sorted(user.name for user in self.users)
        self.expect(self.users)
        links = self.world.links()
        assert links == {
            user.name: self.world.account(user.name)["native_id"] for user in self.users
        }
        for group in self.groups:
            shown = self.world.get(f"/Groups/{group.id}")
            assert shown["displayName"] == group.name
            assert {each["value"] for each in shown.get("members", ())} == {
                user.id for user in group.members
            }
        assert self.world.audit_is_whole()

    def expect(self, users: list[User]) -> None:
        """Of these people, the vendor has and SCIM shows what is wanted."""
        for user in users:
            names = [group.name for group in self.groups if user in group.members]
            wanted = self.vendor.wanted(names, user.by_hand, active=user.active)
            assert wanted is None or self.world.held(user.name) == wanted, user
            shown, account = self.world.get(f"/Users/{user.id}"), self.world.account(user.name)
            assert (shown["userName"], shown["active"]) == (user.name, user.active)
            assert account.get("enabled", user.active) == user.active
            assert account.get("given_name", account.get("name")) == user.given_name

    # --- how it is done --------------------------------------------------------------------

    def post(self, user: User) -> None:
        body = {"userName": user.name, "name": {"givenName": user.given_name}}
        before = self.world.intents()
        status, answer = self.world.send("POST", "/Users", body)
        if status == 201:
            user.id, user.answered = answer["id"], True
            self.users.append(user)
            self.expect([user])
            return
        assert status in (429, 500), answer
        assert self.world.intents() > before or self.world.unfinished(), answer
        self.users.append(user)

    def ask(
        self, method: str, path: str, body: Any, touched: list[User], apply: Callable[[], None]
    ) -> bool:
        """Ask for a change that must be done now or later; returns whether it is done."""
        before = self.world.intents()
        status, answer = self.world.send(method, path, body)
        assert status < 300 or status in (429, 500), (status, answer)
        apply()
        for user in touched:
            user.settled = status < 300
        if status < 300:
            self.expect(touched)
            return True
        # What is recorded already is waited for, and not recorded again.
        assert self.world.intents() > before or self.world.unfinished(), answer
        assert "is recorded" in answer["detail"] or "goes on" in answer["detail"]
        return False

    def touched(self, users: list[User], *names: str) -> list[User]:
        """Of the members of a group of these names, those whose accounts are looked at."""
        return users if any(name in self.vendor.groups for name in names) else []

    def new_name(self) -> str:
        return f"user{next(self.numbers)}@example.com"

    def free_name(self, pick: int) -> str:
        free = [name for name in self.names if name not in {group.name for group in self.groups}]
        return free[pick % len(free)]

    def present(self) -> list[User]:
        return [user for user in self.users if user.id is not None and not user.leaving]

    def standing(self) -> list[Group]:
        return [group for group in self.groups if not group.leaving]

    def one(self, pick: int) -> User:
        return self.present()[pick % len(self.present())]

    def some(self, picks: set[int]) -> list[User]:
        present = self.present()
        if not present:
            return []
        return [present[number] for number in sorted({pick % len(present) for pick in picks})]


@pytest.mark.parametrize("vendor", MODELLED.values(), ids=list(MODELLED))
def test_what_is_answered_holds_and_what_is_recorded_comes(
    tmp_path: Path, vendor: Modelled
) -> None:
    world = TimelessWorld(tmp_path, vendor.groups, target=vendor.target)
    try:
        run_state_machine_as_test(
            lambda: Provisioning(world, vendor),
            settings=settings(
                max_examples=2000 if LONG else 4,
                stateful_step_count=50 if LONG else 20,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        world.close()
