"""Each operation keeps what was planned for it, and what was sent to the vendor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from scimbridge.directory import passes, schema
from scimbridge.directory.passes import Pass
from tests.conftest import CORE_GROUP, World, open_world

CREATE = "/user-management/entities/users/v1"
FIND = "/user-management/queries/users/v1"
ROLES = "/user-management/entities/user-role-actions/v1"
JANE = "jane.of.tests@example.com"


def kept(world: Any, *, back: int = 0) -> list[Pass]:
    """The passes at the newest operation, or at one that was asked for before it."""
    newest = select(func.max(schema.operations.c.pk))
    with world.bridge.directory.read() as connection:
        return passes.of_operation(connection, connection.execute(newest).scalar_one() - back)


def calls(kept: Pass) -> list[tuple[str, int | None, int]]:
    return [
        (f"{each['method']} {each['route']}", each["status"], each["attempt"])
        for each in kept.calls
        if not each["route"].startswith("/oauth2")
    ]


def test_a_creation_keeps_its_plan_and_its_calls(world: World) -> None:
    world.scim.create_user(JANE)

    [only] = kept(world)
    assert calls(only) == [(f"GET {FIND}", 200, 1), (f"POST {CREATE}", 201, 1)]
    assert all(call["took_ms"] >= 0 <= call["after_ms"] for call in only.calls)
    assert world.clock() - 60_000 < only.began <= world.clock()
    [step] = only.steps
    assert step["step"].startswith(f"create {JANE} as ")


def test_calls_name_neither_people_nor_secrets(world: World) -> None:
    user = world.scim.create_user(JANE)["id"]
    world.scim.create_group("SEC Falcon Readers", user)
    world.scim.set_active(user, False)
    native_id = world.vendor.accounts()[JANE]["native_id"]
    with world.bridge.directory.read() as connection:
        told = "".join(connection.execute(select(schema.passes.c.calls)).scalars())

    assert CREATE in told
    for word in (JANE, native_id, user, world.config.targets["falcon"].vendor.client_id, "Bearer"):
        assert word not in told


def test_a_repeated_call_says_so(world: World) -> None:
    world.vendor.fault(f"GET {FIND}", status=503, count=1)

    world.scim.create_user(JANE)

    [only] = kept(world)
    assert calls(only)[:2] == [(f"GET {FIND}", 503, 1), (f"GET {FIND}", 200, 2)]


def test_members_of_a_group_are_planned_and_called_for_in_its_name(world: World) -> None:
    people = world.scim.create_users(2)

    world.scim.create_group("SEC Falcon Readers", *people)

    [only] = kept(world)
    assert only.steps_planned == 2
    assert all(each["step"].startswith("grant role:falconhost_read") for each in only.steps)
    assert calls(only) == [(f"POST {ROLES}", 200, 1)] * 2


def test_what_failed_and_what_was_not_reached_are_told_apart(world: World) -> None:
    first, second = (
        [{"value": "falconhost_analyst"}],
        [{"value": "falconhost_read_only"}],
    )
    user = world.scim.create_user(JANE, roles=first)["id"]
    world.vendor.fault(f"POST {ROLES}", status=503, count=50)

    world.scim.patch(f"/Users/{user}", {"op": "replace", "path": "roles", "value": second})

    [only] = kept(world)
    revoked, granted = only.steps
    assert revoked["step"].startswith("revoke role:falconhost_analyst")
    assert "503" in revoked["error"]
    assert granted["step"].startswith("grant role:falconhost_read_only")
    assert granted["left"]
    assert {status for _, status, _ in calls(only)} == {503}


def test_a_creation_that_is_refused_says_by_which_step(world: World) -> None:
    world.vendor.fault(f"POST {CREATE}", status=400, count=50)

    answer = world.scim("POST", "/Users", {"schemas": [], "userName": JANE})

    assert answer.status_code == 400
    [only] = kept(world)
    [step] = only.steps
    assert step["step"] == f"find or create {JANE}"
    assert step["error"]


def test_undoing_is_an_operation_with_calls_of_its_own(world: World) -> None:
    user = world.scim.create_user(JANE)["id"]

    assert world.scim.add_members(world.scim.create_group("SEC Broken"), user).status_code == 400

    [refused], [undone] = kept(world, back=1), kept(world)
    assert "no_such_role" in refused.steps[0]["error"]
    assert 400 in {status for _, status, _ in calls(refused)}
    assert all(each["step"].startswith("revoke") for each in undone.steps)
    assert undone.calls_made > 0


def test_a_change_that_needs_no_vendor_keeps_nothing(world: World) -> None:
    world.scim.create_group("Choir")

    assert kept(world) == []


def test_attempts_of_the_background_are_kept_up_to_some(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "KEPT_OF_ONE", 1)
    user = world.scim.create_user(JANE, roles=[{"value": "falconhost_read_only"}])["id"]
    world.vendor.fault("* *", status=503, count=1000)
    world.scim.set_active(user, False)
    [first] = kept(world)

    world.recover()

    [second] = kept(world)
    assert second.pk > first.pk
    assert second.began >= first.began + 3_600_000


def test_the_object_of_a_group_is_called_for_in_its_name(tmp_path: Path) -> None:
    policy = 'flight_control = true\nunmapped_groups = "create"'
    with open_world(tmp_path, policy=policy) as world:
        world.provider.observer.observe()
        world.scim("POST", "/Groups", {"schemas": [CORE_GROUP], "displayName": "Second Line"})

        [only] = kept(world)

    assert ("POST /mssp/entities/user-groups/v1", 200, 1) in calls(only)


def test_a_pass_is_written_with_what_it_led_to(world: World) -> None:
    world.scim.create_group("SEC Falcon Readers")
    transactions = watch(world)

    world.scim.create_user(JANE)

    [together] = [each for each in transactions if any("INTO passes" in word for word in each)]
    assert any(word.startswith("UPDATE operations") for word in together)
    assert any(word.startswith("INSERT INTO audit") for word in together)


def test_old_passes_are_thrown_away_in_the_background(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.scim.create_users(4)
    monkeypatch.setattr(passes, "KEPT", 2)
    monkeypatch.setattr(passes, "_MARGIN", 0)

    world.recover()

    with world.bridge.directory.read() as connection:
        assert connection.execute(select(func.count(schema.passes.c.pk))).scalar_one() == 2


def watch(world: World) -> list[list[str]]:
    """The statements of each transaction that is committed from now on."""
    transactions: list[list[str]] = []

    def watch_one(driver: Any, *_: Any) -> None:
        sent: list[str] = []

        def note(statement: str) -> None:
            if statement == "COMMIT":
                transactions.append(sent.copy())
            if statement in ("COMMIT", "ROLLBACK"):
                sent.clear()
            else:
                sent.append(statement)

        driver.set_trace_callback(note)

    # Those that are kept open would not be watched.
    world.bridge.directory.close()
    listen: Callable[..., None] = event.listen
    listen(world.bridge.directory.engine, "checkout", watch_one)
    return transactions
