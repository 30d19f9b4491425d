"""What a group says of its object at the vendor, set, refused and taken away."""

from __future__ import annotations

from typing import Any

import pytest

from scimbridge.connectors.interface import ManagedEntitlement
from scimbridge.errors import InvalidValue, TemporarilyUnavailable, VendorRejected
from scimbridge.provisioning.vendor_groups import kept_of
from scimbridge.scim import urns
from tests.provisioning.conftest import CALLER, JANE, Bench
from tests.provisioning.vendor_groups.conftest import note, post_with, shown


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
