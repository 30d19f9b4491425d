"""Objects that are there without an answered create: somebody else's, or a late one of ours."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scimbridge.connectors.interface import ManagedEntitlement
from scimbridge.directory import leases, resources
from scimbridge.directory.resources import ResourceRow
from scimbridge.directory.schema import resources as table
from scimbridge.errors import (
    InvalidValue,
    OutcomeUnknown,
    TemporarilyUnavailable,
    Uniqueness,
    VendorConflict,
    VendorRejected,
)
from tests.provisioning.conftest import JANE, Bench, Opener, once
from tests.provisioning.vendor_groups.conftest import managing_bench, objects, post_with, shown


def test_an_object_of_the_same_name_is_taken_for_the_group(managing: Bench) -> None:
    shown(managing)["g9"] = ManagedEntitlement("Hunters", {"colour": "red"})

    post_with(managing, "Hunters", managing.post_user(), note="at night")

    assert shown(managing)["g9"].attributes == {"colour": "red", "note": "at night"}
    assert managing.vendor.roles(JANE) == {"g9"}
    assert "create_entitlement" not in managing.vendor.calls


def test_a_refused_group_leaves_the_object_that_it_found_as_it_was(managing: Bench) -> None:
    found = ManagedEntitlement("Hunters", {"colour": "red"})
    shown(managing)["g9"] = found
    jane = managing.post_user()

    with managing.failing("grant", VendorRejected("full")), pytest.raises(InvalidValue):
        post_with(managing, "Hunters", jane, note="at night")

    assert shown(managing) == {"g9": found}
    assert managing.pending() == []


def test_an_object_whose_creation_went_unanswered_is_our_own(managing: Bench) -> None:
    lost = OutcomeUnknown("no answer")
    with managing.failing("created_entitlement", lost), pytest.raises(TemporarilyUnavailable):
        managing.post_group("Hunters")
    jane = managing.post_user()

    with managing.failing("grant", VendorRejected("full")), pytest.raises(InvalidValue):
        managing.post_group("Hunters", jane)
    managing.recover()

    assert shown(managing) == {}
    assert managing.pending() == []


ABANDONED_S = 2 * 86_400


def groups(bench: Bench) -> list[ResourceRow]:
    """All that the directory has, shown or not."""
    with bench.directory.read() as connection:
        pks = connection.execute(select(table.c.pk).where(table.c.resource_type == "Group"))
        return resources.by_pks(connection, list(pks.scalars()))


def unanswered(bench: Bench, call: str) -> None:
    """A POST of Hunters of which nothing was heard."""
    lost = OutcomeUnknown("no answer")
    with bench.failing(call, lost), pytest.raises(TemporarilyUnavailable):
        bench.post_group("Hunters")


@pytest.mark.parametrize("call", ["create_entitlement", "created_entitlement"])
def test_an_object_whose_creation_went_unanswered_goes_when_the_group_is_given_up(
    managing: Bench, call: str
) -> None:
    unanswered(managing, call)

    managing.recover(after_s=ABANDONED_S)
    managing.recover()

    assert shown(managing) == {}
    assert managing.pending() == []


def test_an_object_that_another_group_took_meanwhile_stays(open_bench: Opener) -> None:
    managing = managing_bench(open_bench, unique_group_names=False)
    unanswered(managing, "created_entitlement")
    managing.post_group("Hunters")

    managing.recover(after_s=ABANDONED_S)
    managing.recover()

    assert objects(managing) == {"Hunters"}
    assert managing.pending() == []


def make_late(bench: Bench) -> None:
    """The create that went unanswered arrives."""
    shown(bench)["late"] = ManagedEntitlement("Hunters")
    raise VendorConflict("there is one of this name")


def test_a_create_that_arrives_late_is_not_taken_for_somebody_elses(managing: Bench) -> None:
    unanswered(managing, "create_entitlement")
    managing.vendor.meanwhile["create_entitlement"] = lambda: make_late(managing)

    managing.recover()

    assert set(shown(managing)) == {"late"}
    assert managing.pending() == []
    (row,) = groups(managing)
    assert (row.native_id, row.origin) == ("user-group:late", "created")


def test_a_name_that_is_taken_where_nobody_sees_it_is_a_conflict(managing: Bench) -> None:
    unanswered(managing, "create_entitlement")

    with managing.failing("create_entitlement", VendorConflict("taken")):
        managing.recover()

    assert managing.pending() == []
    assert groups(managing) == []


def test_what_a_worker_creates_after_it_lost_its_lease_is_the_groups(managing: Bench) -> None:
    def take_over() -> None:
        (row,) = groups(managing)
        with managing.directory.write() as connection:
            now = managing.clock()
            leases.take(connection, [row.pk], owner="two", now=now, until=now + 1)
            resources.change(connection, row.pk, attempted_at=None)
        managing.clock.advance(100)

    once(managing, "create_entitlement", take_over)
    with pytest.raises(TemporarilyUnavailable, match="another request"):
        managing.post_group("Hunters")
    managing.recover()

    assert objects(managing) == {"Hunters"}
    assert managing.pending() == []
    (row,) = groups(managing)
    assert (row.native_id, row.origin) == ("user-group:g1", "created")


def test_two_groups_of_one_name_do_not_share_an_object(open_bench: Opener) -> None:
    managing = managing_bench(open_bench, unique_group_names=False)
    managing.provider.endpoints["Groups"].answered(managing.post_group("Hunters"))

    with pytest.raises(Uniqueness, match="already belongs to the group"):
        managing.post_group("Hunters")

    assert objects(managing) == {"Hunters"}
