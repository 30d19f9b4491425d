"""Groups of many: they are worked on some people at a time, so that what is done stays done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from scimbridge.connectors.interface import Assignment
from scimbridge.directory import resources
from scimbridge.errors import TemporarilyUnavailable, VendorUnavailable
from scimbridge.provisioning import converge
from tests.provisioning.conftest import CALLER, Bench, Opener
from tests.provisioning.fake_vendor import PLAIN, FakeVendor


@pytest.fixture
def bench(open_bench: Opener) -> Bench:
    """With a deadline that no test comes near; whose write failed is in doubt at this vendor."""
    return open_bench(replace(PLAIN, dependent_kinds=frozenset({"site"})), deadline_s=600)


def crowd(bench: Bench, size: int) -> list[str]:
    """The ids of so many users, whom the bridge found at the vendor."""
    for number in range(size):
        native_id = f"x{number}"
        bench.vendor.make(native_id, f"u{number}@example.com")
    bench.provider.observer.observe()
    with bench.directory.read() as connection:
        return [str(row.scim_id) for row in resources.visible(connection, "t", "User")]


class Grants:
    """How many were given something by each call, of which the ``failing`` one changes nothing."""

    def __init__(self, bench: Bench, failing: int | None = None) -> None:
        self.sizes: list[int] = []
        self._vendor = bench.vendor
        self._failing = failing
        bench.vendor.__dict__["grant"] = self

    def __call__(self, assignments: Sequence[Assignment]) -> None:
        self.sizes.append(len(assignments))
        if len(self.sizes) == self._failing:
            raise VendorUnavailable("no time was left")
        FakeVendor.grant(self._vendor, assignments)


def test_what_was_done_for_some_stays_done_when_the_vendor_fails_for_the_rest(
    bench: Bench,
) -> None:
    grants = Grants(bench, failing=2)
    members = crowd(bench, 120)

    with pytest.raises(TemporarilyUnavailable):
        bench.post_group("Readers", *members)
    assert grants.sizes == [100, 20]
    bench.recover()

    assert bench.pending() == []
    assert grants.sizes == [100, 20, 10, 10]  # of whom nothing is certain, ten have a pass


def test_no_pass_begins_after_the_deadline(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    grants = Grants(bench)
    members = crowd(bench, 120)
    monkeypatch.setattr(converge, "remaining", lambda: 0.0 if grants.sizes else 1.0)

    with pytest.raises(TemporarilyUnavailable, match="took too long"):
        bench.post_group("Readers", *members)
    assert grants.sizes == [100]
    assert not any(bench.row(member).dirty for member in members)
    monkeypatch.undo()
    bench.recover()

    assert grants.sizes == [100, 20]
    assert bench.pending() == []


def test_who_is_worked_on_by_others_does_not_hold_up_the_rest(bench: Bench) -> None:
    grants = Grants(bench)
    members = crowd(bench, 20)
    busy = [bench.row(member).pk for member in members[:15]]

    def lease(until: int) -> None:
        with bench.directory.write() as connection:
            for pk in busy:
                resources.change(connection, pk, lease_owner="other", lease_until=until)

    lease(bench.clock() + 10**6)
    object.__setattr__(bench.converger, "pause", lambda _seconds: lease(0))
    bench.post_group("Readers", *members)

    # They come last; the other one vanished, so that nothing is certain of them.
    assert grants.sizes == [5, 10, 5]


def test_who_leaves_a_large_group_is_seen_to_first(bench: Bench) -> None:
    members = crowd(bench, 140)
    old, new = members[120:], members[:120]
    group = bench.post_group("Readers", *old)
    calls = len(bench.vendor.calls)

    document = {"displayName": "Readers", "members": [{"value": each} for each in new]}
    bench.groups.replace(group, document, CALLER)

    assert bench.vendor.calls[calls:] == ["revoke", "grant", "grant"]
