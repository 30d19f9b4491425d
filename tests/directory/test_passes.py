"""Passes are kept for a while: a number of them, and not many of one operation."""

from __future__ import annotations

import pytest

from scimbridge.directory import passes
from scimbridge.directory.engine import Directory


def add(directory: Directory, operation: int, count: int = 1, steps: int = 0) -> None:
    with directory.write() as connection:
        for number in range(count):
            listed = [{"step": f"step {each}"} for each in range(steps)]
            passes.add(connection, operation, began=number, steps=listed, calls=[], calls_made=0)


def begun(directory: Directory, operation: int) -> list[int]:
    with directory.read() as connection:
        return [each.began for each in passes.of_operation(connection, operation)]


def test_the_steps_of_a_large_group_are_cut_off_and_counted(directory: Directory) -> None:
    add(directory, 1, steps=passes.MOST_STEPS + 5)

    with directory.read() as connection:
        [kept] = passes.of_operation(connection, 1)
    assert len(kept.steps) == passes.MOST_STEPS
    assert kept.steps_planned == passes.MOST_STEPS + 5


def test_an_operation_keeps_its_last_passes(directory: Directory) -> None:
    add(directory, 1, count=passes.KEPT_OF_ONE + 2)
    add(directory, 2)

    with directory.write() as connection:
        passes.trim(connection, 1)

    assert begun(directory, 1) == list(range(2, passes.KEPT_OF_ONE + 2))
    assert begun(directory, 2) == [0]


def test_old_passes_go_when_there_are_too_many(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "KEPT", 3)
    monkeypatch.setattr(passes, "_MARGIN", 2)

    def too_many() -> bool:
        with directory.read() as connection:
            return passes.too_many(connection)

    assert not too_many()
    add(directory, 1, count=5)
    assert not too_many()
    add(directory, 1)
    assert too_many()
    with directory.write() as connection:
        passes.prune(connection)

    assert begun(directory, 1) == [3, 4, 0]
    assert not too_many()
