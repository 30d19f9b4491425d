"""Renames at Falcon, where another account takes the place of the former one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scimbridge.simulation.faults import Fault
from tests.bridge.timeless import TimelessWorld, patch_op

JANE, BOSS, ROE = "jane@example.com", "boss@example.com", "roe@example.com"
READERS = {"Readers": ["role:falconhost_read_only"]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TimelessWorld]:
    """With an account that an administrator made, and gave a role."""
    world = TimelessWorld(tmp_path, READERS)
    world.begin()
    world.simulator.state.add_account({"user_name": BOSS, "roles": ["event_viewer"]})
    yield world
    world.close()


@pytest.fixture
def jane(world: TimelessWorld) -> str:
    """Somebody whom a group gives a role, and an administrator another one."""
    user = str(world.send("POST", "/Users", {"userName": JANE})[1]["id"])
    world.send("POST", "/Groups", {"displayName": "Readers", "members": [{"value": user}]})
    native_id = world.account(JANE)["native_id"]
    world.simulator.state.add_grant(native_id, "role", "dashboard_admin")
    return user


def rename(world: TimelessWorld, user: str, login: str) -> int:
    operation = patch_op({"op": "replace", "path": "userName", "value": login})
    return world.send("PATCH", f"/Users/{user}", operation)[0]


def test_an_account_that_a_rename_came_upon_stays_when_another_rename_follows(
    world: TimelessWorld, jane: str
) -> None:
    world.simulator.faults.add(Fault(method="DELETE", status=503), count=50)
    assert rename(world, jane, BOSS) == 429
    assert world.roles(BOSS) == {"event_viewer", "falconhost_read_only", "dashboard_admin"}

    world.simulator.faults.reset()
    assert rename(world, jane, ROE) == 200
    world.heal()

    assert JANE not in world.logins()
    assert world.roles(BOSS) == {"event_viewer"}
    assert world.roles(ROE) == {"falconhost_read_only", "dashboard_admin"}


def test_a_refused_rename_leaves_each_account_what_it_had_by_hand(
    world: TimelessWorld, jane: str
) -> None:
    world.simulator.faults.add(Fault(method="DELETE", status=400))

    assert rename(world, jane, BOSS) == 400
    world.heal()

    assert world.roles(BOSS) == {"event_viewer"}
    assert world.roles(JANE) == {"falconhost_read_only", "dashboard_admin"}
