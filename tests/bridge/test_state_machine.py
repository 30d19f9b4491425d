"""An IdP, an administrator, the network and time do what they like; the model says what must hold.

What was answered with 2xx is so at the vendor at once. What was answered with "later" is so when
the vendor is well again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from scimbridge.errors import VendorError
from scimbridge.simulation.faults import Fault
from tests.bridge.life import SETTLES_S, Life
from tests.bridge.modelled import FAULTS, METHODS, MODELLED, Modelled
from tests.bridge.timeless import TimelessWorld, patch_op
from tests.bridge.wishes import Group, User

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
PICK = st.integers(0, 10**6)
"""Chooses one of however many there are."""


class Provisioning(Life):
    """One example is one life of a directory."""

    def teardown(self) -> None:
        self.settle()

    # --- what an IdP asks for --------------------------------------------------------------

    @precondition(lambda self: self.vendor.creates)
    @rule()
    def create_user(self) -> None:
        self.post(User(self.new_name()))

    @rule(by_hand=st.sets(st.integers(0, 1)))
    def adopt_user(self, by_hand: set[int]) -> None:
        user = User(self.new_name())
        self.add_account(user, {self.by_hand(each) for each in by_hand})
        self.post(user)

    @precondition(lambda self: not self.vendor.creates)
    @rule()
    def create_a_user_without_an_account(self) -> None:
        self.post(User(self.new_name(), has_account=False))

    @precondition(lambda self: self.former)
    @rule(pick=PICK)
    def create_a_user_again(self, pick: int) -> None:
        self.post(User(self.former.pop(pick % len(self.former))))

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
    @rule(pick=PICK, has_account=st.booleans())
    def rename_user(self, pick: int, has_account: bool) -> None:
        user, name = self.one(pick), self.new_name()
        change = {"op": "replace", "path": "userName", "value": name}
        left = [] if self.vendor.creates or not user.has_account else [user.name]
        if not self.vendor.creates and has_account:
            self.add_account(User(name), set())

        def apply() -> None:
            user.name = name
            if not self.vendor.creates:
                user.has_account = has_account

        if self.ask("PATCH", f"/Users/{user.id}", patch_op(change), [user], apply):
            self.expect_nothing_of(left)
            self.former += left
        else:
            self.retiring += left

    @precondition(lambda self: self.present())
    @rule(pick=PICK)
    def delete_user(self, pick: int) -> None:
        user = self.one(pick)

        def apply() -> None:
            user.leaving = True
            for group in self.groups:
                group.members = [each for each in group.members if each is not user]

        if self.ask("DELETE", f"/Users/{user.id}", None, [], apply):
            left = self.forget(user)
            assert left or user.name not in self.world.logins()
            self.expect_nothing_of(left)
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

    @precondition(lambda self: self.free_names())
    @rule(pick=PICK, picks=st.sets(PICK, max_size=3))
    def create_group(self, pick: int, picks: set[int]) -> None:
        name = self.free_names()[pick % len(self.free_names())]
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
            shown = self.shown_in(group)
            touched = self.touched([user for user in members if user not in shown], group.name)
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
        before, free = group.name, self.free_names()
        name = free[pick % len(free)] if renames and free else before
        body = {"displayName": name, "members": [{"value": user.id} for user in members]}
        shown, mapped = self.shown_in(group), self.vendor.groups

        def is_looked_at(user: User) -> bool:
            gains = user in members and name in mapped
            loses = user in [*shown, *group.members] and before in mapped
            stays = user in members and user in shown and name == before
            return (gains or loses) and not stays

        touched = [user for user in self.users if is_looked_at(user)]

        def apply() -> None:
            group.name, group.members = name, members

        done = self.ask("PUT", f"/Groups/{group.id}", body, touched, apply)
        if not done and name != before:
            self.given_up.add(before)

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

    @precondition(lambda self: any(not user.has_account for user in self.users))
    @rule(pick=PICK, by_hand=st.sets(st.integers(0, 1)))
    def sign_in(self, pick: int, by_hand: set[int]) -> None:
        found = [user for user in self.users if not user.has_account]
        user = found[pick % len(found)]
        user.has_account, user.seen = True, False
        self.add_account(user, {self.by_hand(each) for each in by_hand})

    @precondition(lambda self: not self.vendor.creates)
    @rule()
    def look_at_the_vendor(self) -> None:
        with suppress(VendorError):
            self.world.look()

    @precondition(lambda self: self.known())
    @rule(pick=PICK, which=st.integers(0, 1), gives=st.booleans())
    def change_access_by_hand(self, pick: int, which: int, gives: bool) -> None:
        found = self.known()
        user, item = found[pick % len(found)], self.by_hand(which)
        account, state = self.world.account(user.name)["native_id"], self.world.simulator.state
        if gives:
            state.add_grant(account, *item.split(":"))
            user.by_hand.add(item)
        elif item in user.by_hand:
            state.remove_grant(account, *item.split(":"))
            user.by_hand.discard(item)
        self.world.advance(SETTLES_S)

    @precondition(lambda self: self.vendor.by_idp and self.known())
    @rule(pick=PICK)
    def join_a_group_of_the_idp(self, pick: int) -> None:
        self.have_idp_assert(self.known()[pick % len(self.known())].name, member=True)

    @precondition(lambda self: self.asserted)
    @rule(pick=PICK)
    def leave_a_group_of_the_idp(self, pick: int) -> None:
        login = sorted(self.asserted)[pick % len(self.asserted)]
        self.have_idp_assert(login, member=False)

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
        for login in sorted(self.asserted):
            self.have_idp_assert(login, member=False)
        self.world.heal()
        self.given_up.clear()
        self.former += self.retiring
        self.retiring.clear()
        if not self.vendor.creates:
            self.world.look()
            self.world.heal()
        for user in [user for user in self.users if user.leaving]:
            self.forget(user)
        self.groups = [group for group in self.groups if not group.leaving]
        for user in self.users:
            user.settled = user.seen = True
            if user.id is None:
                found = self.world.get(f'/Users?filter=userName eq "{user.name}"')
                user.id = found["Resources"][0]["id"]
        self.assert_all_is_as_wanted()


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
