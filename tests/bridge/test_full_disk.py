"""The disk takes no more: real writes fail, because files may not grow beyond a limit."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bridge.timeless import TimelessWorld, patch_op

JANE = "jane@example.com"
DEACTIVATION = patch_op({"op": "replace", "path": "active", "value": False})


@contextmanager
def full_disk() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TimelessWorld]:
    world = TimelessWorld(tmp_path, {"SEC Analysts": {"role:falconhost_analyst"}})
    world.begin()
    yield world
    world.close()


@pytest.fixture
def jane(world: TimelessWorld) -> str:
    """An analyst."""
    _, user = world.send("POST", "/Users", {"userName": JANE})
    members = [{"value": user["id"]}]
    status, _ = world.send("POST", "/Groups", {"displayName": "SEC Analysts", "members": members})
    assert (status, world.roles(JANE)) == (201, {"falconhost_analyst"})
    return f"/Users/{user['id']}"


def test_what_cannot_be_recorded_is_not_begun_and_is_asked_for_again(
    world: TimelessWorld, jane: str
) -> None:
    with full_disk():
        status, answer = world.send("PATCH", jane, DEACTIVATION)

    assert status == 429
    assert "the directory did not answer" in answer["detail"]
    assert world.roles(JANE) == {"falconhost_analyst"}
    assert world.send("PATCH", jane, DEACTIVATION)[0] == 200
    assert world.roles(JANE) == set()


def test_what_can_still_be_read_is_answered(world: TimelessWorld, jane: str) -> None:
    with full_disk():
        assert world.get(jane)["userName"] == JANE


def test_what_was_done_but_could_not_be_recorded_is_not_reported_and_is_concluded_later(
    world: TimelessWorld, jane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = world.provider.operations.outcomes.target.connector
    revoke = type(connector).revoke
    disk = full_disk()

    def revoke_and_fill_the_disk(*arguments: Any) -> Any:
        done = revoke(*arguments)
        disk.__enter__()
        return done

    monkeypatch.setattr(type(connector), "revoke", revoke_and_fill_the_disk)
    status, _ = world.send("PATCH", jane, DEACTIVATION)
    disk.__exit__(None, None, None)
    monkeypatch.undo()

    assert status == 429
    assert world.get(jane)["active"] is True
    world.heal()
    assert world.get(jane)["active"] is False
    assert world.roles(JANE) == set()
    assert world.audit_is_whole()
