"""Sites and asset groups of users, from both sides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from simulated_console import IRENE, LENA, MARA, PAT, SERVICE, TOMAS, Console

KINDS = ("sites", "asset_groups")
BOTH = pytest.mark.parametrize("kind", KINDS)


@BOTH
def test_a_list_replaces(kind: str) -> None:
    console = Console()
    path = f"/users/{TOMAS}/{kind}"

    assert console.call("PUT", path, [3, 1, 3]).ok
    assert console.ids(path) == [1, 3]

    assert console.call("PUT", path, []).ok
    assert console.ids(path) == []


@BOTH
def test_one_is_added_and_removed(kind: str) -> None:
    console = Console()
    path = f"/users/{TOMAS}/{kind}"
    console.call("PUT", path, [2])

    assert console.call("PUT", f"{path}/1").ok
    assert console.call("PUT", f"{path}/1").ok
    assert console.ids(path) == [1, 2]

    assert console.call("DELETE", f"{path}/2").ok
    assert console.ids(path) == [1]


@BOTH
def test_all_are_removed_and_that_twice(kind: str) -> None:
    console = Console()

    for _ in range(2):
        assert console.call("DELETE", f"/users/{MARA}/{kind}").ok
        assert console.ids(f"/users/{MARA}/{kind}") == []


@BOTH
@pytest.mark.parametrize("status", [200, 404])
def test_removing_what_is_not_held_has_the_status_of_the_switch(kind: str, status: int) -> None:
    console = Console(remove_unheld_status=status)

    assert console.call("DELETE", f"/users/{MARA}/{kind}/3").status_code == status


@BOTH
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_does_not_exist_is_neither_given_nor_taken(kind: str, method: str) -> None:
    console = Console(remove_unheld_status=200)

    assert console.call(method, f"/users/{MARA}/{kind}/99").status_code == 404
    assert console.call(method, f"/users/99/{kind}/1").status_code == 404


@BOTH
@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_id_refuses_the_whole_list(kind: str, status: int) -> None:
    console = Console(unknown_in_list_status=status)
    before = console.ids(f"/users/{TOMAS}/{kind}")

    assert console.call("PUT", f"/users/{TOMAS}/{kind}", [1, 99]).status_code == status
    assert console.call("PUT", f"/{kind}/1/users", [TOMAS, 99]).status_code == status
    assert console.ids(f"/users/{TOMAS}/{kind}") == before


@BOTH
@pytest.mark.parametrize("body", [{}, {"resources": [1]}, ["1"], [1.0], [True], 1, None])
def test_a_list_is_a_bare_array_of_numbers(kind: str, body: Any) -> None:
    console = Console()

    assert console.call("PUT", f"/users/{MARA}/{kind}", body).status_code == 400
    assert console.call("PUT", f"/{kind}/1/users", body).status_code == 400


@BOTH
@pytest.mark.parametrize("status", [400, 200])
def test_who_has_all_is_given_no_single_one(kind: str, status: int) -> None:
    console = Console(add_to_all_access_status=status)
    user_id = {"sites": IRENE, "asset_groups": LENA}[kind]

    assert console.call("PUT", f"/users/{user_id}/{kind}/1").status_code == status
    assert not console.simulator.state.users[user_id].sites.ids
    assert not console.simulator.state.users[user_id].asset_groups.ids


@BOTH
def test_a_list_for_who_has_all_is_ignored(kind: str) -> None:
    console = Console()
    user_id = {"sites": IRENE, "asset_groups": LENA}[kind]
    before = console.ids(f"/users/{user_id}/{kind}")

    assert console.call("PUT", f"/users/{user_id}/{kind}", [1]).ok
    assert console.call("PUT", f"/users/{user_id}/{kind}", [99]).ok

    assert console.ids(f"/users/{user_id}/{kind}") == before


@pytest.mark.parametrize(
    ("shown", "sites", "groups"), [("all", [1, 2, 3, 4], [1, 2, 3]), ("empty", [], [])]
)
def test_what_is_shown_of_who_has_all_is_a_switch(
    shown: str, sites: list[int], groups: list[int]
) -> None:
    console = Console(all_access_reads=shown)

    assert console.ids(f"/users/{IRENE}/sites") == sites
    assert console.ids(f"/users/{LENA}/asset_groups") == groups


@pytest.mark.parametrize(("rule", "status"), [("reject", 400), ("accept", 200)])
def test_a_site_owner_is_given_no_asset_groups(rule: str, status: int) -> None:
    console = Console(site_owner_asset_groups=rule)
    path = f"/users/{PAT}/asset_groups"

    assert console.call("PUT", path, [1]).status_code == status
    assert console.call("PUT", f"{path}/2").status_code == status
    assert console.call("PUT", f"/asset_groups/3/users/{PAT}").status_code == status
    assert console.call("PUT", "/asset_groups/3/users", [PAT]).status_code == status
    assert console.ids(path) == ([] if status == 400 else [1, 2, 3])
    assert console.call("PUT", path, []).ok
    assert console.call("PUT", f"/users/{PAT}/sites", [1]).ok


def test_the_users_of_a_site_are_shown_whole_and_without_administrators() -> None:
    shown = Console().get("/sites/2/users")["resources"]

    assert [user["login"] for user in shown] == [
        "mara.lind",
        "tomas.ruiz",
        "irene.okafor@example.com",
    ]


def test_the_users_of_an_asset_group_are_ids_administrators_included() -> None:
    assert Console().ids("/asset_groups/1/users") == [1, SERVICE, MARA, LENA]


def test_a_list_of_users_replaces_and_leaves_alone_who_has_all() -> None:
    console = Console()

    assert console.call("PUT", "/asset_groups/1/users", [TOMAS, LENA]).ok

    assert console.ids("/asset_groups/1/users") == [1, SERVICE, TOMAS, LENA]
    assert console.ids(f"/users/{TOMAS}/asset_groups") == [1, 2, 3]
    assert console.ids(f"/users/{MARA}/asset_groups") == []


def test_a_list_that_is_refused_for_one_user_changes_nobody() -> None:
    console = Console()

    assert console.call("PUT", "/asset_groups/2/users", [PAT, MARA]).status_code == 400

    assert console.ids(f"/users/{TOMAS}/asset_groups") == [2, 3]
    assert console.ids(f"/users/{MARA}/asset_groups") == [1]


def test_a_user_is_added_to_a_site_with_201() -> None:
    console = Console()

    answer = console.call("POST", "/sites/4/users", MARA)

    assert (answer.status_code, answer.json()["id"]) == (201, MARA)
    assert answer.headers["Location"].endswith(f"/api/3/sites/4/users/{MARA}")
    assert console.ids(f"/users/{MARA}/sites") == [1, 2, 4]


@pytest.mark.parametrize("body", [SERVICE, IRENE, 99, "3", [MARA], {"id": MARA}, True])
def test_who_cannot_be_added_to_a_site_is_400(body: Any) -> None:
    assert Console().call("POST", "/sites/4/users", body).status_code == 400


@BOTH
def test_a_user_is_removed_from_the_other_side(kind: str) -> None:
    console = Console()

    assert console.call("DELETE", f"/{kind}/1/users/{MARA}").ok

    assert 1 not in console.ids(f"/users/{MARA}/{kind}")
    assert console.call("DELETE", f"/{kind}/1/users/{MARA}").status_code == 404


class BothSides(RuleBasedStateMachine):
    """What is written from one side is read from the other."""

    users = st.sampled_from([MARA, TOMAS])
    groups = st.integers(1, 3)

    @initialize()
    def start(self) -> None:
        self.console = Console(remove_unheld_status=200)
        self.held = {(MARA, 1), (TOMAS, 2), (TOMAS, 3)}

    @rule(user=users, group=groups, side=st.booleans())
    def add(self, user: int, group: int, side: bool) -> None:
        assert self.console.call("PUT", self._path(user, group, side)).ok
        self.held.add((user, group))

    @rule(user=users, group=groups, side=st.booleans())
    def remove(self, user: int, group: int, side: bool) -> None:
        assert self.console.call("DELETE", self._path(user, group, side)).ok
        self.held.discard((user, group))

    @rule(user=users, wanted=st.sets(groups))
    def replace_of_user(self, user: int, wanted: set[int]) -> None:
        assert self.console.call("PUT", f"/users/{user}/asset_groups", sorted(wanted)).ok
        self.held = {pair for pair in self.held if pair[0] != user} | {(user, g) for g in wanted}

    @rule(group=groups, wanted=st.sets(users))
    def replace_of_group(self, group: int, wanted: set[int]) -> None:
        assert self.console.call("PUT", f"/asset_groups/{group}/users", sorted(wanted)).ok
        self.held = {pair for pair in self.held if pair[1] != group} | {(u, group) for u in wanted}

    @rule(user=users)
    def replace_user(self, user: int) -> None:
        assert self.console.replace(user).ok
        self.held = {pair for pair in self.held if pair[0] != user}

    @invariant()
    def both_sides_agree(self) -> None:
        from_users = {
            (user, group)
            for user in (MARA, TOMAS)
            for group in self.console.ids(f"/users/{user}/asset_groups")
        }
        from_groups = {
            (user, group)
            for group in (1, 2, 3)
            for user in self.console.ids(f"/asset_groups/{group}/users")
            if user in (MARA, TOMAS)
        }
        assert from_users == from_groups == self.held

    @staticmethod
    def _path(user: int, group: int, side: bool) -> str:
        if side:
            return f"/asset_groups/{group}/users/{user}"
        return f"/users/{user}/asset_groups/{group}"


BothSides.TestCase.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)
TestBothSides = BothSides.TestCase
