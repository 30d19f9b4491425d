"""Groups that exist at the vendor as objects of their own, and vendors that fail at them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select

from scimbridge.connectors.interface import Entitlement, EntitlementDetails, ManagedEntitlement
from scimbridge.directory import leases, resources
from scimbridge.directory.resources import ResourceRow
from scimbridge.directory.schema import resources as table
from scimbridge.errors import (
    ConfigError,
    Forbidden,
    InvalidValue,
    NotFound,
    OutcomeUnknown,
    TemporarilyUnavailable,
    Uniqueness,
    VendorConflict,
    VendorNotFound,
    VendorRejected,
)
from scimbridge.provisioning.vendor_groups import VendorGroups, dump_states, kept_of
from scimbridge.scim import urns
from scimbridge.scim.attributes import parse_schema
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener
from tests.provisioning.fake_vendor import PLAIN, FakeVendor

MANAGING = replace(
    PLAIN, entitlement_kinds=("user-group",), managed_kinds=frozenset({"user-group"})
)


NOTES = parse_schema(
    {
        "id": "urn:t:Group",
        "name": "Notes",
        "attributes": [
            {"name": "note", "type": "string"},
            {"name": "colour", "type": "string"},
            {"name": "keys", "type": "string", "multiValued": True},
        ],
    }
)


@dataclass
class Objects:
    """The user groups of the vendor, by id."""

    vendor: FakeVendor
    shown: dict[str, ManagedEntitlement] = field(default_factory=dict)

    def find_entitlement(self, kind: str, name: str) -> Entitlement | None:
        self.vendor._call("find_entitlement")
        found = [key for key, each in self.shown.items() if each.display_name == name]
        return Entitlement(kind, found[0]) if found else None

    def create_entitlement(self, kind: str, wanted: ManagedEntitlement) -> Entitlement:
        self.vendor._call("create_entitlement")
        native_id = f"g{len(self.shown) + 1}"
        self.shown[native_id] = ManagedEntitlement(wanted.display_name)
        self.vendor._call("created_entitlement")
        return Entitlement(kind, native_id)

    def update_entitlement(
        self, item: Entitlement, before: Sequence[ManagedEntitlement], after: ManagedEntitlement
    ) -> None:
        self.vendor._call("update_entitlement")
        ours = {name for each in before for name in each.attributes}
        theirs = self.shown[item.native_id].attributes
        others = {name: value for name, value in theirs.items() if name not in ours}
        self.shown[item.native_id] = replace(after, attributes={**others, **after.attributes})
        self.vendor._call("updated_entitlement")

    def delete_entitlement(self, item: Entitlement) -> None:
        self.vendor._call("delete_entitlement")
        assert not any(item in held for held in self.vendor.held.values()), "it still has members"
        del self.shown[item.native_id]

    def entitlements(self) -> list[EntitlementDetails]:
        return [
            EntitlementDetails(Entitlement("user-group", key), each.display_name)
            for key, each in self.shown.items()
        ]

    def entitlement_attributes(
        self, entitlements: Collection[Entitlement]
    ) -> dict[Entitlement, Mapping[str, Any]]:
        self.vendor._call("entitlement_attributes")
        shown = {each: self.shown[each.native_id].attributes for each in entitlements}
        return {each: values for each, values in shown.items() if values}


@pytest.fixture
def managing(open_bench: Opener) -> Bench:
    return managing_bench(open_bench)


def managing_bench(open_bench: Opener, **policy: Any) -> Bench:
    able = replace(MANAGING, group_member_limits={"user-group": 2})
    bench = open_bench(able, unmapped_groups="create", group_extension=NOTES, **policy)
    objects = Objects(bench.vendor)
    for name in dir(objects):
        if "entitlement" in name:
            bench.vendor.__dict__[name] = getattr(objects, name)
    bench.vendor.__dict__["objects"] = objects.shown
    return bench


def shown(bench: Bench) -> dict[str, ManagedEntitlement]:
    """The vendor's objects by id."""
    found: dict[str, ManagedEntitlement] = bench.vendor.__dict__["objects"]
    return found


def objects(bench: Bench) -> set[str]:
    return {each.display_name for each in shown(bench).values()}


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


# --- attributes ------------------------------------------------------------------------------


def note(bench: Bench, group: str, value: str | None) -> None:
    bench.patch_group(group, {"op": "replace", "path": "urn:t:Group:note", "value": value})


def post_with(bench: Bench, name: str, *members: str, **attributes: str) -> str:
    document: dict[str, Any] = {"schemas": [urns.GROUP, "urn:t:Group"], "displayName": name}
    document |= {"members": [{"value": each} for each in members], "urn:t:Group": attributes}
    return bench.groups.create(document, CALLER)


def test_a_group_is_created_with_its_attributes(managing: Bench) -> None:
    group = post_with(managing, "Hunters", note="at night")

    assert shown(managing)["g1"] == ManagedEntitlement("Hunters", {"note": "at night"})
    assert managing.shown("Groups", group)["urn:t:Group"] == {"note": "at night"}


def test_an_attribute_is_changed_and_taken_away_again(managing: Bench) -> None:
    group = managing.post_group("Hunters")

    note(managing, group, "at night")
    assert shown(managing)["g1"].attributes == {"note": "at night"}
    note(managing, group, None)

    assert shown(managing)["g1"].attributes == {}
    assert managing.pending() == []


def test_an_attribute_that_is_set_already_calls_nobody(managing: Bench) -> None:
    group = post_with(managing, "Hunters", note="at night")
    managing.vendor.calls.clear()

    note(managing, group, "at night")
    managing.join(group, managing.post_user())

    assert "update_entitlement" not in managing.vendor.calls


def test_a_group_whose_attributes_are_refused_leaves_no_object(managing: Bench) -> None:
    with (
        managing.failing("update_entitlement", VendorRejected("no such colour")),
        pytest.raises(InvalidValue, match="no such colour"),
    ):
        post_with(managing, "Hunters", colour="octarine")

    assert shown(managing) == {}
    assert managing.pending() == []


def test_a_refused_change_is_undone_even_where_it_came_half_true(managing: Bench) -> None:
    group = post_with(managing, "Hunters", note="at night")
    refusing = {"updated_entitlement": iter([VendorRejected("in part")])}

    def once() -> None:
        for error in refusing["updated_entitlement"]:
            raise error

    managing.vendor.meanwhile["updated_entitlement"] = once
    with pytest.raises(InvalidValue, match="in part"):
        managing.patch_group(
            group, {"op": "add", "value": {"urn:t:Group": {"note": "by day", "colour": "red"}}}
        )

    assert shown(managing)["g1"].attributes == {"note": "at night"}
    assert managing.shown("Groups", group)["urn:t:Group"] == {"note": "at night"}
    assert managing.pending() == []


def test_what_an_interrupted_change_may_have_set_is_taken_back_by_the_next_one(
    managing: Bench,
) -> None:
    """The answer to the first change is lost, and the second does not mention its attribute."""
    group = managing.post_group("Hunters")
    with managing.failing("updated_entitlement"), pytest.raises(TemporarilyUnavailable):
        note(managing, group, "at night")

    note(managing, group, None)
    managing.recover()

    assert shown(managing)["g1"].attributes == {}
    assert managing.pending() == []


def test_an_object_of_the_vendor_is_shown_with_its_attributes(managing: Bench) -> None:
    shown(managing)["g9"] = ManagedEntitlement("Hunters", {"note": "at night"})

    managing.provider.observer.refresh_catalogue()
    managing.provider.observer.refresh_catalogue()

    group = managing.post_group("Hunters", managing.post_user())
    assert managing.shown("Groups", group)["urn:t:Group"] == {"note": "at night"}
    assert managing.vendor.roles(JANE) == {"g9"}
    assert managing.vendor.calls.count("entitlement_attributes") == 1
    assert "update_entitlement" not in managing.vendor.calls


def test_a_put_that_says_nothing_of_the_attributes_leaves_them(managing: Bench) -> None:
    group = post_with(managing, "Hunters", note="at night")

    managing.groups.replace(group, {"schemas": [urns.GROUP], "displayName": "Hunters"}, CALLER)

    assert shown(managing)["g1"].attributes == {"note": "at night"}
    assert "urn:t:Group" in managing.shown("Groups", group)["schemas"]


def test_a_put_that_says_something_of_the_attributes_replaces_them(managing: Bench) -> None:
    group = post_with(managing, "Hunters", note="at night", colour="red")
    document = {"schemas": [], "displayName": "Hunters", "urn:t:Group": {"colour": "blue"}}

    managing.groups.replace(group, document, CALLER)

    assert shown(managing)["g1"].attributes == {"colour": "blue"}


def test_a_group_without_an_object_has_no_attributes_of_one(managing: Bench) -> None:
    with pytest.raises(InvalidValue, match="no object of its own"):
        post_with(managing, "Analysts", note="at night")
    group = managing.post_group("Readers")
    with pytest.raises(InvalidValue, match="no object of its own"):
        note(managing, group, "at night")
    managing.rename_group(group, "READERS")

    assert shown(managing) == {}


# --- a worker that comes back late --------------------------------------------------------------


def stand_still(bench: Bench, call: str, meanwhile: Callable[[], object]) -> None:
    """Have the next ``call`` reach the vendor only when its lease is over and others were busy."""

    def late() -> None:
        del bench.vendor.meanwhile[call]
        bench.clock.advance(100)
        meanwhile()

    bench.vendor.meanwhile[call] = late


def test_what_a_late_worker_sets_after_it_was_taken_away_is_taken_away_again(
    managing: Bench,
) -> None:
    group = managing.post_group("Hunters")
    stand_still(managing, "update_entitlement", lambda: note(managing, group, None))

    note(managing, group, "at night")
    assert managing.pending() == ["repair"]
    managing.recover()

    assert shown(managing)["g1"].attributes == {}
    assert "urn:t:Group" not in managing.shown("Groups", group)
    assert managing.pending() == []


def test_what_a_late_worker_takes_after_it_was_set_is_set_again(managing: Bench) -> None:
    group = post_with(managing, "Hunters", note="at night")
    stand_still(managing, "update_entitlement", lambda: note(managing, group, "at night"))

    note(managing, group, None)
    managing.recover()

    assert shown(managing)["g1"].attributes == {"note": "at night"}
    assert managing.pending() == []


def test_a_worker_that_is_late_for_a_group_that_is_gone_leaves_no_trace(managing: Bench) -> None:
    group = managing.post_group("Hunters")

    def end() -> None:
        managing.groups.delete(group, CALLER)
        raise VendorNotFound("no group g1")

    stand_still(managing, "update_entitlement", end)
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


# --- what is taken away stays asked for ---------------------------------------------------------

DAYS = 2 * 86400


def test_taking_an_attribute_away_is_tried_for_longer_than_a_day(managing: Bench) -> None:
    group = post_with(managing, "Hunters", note="at night")
    with managing.failing("update_entitlement"):
        for _ in range(2):
            with pytest.raises(TemporarilyUnavailable):
                note(managing, group, None)
        managing.recover(after_s=DAYS)
    managing.recover()

    assert shown(managing)["g1"].attributes == {}
    assert "urn:t:Group" not in managing.shown("Groups", group)
    assert managing.pending() == []


def test_a_name_that_grants_less_is_tried_for_longer_than_a_day(managing: Bench) -> None:
    group = managing.post_group("Both", managing.post_user())
    with managing.failing("revoke"):
        for _ in range(2):
            with pytest.raises(TemporarilyUnavailable):
                managing.rename_group(group, "Readers")
        managing.recover(after_s=DAYS)
    managing.recover()

    assert managing.vendor.roles(JANE) == {"reader"}
    assert managing.shown("Groups", group)["displayName"] == "Readers"
    assert managing.pending() == []


def test_a_refused_addition_does_not_bring_back_what_was_taken_away_before(
    managing: Bench,
) -> None:
    group = post_with(managing, "Hunters", note="at night")
    with managing.failing("update_entitlement"), pytest.raises(TemporarilyUnavailable):
        note(managing, group, None)
    refused = VendorRejected("no such colour")
    with managing.failing("update_entitlement", refused), pytest.raises(InvalidValue):
        managing.patch_group(
            group, {"op": "add", "path": "urn:t:Group:colour", "value": "octarine"}
        )
    managing.recover()

    assert shown(managing)["g1"].attributes == {}
    assert managing.pending() == []


A, B = ({"in": name, "roles": ["x", "y"]} for name in "ab")


@pytest.mark.parametrize(
    ("was", "shall", "kept"),
    [
        ({"note": "one"}, {"note": "two", "colour": "red"}, {"note": "one"}),
        ({"note": "one", "colour": "red"}, {"colour": "red"}, {"colour": "red"}),
        ({"tags": ["p", "q"]}, {"tags": ["q", "r"]}, {"tags": ["q"]}),
        ({"given": [A, B]}, {"given": [B, A]}, {"given": [A, B]}),
        ({"given": [A, B]}, {"given": [B]}, {"given": [B]}),
        ({"given": [A]}, {"given": [A | {"roles": ["y", "z"]}]}, {"given": [A | {"roles": ["y"]}]}),
        ({"given": [A]}, {"given": [A | {"roles": ["z"]}]}, {"given": []}),
    ],
)
def test_what_is_kept_of_attributes(
    was: dict[str, Any], shall: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert kept_of(was, shall) == kept


# --- found, not made -------------------------------------------------------------------------


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

    stand_still(managing, "create_entitlement", take_over)
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


# --- the removal budget ----------------------------------------------------------------------


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
