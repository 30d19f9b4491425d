"""Several replicas on one PostgreSQL, and a database that goes away and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from scimbridge.app import Bridge, open_bridge
from scimbridge.simulation.server import serve
from tests.conftest import Scim, World, open_world
from tests.databases import Databases

pytestmark = pytest.mark.no_cover  # the same lines many times over

READER = {"falconhost_read_only"}


@pytest.fixture
def world(tmp_path: Path, databases: Databases) -> Iterator[World]:
    with (
        databases.open("postgresql", tmp_path) as url,
        open_world(tmp_path, database=url, deadline_s=20) as opened,
    ):
        yield opened


@contextmanager
def another_replica(world: World) -> Iterator[tuple[Scim, Bridge]]:
    with ExitStack() as stack:
        bridge = open_bridge(world.config, now=world.clock)
        stack.callback(bridge.directory.close)
        url = stack.enter_context(serve(bridge.app)).url
        yield replace(world.scim, base_url=f"{url}/falcon/scim/v2"), bridge


def test_of_equal_posts_at_two_replicas_one_creates_and_the_rest_conflict(world: World) -> None:
    with another_replica(world) as (other, _), ThreadPoolExecutor(12) as pool:
        clients = [world.scim, other] * 6
        body = {"userName": "jane@example.com"}
        answers = list(pool.map(lambda client: client("POST", "/Users", body), clients))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert world.vendor.calls().count("POST /user-management/entities/users/v1") == 1


def test_members_added_at_two_replicas_at_once_are_all_there(world: World) -> None:
    users = world.scim.create_users(48)
    group = world.scim.create_group("SEC Falcon Readers")

    with another_replica(world) as (other, _), ThreadPoolExecutor(16) as pool:
        clients = [world.scim, other] * 8
        answers = list(
            pool.map(lambda n: clients[n].add_members(group, *users[3 * n : 3 * n + 3]), range(16))
        )

    assert {answer.status_code for answer in answers} == {200}
    shown = world.scim("GET", f"/Groups/{group}").json()["members"]
    assert {member["value"] for member in shown} == set(users)
    assert all(world.vendor.roles(f"user{number}@example.com") == READER for number in range(48))


def test_what_one_replica_left_unfinished_the_other_one_finishes(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    world.scim.create_group("SEC Falcon Readers", user)
    world.vendor.fault("* /user-management/entities/user-role-actions/v1", status=500, count=9)
    answer = world.scim.set_active(user, False)
    assert answer.status_code == 429
    requests.delete(f"{world.vendor.url}/_sim/faults", timeout=5).raise_for_status()

    with another_replica(world) as (other, bridge):
        world.clock.advance(3600)
        bridge.providers["falcon"].operations.recover()

        assert world.vendor.roles("jane@example.com") == set()
        assert other("GET", f"/Users/{user}").json()["active"] is False


def test_while_the_database_restarts_writes_are_put_off_and_none_is_lost(
    world: World, databases: Databases
) -> None:
    users = world.scim.create_users(8)
    over = threading.Event()

    def insist(user: str) -> tuple[set[int], str]:
        """Change the user again and again; returns the statuses seen and the last title."""
        seen: set[int] = set()
        number = 0
        while not over.is_set() or number < 3:
            number += 1
            change = {"op": "replace", "path": "title", "value": f"T{number}"}
            answer = world.scim.patch(f"/Users/{user}", change)
            seen.add(answer.status_code)
            while answer.status_code != 200:
                assert int(answer.headers["Retry-After"]) >= 1
                time.sleep(0.01)
                answer = world.scim.patch(f"/Users/{user}", change)
                seen.add(answer.status_code)
        return seen, f"T{number}"

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(insist, user) for user in users]
        for _ in range(2):
            time.sleep(0.2)
            databases.server.stop()
            unready = requests.get(
                f"{world.scim.base_url.partition('/falcon')[0]}/readyz", timeout=9
            )
            databases.server.start()
        over.set()
        answers = [future.result() for future in asked]

    assert unready.status_code == 503
    assert set().union(*(seen for seen, _ in answers)) == {200, 429}
    shown = [world.scim("GET", f"/Users/{user}").json()["title"] for user in users]
    assert shown == [title for _, title in answers]
