"""What the state machine wants of the bridge by now, and how it asks and looks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from tests.bridge.modelled import Modelled
from tests.bridge.timeless import TimelessWorld
from tests.bridge.wishes import Group, User

SETTLES_S = 100
"""Longer than a vendor may show what was changed as it was before."""


class Life(RuleBasedStateMachine):
    """One life of a directory: what is wanted, and what must hold then. The rules are elsewhere."""

    def __init__(self, world: TimelessWorld, vendor: Modelled) -> None:
        super().__init__()
        self.world = world
        self.vendor = vendor
        self.names = (*vendor.groups, "Lunch")
        world.begin()
        self.seeded = set(self.world.logins())
        self.users: list[User] = []
        self.groups: list[Group] = []
        self.former: list[str] = []
        """The logins of the accounts that are left of people who are not provisioned any more."""
        self.retiring: list[str] = []
        """The logins of accounts that a renaming leaves which is not carried out yet."""
        self.asserted: set[str] = set()
        """The logins of those to whom an IdP gives something past the bridge."""
        self.given_up: set[str] = set()
        """Names of groups that a renaming leaves which is not carried out yet: SCIM shows them."""
        self.numbers = count()

    # --- what must hold --------------------------------------------------------------------

    def assert_all_is_as_wanted(self) -> None:
        logins = [login for login in self.world.logins() if login not in self.seeded]
        present = [user.name for user in self.users if user.has_account]
        assert sorted(logins) == sorted([*present, *self.former])
        self.expect(self.users)
        self.expect_nothing_of(self.former)
        links = self.world.links()
        native_ids = {name: self.world.account(name)["native_id"] for name in present}
        names = {user.name for user in self.users}
        assert {name: id for name, id in links.items() if name in names} == native_ids
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
            shown = self.world.get(f"/Users/{user.id}")
            assert (shown["userName"], shown["active"]) == (user.name, user.active)
            if not user.has_account:
                assert user.name not in self.world.logins()
                continue
            names = [group.name for group in self.groups if user in group.members]
            extra = self.vendor.by_idp if user.name in self.asserted else None
            by_hand = {*user.by_hand, *(extra or ())[:1]}
            wanted = self.vendor.wanted(names, by_hand, active=user.active)
            held, account = self.world.held(user.name), self.world.account(user.name)
            if not user.seen:
                assert wanted is None or not user.active or held <= wanted, user
                continue
            assert wanted is None or held == wanted, user
            assert account.get("enabled", account.get("active", user.active)) == user.active
            assert account.get("given_name", account.get("name")) == user.given_name

    def expect_nothing_of(self, logins: list[str]) -> None:
        """These accounts let nobody do anything."""
        for login in logins:
            assert self.world.held(login) == set()
            assert self.world.account(login)["active"] is False

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
        # What the bridge cannot take is not answered as if it were gone.
        assert status < 300 or status in (429, 500, *[501] * bool(self.asserted)), answer
        wanted_before = [self.wishes(user) for user in touched]
        apply()
        # Whoever is asked to be inactive is looked for each time; to stay in a group asks nothing.
        is_theirs = path.startswith("/Users/")
        for user, wishes in zip(touched, wanted_before, strict=True):
            user.settled = status < 300
            if user.settled and (wishes != self.wishes(user) or (is_theirs and not user.active)):
                user.seen = True
        if status < 300:
            self.expect(touched)
            return True
        # What is recorded already is waited for, and not recorded again.
        assert self.world.intents() > before or self.world.unfinished(), answer
        told = ("managed by the IdP",) if status == 501 else ("is recorded", "goes on")
        assert any(each in answer["detail"] for each in told), answer
        return False

    def wishes(self, user: User) -> tuple[object, ...]:
        """All that the vendor is wanted to have of somebody: what changes nothing of it need not
        look at anybody. Groups that give nothing there are none of it.
        """
        names = [group.name for group in self.groups if user in group.members]
        names = sorted(name for name in names if name in self.vendor.groups)
        return user.name, user.given_name, user.active, names

    def touched(self, users: list[User], *names: str) -> list[User]:
        """Of the members of a group of these names, those whose accounts are looked at."""
        return users if any(name in self.vendor.groups for name in names) else []

    def shown_in(self, group: Group) -> list[User]:
        """Those whom SCIM shows as members: whoever joined or left by what is done by now."""
        shown = self.world.get(f"/Groups/{group.id}").get("members", ())
        ids = {each["value"] for each in shown}
        return [user for user in self.present() if user.id in ids]

    def add_account(self, user: User, by_hand: set[str]) -> None:
        """Somebody makes an account by hand, or signs in."""
        user.by_hand |= by_hand
        state = self.world.simulator.state
        account = state.add_account({"user_name": user.name, **self.vendor.account})
        for each in sorted(by_hand):
            state.add_grant(account["native_id"], *each.split(":"))
        self.world.advance(SETTLES_S)

    def have_idp_assert(self, login: str, *, member: bool) -> None:
        """Somebody signs in, and the IdP says whether they are in its group."""
        assert self.vendor.by_idp is not None
        idp_groups = [self.vendor.by_idp[1]] if member else []
        spec = {"user_name": login, "jit": True, "idp_groups": idp_groups}
        self.world.simulator.state.add_account(spec)
        (self.asserted.add if member else self.asserted.discard)(login)
        self.world.advance(SETTLES_S)

    def forget(self, user: User) -> list[str]:
        """The deletion of this person was carried out; returns the login of what is left."""
        self.users.remove(user)
        left = [user.name] if user.has_account and not self.vendor.creates else []
        self.former += left
        return left

    def by_hand(self, pick: int) -> str:
        """One of the things that only an administrator gives."""
        return self.vendor.by_hand[pick % len(self.vendor.by_hand)]

    def new_name(self) -> str:
        return f"user{next(self.numbers)}@example.com"

    def free_names(self) -> list[str]:
        taken = {group.name for group in self.groups} | self.given_up
        return [name for name in self.names if name not in taken]

    def present(self) -> list[User]:
        return [user for user in self.users if user.id is not None and not user.leaving]

    def known(self) -> list[User]:
        """Those whose accounts are as the bridge left them."""
        return [
            user
            for user in self.present()
            if user.settled and user.active and user.has_account and user.seen
        ]

    def standing(self) -> list[Group]:
        return [group for group in self.groups if not group.leaving]

    def one(self, pick: int) -> User:
        return self.present()[pick % len(self.present())]

    def some(self, picks: set[int]) -> list[User]:
        present = self.present()
        if not present:
            return []
        return [present[number] for number in sorted({pick % len(present) for pick in picks})]
