"""What a changed mapping of groups takes counts towards the removal budget."""

from __future__ import annotations

import pytest

from scimbridge.connectors.interface import Entitlement
from scimbridge.errors import Forbidden
from tests.provisioning.conftest import CALLER, Bench, Opener
from tests.provisioning.removal_budget.conftest import OPERATOR, staff, used


def remapped(open_bench: Opener, bench: Bench, **groups: tuple[str, ...]) -> Bench:
    """The bridge started again with other ``groups`` in its configuration."""
    again = open_bench(
        vendor=bench.vendor, groups=groups, removal_budget_accounts=2, removal_budget_percent=0.0
    )
    again.recover(after_s=60)
    return again


def holding(bench: Bench, role: str) -> int:
    return sum(Entitlement("role", role) in held for held in bench.vendor.held.values())


def test_a_misspelt_group_in_the_configuration_takes_nothing_beyond_the_budget(
    open_bench: Opener, strict: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    strict.post_group("Analysts", *staff(strict, 3))

    again = remapped(open_bench, strict, Analystz=("role:analyst",))

    assert holding(again, "analyst") == 3
    assert again.pending() == []
    assert again.provider.pauses.standing().removals_paused_at is not None
    assert "3 accounts at t, where 0 of the 2" in caplog.text
    assert "correct [targets.t.groups]" in caplog.text


def test_a_change_of_the_mapping_that_was_held_is_made_at_the_start_after_resuming(
    open_bench: Opener, strict: Bench
) -> None:
    strict.post_group("Analysts", *staff(strict, 3))
    again = remapped(open_bench, strict)
    assert holding(remapped(open_bench, again), "analyst") == 3

    again.provider.pauses.resume(OPERATOR, allow=3)
    resumed = remapped(open_bench, again)

    assert holding(resumed, "analyst") == 0
    assert used(resumed) == 3


def test_a_change_of_the_mapping_that_takes_nothing_is_made_while_removals_are_paused(
    open_bench: Opener, strict: Bench
) -> None:
    users = staff(strict, 3)
    group = strict.post_group("Analysts", *users)
    with pytest.raises(Forbidden):
        strict.groups.delete(group, CALLER)

    again = remapped(open_bench, strict, Analysts=("role:analyst", "role:reader"))

    assert holding(again, "reader") == 3


def test_a_role_that_moves_to_another_group_of_the_same_people_is_not_counted(
    open_bench: Opener, strict: Bench
) -> None:
    users = staff(strict, 3)
    strict.post_group("Analysts", *users)
    strict.post_group("Nobody", *users)

    again = remapped(open_bench, strict, Nobody=("role:analyst",))

    assert holding(again, "analyst") == 3
    assert used(again) == 0
    assert again.provider.pauses.standing().removals_paused_at is None
