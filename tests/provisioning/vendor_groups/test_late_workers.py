"""Workers that come to a group's object when others were there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scimbridge.connectors.interface import ManagedEntitlement
from scimbridge.directory import leases, resources
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import NotFound, TemporarilyUnavailable, VendorNotFound
from scimbridge.provisioning.vendor_groups import VendorGroups, dump_states
from tests.provisioning.conftest import CALLER, JANE, Bench, once
from tests.provisioning.vendor_groups.conftest import note, objects, post_with, shown


def test_what_a_late_worker_sets_after_it_was_taken_away_is_taken_away_again(
    managing: Bench,
) -> None:
    group = managing.post_group("Hunters")
    once(managing, "update_entitlement", lambda: note(managing, group, None))

    note(managing, group, "at night")
    assert managing.pending() == ["repair"]
    managing.recover()

    assert shown(managing)["g1"].attributes == {}
    assert "urn:t:Group" not in managing.shown("Groups", group)
    assert managing.pending() == []


def test_what_a_late_worker_takes_after_it_was_set_is_set_again(managing: Bench) -> None:
    group = post_with(managing, "Hunters", note="at night")
    once(managing, "update_entitlement", lambda: note(managing, group, "at night"))

    note(managing, group, None)
    managing.recover()

    assert shown(managing)["g1"].attributes == {"note": "at night"}
    assert managing.pending() == []


def test_a_worker_that_is_late_for_a_group_that_is_gone_leaves_no_trace(managing: Bench) -> None:
    group = managing.post_group("Hunters")

    def end() -> None:
        managing.groups.delete(group, CALLER)
        raise VendorNotFound("no group g1")

    once(managing, "update_entitlement", end)
    with pytest.raises(NotFound, match="another request"):
        note(managing, group, "at night")

    assert shown(managing) == {}
    assert managing.pending() == []


def lease(bench: Bench, monkeypatch: pytest.MonkeyPatch, before: Callable[[], object]) -> list[int]:
    """Have something happen just before the next lease; how long leases last, in ms."""
    take, lasting = leases.take, []

    def taken(connection: Any, pks: Any, *, owner: str, now: int, until: int) -> list[int]:
        lasting.append(until - now)
        return take(connection, pks, owner=owner, now=now, until=until)

    lease_of = VendorGroups._lease

    def late(self: VendorGroups, row: ResourceRow, seconds: float) -> ResourceRow:
        monkeypatch.setattr(VendorGroups, "_lease", lease_of)
        before()
        return lease_of(self, row, seconds)

    monkeypatch.setattr(leases, "take", taken)
    monkeypatch.setattr(VendorGroups, "_lease", late)
    return lasting


def test_the_lease_outlives_the_deadline(managing: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    lasting = lease(managing, monkeypatch, lambda: None)

    managing.post_group("Hunters")

    assert lasting == [400 + 1000 * leases.LEASE_MARGIN_S]


def test_a_group_deleted_before_the_lease_is_left_to_the_deletion(
    managing: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = managing.post_group("Hunters", managing.post_user())

    def delete() -> None:
        with managing.failing("revoke"), pytest.raises(TemporarilyUnavailable):
            managing.groups.delete(group, CALLER)

    lease(managing, monkeypatch, delete)
    with managing.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        note(managing, group, "at night")
    assert objects(managing) == {"Hunters"}
    managing.recover()

    assert objects(managing) == set()
    assert managing.vendor.roles(JANE) == set()


def test_what_was_done_before_the_lease_is_not_done_again(
    managing: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = managing.post_group("Hunters")
    pk = managing.row(group).pk

    def finish() -> None:
        with managing.directory.write() as connection:
            done = dump_states([ManagedEntitlement("Hunters", {"note": "at night"})])
            resources.change(connection, pk, observed=done)

    lease(managing, monkeypatch, finish)
    managing.vendor.calls.clear()
    note(managing, group, "at night")

    assert "update_entitlement" not in managing.vendor.calls
    assert managing.pending() == []
