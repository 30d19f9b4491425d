"""Soon after a change Falcon may show somebody's roles as they were before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bridge.timeless import TimelessWorld, patch_op

JANE = "jane@example.com"
LAG_S = 30.0
LATER_S = 120
"""When reads show all changes again."""


@dataclass(frozen=True)
class Person:
    """Jane, to whom somebody gave a role in the console."""

    world: TimelessWorld
    id: str

    def replace(self, path: str, value: object) -> None:
        operation = patch_op({"op": "replace", "path": path, "value": value})
        status, answer = self.world.send("PATCH", f"/Users/{self.id}", operation)
        assert status == 200, answer


@pytest.fixture
def jane(tmp_path: Path) -> Iterator[Person]:
    world = TimelessWorld(tmp_path, {})
    world.begin()
    world.simulator.state.add_account({"user_name": JANE, "roles": ["event_viewer"]})
    world.simulator.switches.set({"grants_lag_s": LAG_S})
    world.advance(LATER_S)
    status, answer = world.send("POST", "/Users", {"userName": JANE})
    assert status == 201, answer
    yield Person(world, answer["id"])
    world.close()


@pytest.fixture
def reactivated(jane: Person) -> Person:
    """Jane a moment after her reactivation, by which she was given her role back."""
    jane.replace("active", False)
    jane.world.advance(LATER_S)
    jane.replace("active", True)
    jane.world.advance(LAG_S / 2)
    return jane


def test_a_role_that_was_given_back_just_now_is_taken_by_a_deactivation(
    reactivated: Person,
) -> None:
    reactivated.replace("active", False)

    assert reactivated.world.roles(JANE) == set()


def test_a_role_that_was_given_back_just_now_is_given_back_again(reactivated: Person) -> None:
    reactivated.replace("active", False)
    reactivated.world.advance(LATER_S)

    reactivated.replace("active", True)

    assert reactivated.world.roles(JANE) == {"event_viewer"}


def test_a_second_rename_a_moment_later_keeps_what_was_given_by_hand(jane: Person) -> None:
    jane.replace("userName", "roe@example.com")

    jane.replace("userName", "moe@example.com")

    assert jane.world.roles("moe@example.com") == {"event_viewer"}


def test_when_reads_can_be_trusted_again_a_role_taken_by_hand_is_not_given_back(
    reactivated: Person,
) -> None:
    world = reactivated.world
    world.simulator.state.remove_grant(world.account(JANE)["native_id"], "role", "event_viewer")
    world.advance(LATER_S)
    reactivated.replace("active", False)

    reactivated.replace("active", True)

    assert world.roles(JANE) == set()


@pytest.mark.parametrize("deleted", ["by hand", "through the bridge"])
def test_an_account_that_a_search_still_shows_and_that_is_gone_binds_nobody(
    tmp_path: Path, deleted: str
) -> None:
    world = TimelessWorld(tmp_path, {})
    world.begin()
    world.simulator.switches.set({"search_lag_s": LAG_S})
    world.simulator.state.add_account({"user_name": JANE})
    world.advance(LATER_S)
    if deleted == "by hand":
        state = world.simulator.state
        state.delete_user(state.find_by_uid(JANE))
    else:
        (found,) = world.get(f'/Users?filter=userName eq "{JANE}"')["Resources"]
        assert world.send("DELETE", f"/Users/{found['id']}")[0] == 204

    status, answer = world.send("POST", "/Users", {"userName": JANE})

    assert status == 201, answer
    assert world.logins().count(JANE) == 1
    assert world.links()[JANE] == world.account(JANE)["native_id"]
    world.close()
