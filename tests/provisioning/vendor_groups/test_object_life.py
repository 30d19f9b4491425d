"""Groups that exist at the vendor as objects of their own: made, renamed, deleted, bounded."""

from __future__ import annotations

import pytest

from scimbridge.directory import leases
from scimbridge.errors import ConfigError, InvalidValue, TemporarilyUnavailable, VendorRejected
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener
from tests.provisioning.vendor_groups.conftest import managing_bench, objects


def test_a_group_lives_and_ends_with_its_object(managing: Bench) -> None:
    jane = managing.post_user()

    group = managing.post_group("Hunters", jane)
    assert managing.vendor.roles(JANE) == {"g1"}
    managing.rename_group(group, "Gatherers")
    assert objects(managing) == {"Gatherers"}
    managing.groups.delete(group, CALLER)

    assert objects(managing) == set()
    assert managing.vendor.roles(JANE) == set()
    assert managing.pending() == []


def test_an_object_goes_as_soon_as_its_members_are_released(managing: Bench) -> None:
    group = managing.post_group("Hunters", managing.post_user())
    waited: list[float] = []
    object.__setattr__(managing.converger, "pause", waited.append)

    managing.groups.delete(group, CALLER)

    assert waited == []


def test_a_group_whose_object_cannot_be_made_now_is_made_later_once(managing: Bench) -> None:
    jane = managing.post_user()
    with (
        managing.failing("create_entitlement"),
        pytest.raises(TemporarilyUnavailable, match="maintenance"),
    ):
        managing.post_group("Hunters", jane)

    managing.recover()

    assert objects(managing) == {"Hunters"}
    assert managing.vendor.roles(JANE) == {"g1"}
    assert managing.pending() == []


def test_a_refused_object_leaves_no_group(managing: Bench) -> None:
    refused = VendorRejected("too many groups")
    with managing.failing("create_entitlement", refused), pytest.raises(InvalidValue):
        managing.post_group("Hunters")

    assert objects(managing) == set()
    assert managing.pending() == []


def test_a_refused_new_name_leaves_the_old_one(managing: Bench) -> None:
    group = managing.post_group("Hunters", managing.post_user())
    refused = VendorRejected("reserved")
    with managing.failing("update_entitlement", refused), pytest.raises(InvalidValue):
        managing.rename_group(group, "Admins")

    managing.recover()

    assert objects(managing) == {"Hunters"}
    assert managing.shown("Groups", group)["displayName"] == "Hunters"
    assert managing.vendor.roles(JANE) == {"g1"}
    assert managing.pending() == []


def test_a_group_that_cannot_be_deleted_now_is_deleted_later(managing: Bench) -> None:
    group = managing.post_group("Hunters", managing.post_user())
    with managing.failing("delete_entitlement"), pytest.raises(TemporarilyUnavailable):
        managing.groups.delete(group, CALLER)
    assert managing.vendor.roles(JANE) == set()

    managing.recover()

    assert objects(managing) == set()
    assert managing.pending() == []


def test_a_group_at_which_another_worker_is_waits(managing: Bench) -> None:
    group = managing.post_group("Hunters")
    with managing.failing("update_entitlement"), pytest.raises(TemporarilyUnavailable):
        managing.rename_group(group, "Gatherers")
    pk, now = managing.row(group).pk, managing.clock()
    with managing.directory.write() as connection:
        assert leases.take(connection, [pk], owner="other", now=now, until=now + 60_000)

    with pytest.raises(TemporarilyUnavailable, match="another request is changing"):
        managing.rename_group(group, "Fishers")
    managing.recover()

    assert objects(managing) == {"Fishers"}


def test_objects_can_only_be_made_where_there_is_one_kind(open_bench: Opener) -> None:
    with pytest.raises(ConfigError, match="unmapped_groups"):
        open_bench(unmapped_groups="create")


# --- limits ----------------------------------------------------------------------------------


def test_more_members_than_the_vendor_takes_are_refused_without_a_call(managing: Bench) -> None:
    people = [managing.post_user(f"user{number}@example.com") for number in range(3)]
    group = managing.post_group("Hunters", *people[:2], "nobody")
    managing.vendor.calls.clear()

    with pytest.raises(InvalidValue, match="at most 2 members"):
        managing.join(group, people[2])
    with pytest.raises(InvalidValue, match="at most 2 members"):
        managing.post_group("Gatherers", *people)

    assert managing.vendor.calls == []
    assert managing.members(group) == {*people[:2], "nobody"}


def test_the_members_of_all_groups_that_stand_for_an_object_count(open_bench: Opener) -> None:
    mapped = dict.fromkeys(("First", "Second"), ("user-group:g1",))
    managing = managing_bench(open_bench, groups=mapped)
    people = [managing.post_user(f"user{number}@example.com") for number in range(3)]
    managing.post_group("First", *people[:2])
    second = managing.post_group("Second", people[0])

    with pytest.raises(InvalidValue, match="would bring it to 3"):
        managing.join(second, people[2])


def test_who_leaves_makes_room(managing: Bench) -> None:
    people = [managing.post_user(f"user{number}@example.com") for number in range(3)]
    group = managing.post_group("Hunters", *people[:2])

    managing.leave(group, people[0])
    managing.join(group, people[2])

    assert managing.members(group) == set(people[1:])
