"""Whatever is done to an account, it has the access that was asked for, although a PUT drops it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from insightvm_console import MARA, Console, gives

from scimbridge.connectors.insightvm.connector import InsightVMConnector
from scimbridge.errors import PartialFailure, VendorError, VendorRejected, VendorUnavailable
from scimbridge.simulation.faults import Fault

ALL_SITES = {"global-admin", "Patch Coordinator", "Tagger"}
ALL_GROUPS = {"global-admin"}
USER = "/api/3/users/{id}"
ROLES = ("user", "security-manager", "site-admin", "global-admin", "Patch Coordinator")


@dataclass
class Model:
    """What an account should be, in the simplest words."""

    role: str = "security-manager"
    lists: dict[str, set[str]] = field(
        default_factory=lambda: {"site": {"1", "2"}, "asset-group": {"1"}}
    )
    fields: dict[str, Any] = field(default_factory=dict)

    def held(self) -> set[str]:
        own = {
            f"{kind}:{each}"
            for kind, ids in self.lists.items()
            for each in ids
            if self.takes(kind, self.role) and not self.forbids(kind, self.role)
        }
        return own | {f"role:{self.role}"}

    def takes(self, kind: str, role: str) -> bool:
        """Whether single ones of a kind mean something to an account of this role."""
        return role not in (ALL_SITES if kind == "site" else ALL_GROUPS)

    def forbids(self, kind: str, role: str) -> bool:
        return kind == "asset-group" and role == "site-admin"


class Life:
    """One account, its model, and what can happen to them."""

    def __init__(self, console: Console, *, access_by_hand: bool = True) -> None:
        console.simulator.reset()
        self.console = console
        self.connector: InsightVMConnector = self.console.connector(access_by_hand=access_by_hand)
        self.model = Model()

    def grant(self, *names: str) -> None:
        self._expect("grant", names, [each for each in names if not self._grant(each)])
        self.give_again()

    def revoke(self, *names: str) -> None:
        for name in names:
            kind, _, each = name.partition(":")
            if kind != "role":
                self.model.lists[kind].discard(each)
            elif self.model.role == each:
                self.model.role = "user"
        self._expect("revoke", names, [])
        self.give_again()

    def give_again(self) -> None:
        """As the bridge does after a failure or a change of role: the lists may be gone."""
        listed = [f"{kind}:{each}" for kind, ids in self.model.lists.items() for each in ids]
        if listed:
            refused = [
                each
                for each in listed
                if self.model.forbids(each.partition(":")[0], self.model.role)
            ]
            self._expect("grant", tuple(listed), refused)

    def change(self, name: str, value: str) -> None:
        account = self.connector.read_account(MARA)
        assert account is not None
        self.model.fields[name] = value
        wanted = replace(account, **{name: value})
        self._insist(lambda: self.connector.update_account(wanted, frozenset({name})))

    def password(self, value: str) -> None:
        account = self.connector.read_account(MARA)
        assert account is not None
        secret = replace(account, secrets={"password": value})
        self._insist(lambda: self.connector.update_account(secret, frozenset({"password"})))

    def active(self, value: bool) -> None:
        self.model.fields["active"] = value
        self._insist(lambda: self.connector.set_active(MARA, active=value))

    def fault(self, route: str, status: int, drop: bool, when: Any, count: int) -> None:
        """The next calls go wrong, so often that the connector may give up."""
        how: dict[str, Any] = {"drop": True} if drop else {"status": status}
        fault = Fault(method="PUT", route=route, when=when, **how)
        self.console.simulator.faults.add(fault, count=count)

    def _insist(self, act: Callable[[], None]) -> None:
        """Do as the bridge does with an intent: repeat it until it is done."""
        failed = False
        for _ in range(50):  # more than all faults of a sequence together
            with suppress(VendorUnavailable):
                act()
                break
            failed = True
            self.console.clock.advance(60)
        else:
            raise AssertionError("never done")
        if failed:
            self.give_again()

    def check(self) -> None:
        self.console.simulator.faults.clear()
        assert self.console.held(MARA) == self.model.held()
        account = self.connector.read_account(MARA)
        for name, value in self.model.fields.items():
            assert getattr(account, name) == value

    def _grant(self, name: str) -> bool:
        """Grant in the model; False if the console cannot have it."""
        kind, _, each = name.partition(":")
        model = self.model
        if kind == "role":
            if each != model.role and any(
                ids and model.forbids(listed, each) and model.takes(listed, model.role)
                for listed, ids in model.lists.items()
            ):
                return False
            model.role = each
        elif model.forbids(kind, model.role):
            return False
        else:
            model.lists[kind].add(each)
        return True

    def _expect(self, action: str, names: tuple[str, ...], refused: list[str]) -> None:
        assignments = gives(MARA, *names)
        failed: dict[Any, VendorError] = {}

        def act() -> None:
            failed.clear()
            try:
                getattr(self.connector, action)(assignments)
            except PartialFailure as partial:
                failed.update(partial.failures)
            transient = [each for each in failed.values() if isinstance(each, VendorUnavailable)]
            if transient:
                raise transient[0]

        self._insist(act)
        assert sorted(str(each.entitlement) for each in failed) == sorted(refused)
        assert all(isinstance(error, VendorRejected) for error in failed.values())


site_names = st.sampled_from(["site:1", "site:2", "site:3", "site:4"])
group_names = st.sampled_from(["asset-group:1", "asset-group:2", "asset-group:3"])
role_names = st.sampled_from([f"role:{each}" for each in ROLES])
lists = st.lists(site_names | group_names, min_size=1, max_size=5, unique=True).map(tuple)

operations = st.one_of(
    st.tuples(st.sampled_from(["grant", "revoke"]), role_names.map(lambda each: (each,)) | lists),
    st.tuples(
        st.just("change"),
        st.tuples(st.just("user_name"), st.sampled_from(["mara.lind", "mara.l", "ml"]))
        | st.tuples(st.just("display_name"), st.sampled_from(["Mara Lind", "M. L."]))
        | st.tuples(st.just("email"), st.sampled_from(["", "M.Lind@example.com"])),
    ),
    st.tuples(st.just("active"), st.tuples(st.booleans())),
    st.tuples(st.just("password"), st.just(("Correct-Horse-7",))),
    st.tuples(
        st.just("fault"),
        st.tuples(
            st.sampled_from([f"{USER}", f"{USER}/sites", f"{USER}/asset_groups", "*"]),
            st.just(503),
            st.booleans(),
            st.sampled_from(["before", "after"]),
            st.integers(1, 4),
        ),
    ),
)


@pytest.mark.parametrize(
    ("drops", "access_by_hand", "sequences"),
    [(True, True, 500), (False, True, 40), (True, False, 40)],
)
def test_after_any_sequence_access_is_what_was_asked_for(
    drops: bool, access_by_hand: bool, sequences: int
) -> None:
    console = Console(
        put_clears_access=drops
    )  # once, since making one takes longer than a sequence does

    @settings(max_examples=sequences, deadline=None)
    @given(st.lists(operations, min_size=1, max_size=5))
    def holds(steps: list[tuple[str, Any]]) -> None:
        life = Life(console, access_by_hand=access_by_hand)
        for name, arguments in steps:
            getattr(life, name)(*arguments)
        life.check()

    holds()


class Writers(Life):
    def give_again(self) -> None:
        """Not needed where no role swallows a list, and it would undo another one's removal."""


@pytest.mark.parametrize("attempt", range(3))
def test_writers_of_one_account_lose_nothing_of_each_other(attempt: int) -> None:
    life = Writers(Console())
    work = [
        lambda: life.grant("site:3"),
        lambda: life.change("display_name", "M. L."),
        lambda: life.grant("asset-group:2"),
        lambda: life.change("email", f"m{attempt}@example.com"),
        lambda: life.revoke("site:1"),
        lambda: life.grant("role:user"),
        lambda: life.password("Correct-Horse-7"),
        lambda: life.grant("site:4"),
    ]

    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(each) for each in work]:
            done.result()

    life.check()
