"""A vendor that is down for good, in whole or in part: how often it is called, and what follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scimbridge.simulation.faults import Fault
from tests.bridge.timeless import TimelessWorld, patch_op

ROLES = "/user-management/entities/user-role-actions/v1"
GIVEN = ("falconhost_read_only", "event_viewer")
PEOPLE = 6
CHANGES = 6
"""Of each person: an even number, so that the last one of a day differs from the first."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimelessWorld]:
    world = TimelessWorld(tmp_path_factory.mktemp("outage"), {})
    yield world
    world.close()


@pytest.fixture
def world(opened: TimelessWorld) -> TimelessWorld:
    opened.begin()
    return opened


def people(world: TimelessWorld) -> list[str]:
    """The ids of those whom the IdP has provisioned, while all was well."""
    found = []
    for number in range(PEOPLE):
        user = {"userName": f"user{number}@example.com", "name": {"givenName": "A"}}
        status, document = world.send("POST", "/Users", user)
        assert status == 201
        found.append(document["id"])
    world.simulator.log.clear()
    return found


def a_day(world: TimelessWorld, users: list[str]) -> set[int]:
    """Everybody gets another role again and again; the statuses of the answers."""
    return {give(world, user, GIVEN[change % 2]) for change in range(CHANGES) for user in users}


def give(world: TimelessWorld, user: str, role: str) -> int:
    change = {"op": "replace", "path": "roles", "value": [{"value": role}]}
    return world.send("PATCH", f"/Users/{user}", patch_op(change))[0]


def calls(world: TimelessWorld) -> int:
    """How often the vendor was called since this was asked last."""
    seen = len(world.simulator.log.requests())
    world.simulator.log.clear()
    return seen


OUTAGES = {
    "everything fails": Fault(status=503),
    "one route hangs": Fault("POST", ROLES, hang_s=3600),
    "one route is limited": Fault("POST", ROLES, status=429),
}


def ride_out(world: TimelessWorld, fault: Fault) -> tuple[int, int]:
    """The calls of a well day, and those of an ill one with five minutes of the background.

    Afterwards the vendor is well again, and what was asked for is done.
    """
    users = people(world)
    assert a_day(world, users) == {200}
    well = calls(world)
    world.simulator.faults.add(fault, count=10**6)
    assert a_day(world, users) == {429}
    for _ in range(30):
        world.advance(10)
        world.provider.operations.recover()
    ill = calls(world)
    world.heal()
    last = {GIVEN[(CHANGES - 1) % 2]}
    assert all(world.roles(f"user{number}@example.com") == last for number in range(PEOPLE))
    return well, ill


@pytest.mark.parametrize("fault", OUTAGES.values(), ids=OUTAGES)
def test_a_vendor_that_fails_is_called_a_fifth_more_at_most_and_then_all_is_done(
    world: TimelessWorld, fault: Fault
) -> None:
    well, ill = ride_out(world, fault)

    assert ill <= 1.2 * well


def test_while_the_vendor_is_down_the_idp_is_told_at_once_without_a_call(
    world: TimelessWorld,
) -> None:
    users = people(world)
    world.simulator.faults.add(Fault(hang_s=3600), count=10**6)
    assert a_day(world, users) == {429}
    breaker = world.provider.target.connector.breaker
    assert breaker.state == "open"
    calls(world)

    assert a_day(world, users) == {429}
    assert calls(world) == 0
    world.advance(30)
    assert breaker.state == "half-open"
    assert give(world, users[0], GIVEN[0]) == 429
    assert (calls(world), breaker.state) == (1, "open")

    world.simulator.faults.reset()
    world.advance(30)
    assert give(world, users[0], GIVEN[0]) == 200
    assert breaker.state == "closed"
