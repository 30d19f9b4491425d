"""Whoever is in an object that gives less counts towards the removal budget."""

from __future__ import annotations

import pytest

from scimbridge.errors import Forbidden
from tests.provisioning.conftest import Bench, Opener
from tests.provisioning.vendor_groups.conftest import managing_bench, note, shown


def keyed(bench: Bench, people: int) -> str:
    """A group of so many whose object gives its members two keys."""
    members = [bench.post_user(f"user{number}@example.com") for number in range(people)]
    group = bench.post_group("Hunters", *members)
    value = {"urn:t:Group": {"note": "of the house", "keys": ["front", "back"]}}
    bench.patch_group(group, {"op": "add", "value": value})
    return group


def test_who_is_in_an_object_that_gives_less_loses_access(open_bench: Opener) -> None:
    bench = managing_bench(open_bench, removal_budget_accounts=1, removal_budget_percent=0.0)
    group = keyed(bench, 2)

    for gone in ("keys", 'keys[value eq "front"]'):
        with pytest.raises(Forbidden, match=r"from 2 accounts|paused until an operator"):
            bench.patch_group(group, {"op": "remove", "path": f"urn:t:Group:{gone}"})

    assert shown(bench)["g1"].attributes["keys"] == ["front", "back"]
    assert bench.provider.pauses.standing().removals_paused_at is not None


def test_who_is_in_an_object_through_another_group_loses_access_with_it(
    open_bench: Opener,
) -> None:
    bench = managing_bench(open_bench, groups={"Chiefs": ("user-group:g1",)})
    group = keyed(bench, 1)
    bench.post_group("Chiefs", bench.post_user("chief@example.com"))

    bench.patch_group(group, {"op": "remove", "path": "urn:t:Group:keys"})

    assert bench.provider.pauses.standing().used == 2


def test_an_object_that_gives_more_or_is_described_otherwise_takes_from_nobody(
    open_bench: Opener,
) -> None:
    bench = managing_bench(open_bench, removal_budget_accounts=0, removal_budget_percent=0.0)
    group = keyed(bench, 1)

    bench.patch_group(group, {"op": "add", "path": "urn:t:Group:keys", "value": ["cellar"]})
    note(bench, group, None)

    assert shown(bench)["g1"].attributes == {"keys": ["front", "back", "cellar"]}
