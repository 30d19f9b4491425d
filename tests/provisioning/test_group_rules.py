"""Names, mappings and members of groups."""

from __future__ import annotations

import json

import pytest

from scimbridge.connectors.interface import Entitlement, EntitlementDetails
from scimbridge.errors import (
    Forbidden,
    InvalidValue,
    Mutability,
    NotFound,
    PreconditionFailed,
    TemporarilyUnavailable,
    Uniqueness,
    VendorRejected,
)
from scimbridge.provisioning.query import Query
from scimbridge.scim import urns
from scimbridge.scim.attributes import group_type
from scimbridge.scim.filters import parse_filter
from scimbridge.scim.listing import Page
from scimbridge.scim.projection import parse_projection
from tests.provisioning.conftest import CALLER, JANE, ROE, Bench, Opener


def found(bench: Bench, filter: str) -> list[str]:
    """The ids of the groups that a filter finds."""
    query = Query(Page(1, 100), parse_filter(filter, group_type()))
    projection = parse_projection(None, None, group_type())
    listing = bench.reader.search(group_type(), query, projection, "https://b")
    return [json.loads(each)["id"] for each in listing.resources]


def replace(bench: Bench, group: str, name: str, *members: str, **attributes: object) -> None:
    document = {
        "schemas": [urns.GROUP],
        "displayName": name,
        "members": [{"value": member} for member in members],
        **attributes,
    }
    bench.provider.endpoints["Groups"].replace(group, document, CALLER, None)


@pytest.fixture
def vendors_group(bench: Bench) -> str:
    """The group that stands for a role of the vendor itself."""
    admin = EntitlementDetails(Entitlement("role", "admin"), "Administrators")
    bench.vendor.catalogue.append(admin)
    bench.provider.observer.refresh_catalogue()
    (group,) = found(bench, 'displayName eq "administrators"')
    return group


# --- names -------------------------------------------------------------------------------------


def test_a_second_group_of_the_name_is_a_conflict(bench: Bench) -> None:
    bench.post_group("Readers")
    bench.provider.endpoints["Groups"].answered(*found(bench, 'displayName eq "readers"'))

    with pytest.raises(Uniqueness, match="displayName"):
        bench.post_group("READERS")


def test_a_group_cannot_take_the_name_of_another_but_may_change_the_case_of_its_own(
    bench: Bench,
) -> None:
    group, _ = bench.post_group("Readers"), bench.post_group("Analysts")

    with pytest.raises(Uniqueness):
        bench.rename_group(group, "ANALYSTS")
    bench.rename_group(group, "READERS")

    assert bench.shown("Groups", group)["displayName"] == "READERS"


def test_where_names_need_not_be_unique_each_group_is_one_of_its_own(open_bench: Opener) -> None:
    bench = open_bench(unique_group_names=False)
    groups = []
    for _ in range(3):
        groups.append(bench.post_group("Readers"))
        bench.provider.endpoints["Groups"].answered(groups[-1])
    other = bench.post_group("Analysts")

    bench.rename_group(other, "readers")

    assert len(set(groups)) == 3
    assert found(bench, 'displayName eq "Readers"') == [*groups, other]


def test_where_names_need_not_be_unique_a_refused_name_is_taken_back_too(
    open_bench: Opener,
) -> None:
    bench = open_bench(unique_group_names=False, protected_entitlements=("role:analyst",))
    jane = bench.post_user()
    groups = []
    for _ in range(2):
        groups.append(bench.post_group("Readers", jane))
        bench.provider.endpoints["Groups"].answered(groups[-1])

    for group in groups:
        with pytest.raises(Forbidden):
            bench.rename_group(group, "Analysts")

    assert found(bench, 'displayName eq "Readers"') == groups
    assert bench.vendor.roles(JANE) == {"reader"}


def test_a_group_that_was_never_answered_is_taken_over_by_the_next_post(bench: Bench) -> None:
    first = bench.post_group("Readers")
    bench.clock.advance(60)

    assert bench.post_group("Readers") == first


def test_a_name_whose_group_is_being_deleted_is_free_later(bench: Bench) -> None:
    group = bench.post_group("Readers", bench.post_user())
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.groups.delete(group, CALLER)
    bench.clock.advance(60)

    with pytest.raises(TemporarilyUnavailable, match="being deleted"):
        bench.post_group("Readers")


# --- what a name stands for --------------------------------------------------------------------


def test_a_group_that_maps_to_nothing_can_be_refused(open_bench: Opener) -> None:
    bench = open_bench(unmapped_groups="reject")
    group = bench.post_group("Readers")

    with pytest.raises(InvalidValue, match=r"\[targets.t.groups\]"):
        bench.post_group("Marketing")
    with pytest.raises(InvalidValue, match="grants nothing"):
        bench.rename_group(group, "Marketing")

    assert found(bench, "displayName pr") == [group]


def test_the_vendors_own_group_keeps_its_name_and_cannot_be_deleted(
    bench: Bench, vendors_group: str
) -> None:
    with pytest.raises(Mutability, match="role:admin"):
        bench.rename_group(vendors_group, "Mine")
    with pytest.raises(Forbidden, match="role:admin"):
        bench.groups.delete(vendors_group, CALLER)


def test_a_name_that_stands_for_the_same_asks_nobody(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Friends", jane)
    calls = list(bench.vendor.calls)

    bench.rename_group(group, "Strangers")

    assert bench.vendor.calls == calls
    assert bench.shown("Groups", group)["displayName"] == "Strangers"


def test_a_new_name_that_stands_for_nothing_takes_what_the_old_one_gave(bench: Bench) -> None:
    group = bench.post_group("Readers", bench.post_user())

    bench.rename_group(group, "Friends")

    assert bench.vendor.roles(JANE) == set()


# --- members -----------------------------------------------------------------------------------


def test_put_replaces_members_and_attributes(bench: Bench) -> None:
    jane, roe = bench.post_user(), bench.post_user(ROE)
    group = bench.post_group("Readers", jane)

    replace(bench, group, "Analysts", roe, externalId="g1")

    assert bench.members(group) == {roe}
    assert bench.shown("Groups", group)["externalId"] == "g1"
    assert bench.vendor.roles(JANE) == set()
    assert bench.vendor.roles(ROE) == {"analyst"}


def test_put_of_what_is_there_changes_nothing(bench: Bench) -> None:
    group = bench.post_group("Readers", bench.post_user())
    bench.provider.endpoints["Groups"].answered(group)
    before, lines = bench.shown("Groups", group), bench.lines()

    replace(bench, group, "Readers", *bench.members(group))

    assert bench.shown("Groups", group) == before
    assert bench.lines() == lines


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ('members[display eq "Jane"]', {"Roe"}),
        ('members[not (display eq "Jane")]', {"Jane"}),
        ('members[display sw "j" or display sw "r"]', set()),
    ],
)
def test_members_can_be_removed_by_what_they_are_called(
    bench: Bench, path: str, left: set[str]
) -> None:
    users = {"Jane": bench.post_user(), "Roe": bench.post_user(ROE)}
    group = bench.post_group("Readers")
    value = [{"value": user, "display": name} for name, user in users.items()]
    bench.patch_group(group, {"op": "add", "path": "members", "value": value})

    bench.patch_group(group, {"op": "remove", "path": path})

    assert bench.members(group) == {users[name] for name in left}
    assert bench.vendor.roles(JANE) == ({"reader"} if "Jane" in left else set())


def test_what_the_client_calls_a_member_is_shown_and_can_change(bench: Bench) -> None:
    jane = bench.post_user(displayName="Jane Doe")
    group = bench.post_group("Readers", jane)
    shown = bench.shown("Groups", group)
    assert shown["members"][0]["display"] == "Jane Doe"

    bench.patch_group(
        group,
        {"op": "remove", "path": f'members[value eq "{jane}"]'},
        {"op": "add", "path": "members", "value": [{"value": jane, "display": "J."}]},
    )

    again = bench.shown("Groups", group)
    assert again["members"][0]["display"] == "J."
    assert again["meta"]["version"] != shown["meta"]["version"]
    assert bench.vendor.calls.count("revoke") == 0


def test_the_same_members_under_the_same_names_change_nothing(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Friends")
    add = {"op": "add", "path": "members", "value": [{"value": jane, "display": "J."}]}
    bench.patch_group(group, add)
    version = bench.shown("Groups", group)["meta"]["version"]

    bench.patch_group(group, {"op": "remove", "path": f'members[value eq "{jane}"]'}, add)

    assert bench.shown("Groups", group)["meta"]["version"] == version


def test_a_group_as_a_member_entitles_nobody_and_is_shown_as_a_group(bench: Bench) -> None:
    inner = bench.post_group("Friends", bench.post_user())

    outer = bench.post_group("Readers", inner)

    (member,) = bench.shown("Groups", outer)["members"]
    assert (member["value"], member["type"], member["display"]) == (inner, "Group", "Friends")
    assert bench.vendor.roles(JANE) == set()


def test_members_with_roles_of_their_own_keep_them(bench: Bench) -> None:
    admin = EntitlementDetails(Entitlement("role", "admin"), "Administrators")
    bench.vendor.catalogue.append(admin)
    bench.provider.observer.refresh_catalogue()
    users = [bench.post_user(name, roles=[{"value": "admin"}]) for name in (JANE, ROE)]

    group = bench.post_group("Readers", *users)
    bench.leave(group, users[0])

    assert bench.vendor.roles(JANE) == {"admin"}
    assert bench.vendor.roles(ROE) == {"admin", "reader"}


def test_a_refused_member_stays_out_and_nobody_else_is_harmed(bench: Bench) -> None:
    inner = bench.post_group("Friends")
    jane = bench.post_user()
    group = bench.post_group("Readers", jane)
    roe = bench.post_user(ROE)
    with bench.failing("grant", VendorRejected("no licence")), pytest.raises(InvalidValue):
        bench.join(group, roe, inner)

    assert bench.members(group) == {jane}
    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.pending() == []


def test_a_refused_group_is_not_there(bench: Bench) -> None:
    jane = bench.post_user()
    with bench.failing("grant", VendorRejected("no licence")), pytest.raises(InvalidValue):
        bench.post_group("Readers", jane)

    assert found(bench, "displayName pr") == []
    assert bench.vendor.roles(JANE) == set()
    assert bench.pending() == []
    assert bench.post_group("Readers", jane)


def test_giving_up_a_new_name_gives_the_members_what_the_old_one_stands_for(
    bench: Bench,
) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers", jane)
    with bench.failing("grant"), pytest.raises(TemporarilyUnavailable):
        bench.rename_group(group, "Both")

    bench.recover(after_s=86_401)
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.shown("Groups", group)["displayName"] == "Readers"
    assert "patch abandoned" in bench.lines()


# --- versions ----------------------------------------------------------------------------------


def test_a_write_on_another_version_is_refused(bench: Bench) -> None:
    group = bench.post_group("Readers")
    version = bench.shown("Groups", group)["meta"]["version"]

    with pytest.raises(PreconditionFailed, match="read it again"):
        bench.groups.delete(group, CALLER, ['W/"99"'])
    bench.groups.delete(group, CALLER, ['W/"99"', version])

    with pytest.raises(NotFound):
        bench.groups.delete(group, CALLER, ["*"])


def test_giving_up_a_new_member_leaves_a_later_new_name_alone(bench: Bench) -> None:
    jane, roe = bench.post_user(), bench.post_user(ROE)
    group = bench.post_group("Readers", jane)
    with bench.failing("grant"):
        with pytest.raises(TemporarilyUnavailable):
            bench.join(group, roe)
        bench.clock.advance(7200)
        with pytest.raises(TemporarilyUnavailable):
            bench.rename_group(group, "Analysts")
        bench.recover(after_s=86_400 - 3600)
    assert bench.lines()[-1] == "patch abandoned"

    bench.recover()

    assert bench.shown("Groups", group)["displayName"] == "Analysts"
    assert bench.members(group) == {jane}
    assert bench.vendor.roles(JANE) == {"analyst"}
    assert bench.vendor.roles(ROE) == set()
    assert bench.pending() == []
