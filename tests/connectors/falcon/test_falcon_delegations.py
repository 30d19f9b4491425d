"""The links between user groups and CID groups: no change dissolves what is to stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parent import SOC, Parent

from scimbridge.connectors.falcon.simulator.records import Link
from scimbridge.connectors.falcon.simulator.seed import CID_GROUP_ID, DEFAULT_CID_GROUP_ID
from scimbridge.connectors.interface import ManagedEntitlement
from scimbridge.errors import VendorNotFound, VendorRejected, VendorUnavailable
from scimbridge.simulation.faults import Fault

LINKS = "/mssp/entities/mssp-roles/v1"
QUERY = "/mssp/queries/mssp-roles/v1"
NORTH, ALL = CID_GROUP_ID, DEFAULT_CID_GROUP_ID
ROLES = ("falconhost_read_only", "event_viewer", "help_desk")
SEEDED = {NORTH: {"falconhost_read_only"}}
LOOK = [f"GET {QUERY}", f"GET {LINKS}"]

State = dict[str, set[str]]


def delegating(state: State) -> ManagedEntitlement:
    values = [{"cidGroup": cid_group, "roles": sorted(roles)} for cid_group, roles in state.items()]
    return ManagedEntitlement("SOC", {"delegations": values} if values else {})


def links(parent: Parent) -> State:
    return {
        link.cid_group_id: set(link.role_ids)
        for link in parent.control.links.values()
        if link.user_group_id == SOC.native_id
    }


def change(parent: Parent, before: State, after: State) -> None:
    parent.falcon.update_entitlement(SOC, [delegating(before)], delegating(after))


def test_roles_come_and_go_within_a_link(parent: Parent) -> None:
    change(parent, SEEDED, {NORTH: {"help_desk", "event_viewer"}})

    assert links(parent) == {NORTH: {"help_desk", "event_viewer"}}
    assert parent.calls() == [*LOOK, f"DELETE {LINKS}", f"POST {LINKS}", *LOOK]


def test_a_delegation_is_made_in_another_cid_group(parent: Parent) -> None:
    change(parent, SEEDED, {**SEEDED, ALL: {"help_desk"}})

    assert links(parent) == {**SEEDED, ALL: {"help_desk"}}


def test_a_delegation_that_is_taken_back_leaves_no_link(parent: Parent) -> None:
    change(parent, SEEDED, {})

    assert links(parent) == {}


def test_the_roles_to_take_are_named_before_a_link_is_dissolved(parent: Parent) -> None:
    """Somebody delegates by hand between the look and the removal."""
    change(parent, SEEDED, {})

    named, dissolving = parent.bodies("DELETE", LINKS)
    assert named["role_ids"] == ["falconhost_read_only"]
    assert "role_ids" not in dissolving


def test_what_was_delegated_by_hand_stays(parent: Parent) -> None:
    by_hand = Link(SOC.native_id, ALL, ("event_viewer",), 0.0)
    parent.control.links[by_hand.link_id] = by_hand

    change(parent, {}, {ALL: {"help_desk"}})
    assert links(parent) == {**SEEDED, ALL: {"event_viewer", "help_desk"}}
    change(parent, {ALL: {"help_desk"}}, {})

    assert links(parent) == {**SEEDED, ALL: {"event_viewer"}}


def test_what_is_as_wanted_already_is_not_sent(parent: Parent) -> None:
    change(parent, SEEDED, SEEDED)

    assert parent.calls() == []


def test_a_role_that_stays_is_not_given_again(parent: Parent) -> None:
    change(
        parent, {NORTH: {"falconhost_read_only"}}, {NORTH: {"falconhost_read_only", "help_desk"}}
    )

    (given,) = parent.bodies("POST", LINKS)
    assert given["role_ids"] == ["help_desk"]


def lag(parent: Parent, roles: set[str]) -> None:
    """The next look shows the link to NORTH with ``roles``, whatever it has."""
    body = {"user_group_id": SOC.native_id, "cid_group_id": NORTH, "role_ids": sorted(roles)}
    answer = json.dumps({"meta": {}, "resources": [body] if roles else []})
    parent.simulator.faults.add(
        Fault("GET", QUERY, status=200, body='{"meta": {}, "resources": ["x"]}')
    )
    parent.simulator.faults.add(Fault("GET", LINKS, status=200, body=answer))


def test_a_role_that_is_not_shown_yet_is_taken_all_the_same(parent: Parent) -> None:
    lag(parent, set())

    change(parent, SEEDED, {})

    assert links(parent) == {}


def test_a_role_that_is_still_shown_is_given_all_the_same(parent: Parent) -> None:
    change(parent, SEEDED, {})
    lag(parent, SEEDED[NORTH])

    change(parent, {}, SEEDED)

    assert links(parent) == SEEDED


def test_a_role_that_may_have_been_taken_is_given_again_though_it_is_still_shown(
    parent: Parent,
) -> None:
    """Giving it back was begun, and whether it arrived is not known."""
    change(parent, SEEDED, {})
    lag(parent, SEEDED[NORTH])

    parent.falcon.update_entitlement(SOC, [delegating({}), delegating(SEEDED)], delegating(SEEDED))

    assert links(parent) == SEEDED


def test_a_role_that_is_not_shown_is_taken_apart_from_the_others(parent: Parent) -> None:
    """The vendor may refuse a call for the one role in it that is not there."""
    change(parent, {NORTH: {"falconhost_read_only", "event_viewer", "help_desk"}}, {})

    named = [each.get("role_ids") for each in parent.bodies("DELETE", LINKS)]
    assert named == [["falconhost_read_only"], ["event_viewer"], ["help_desk"], None]


@pytest.mark.parametrize("status", [400, 404, 409])
def test_giving_what_is_shown_may_be_refused(parent: Parent, status: int) -> None:
    body = '{"meta": {}, "resources": [], "errors": [{"message": "has it already"}]}'
    parent.simulator.faults.add(Fault("POST", LINKS, status=status, body=body))

    change(parent, {}, SEEDED)

    assert links(parent) == SEEDED


def test_taking_a_role_that_is_not_there_leaves_the_link_with_the_others(parent: Parent) -> None:
    change(parent, {NORTH: {"help_desk"}}, {})

    assert links(parent) == SEEDED
    assert all(each["role_ids"] for each in parent.bodies("DELETE", LINKS))


def test_a_link_that_somebody_else_dissolved_is_no_obstacle(parent: Parent) -> None:
    parent.control.links.clear()

    change(parent, SEEDED, {})

    assert links(parent) == {}


@pytest.mark.parametrize("status", [404, 400])
def test_a_removal_that_is_refused_is_believed_if_nothing_is_left(
    parent: Parent, status: int
) -> None:
    body = '{"errors": [{"message": "no such link"}]}'
    fault = Fault("DELETE", LINKS, status=status, body=body, when="after")
    parent.simulator.faults.add(fault)

    change(parent, SEEDED, {})

    assert links(parent) == {}


@pytest.mark.parametrize(
    ("status", "kind"), [(400, VendorRejected), (404, VendorUnavailable), (200, VendorUnavailable)]
)
def test_a_removal_after_which_the_role_is_still_shown_is_not_done(
    parent: Parent, status: int, kind: type[Exception]
) -> None:
    body = '{"meta": {}, "resources": [], "errors": [{"message": "in use"}]}'
    body = '{"meta": {}, "resources": []}' if status == 200 else body
    parent.simulator.faults.add(Fault("DELETE", LINKS, status=status, body=body))

    with pytest.raises(kind):
        change(parent, SEEDED, {})

    assert links(parent) == SEEDED


def test_a_role_that_was_accepted_and_is_not_shown_is_not_done(parent: Parent) -> None:
    body = '{"meta": {}, "resources": []}'
    parent.simulator.faults.add(Fault("POST", LINKS, status=200, body=body))

    with pytest.raises(VendorUnavailable, match="help_desk in the CID group"):
        change(parent, {}, {ALL: {"help_desk"}})


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [({NORTH: {"no_such_role"}}, VendorRejected), ({"f" * 32: {"help_desk"}}, VendorNotFound)],
)
def test_what_the_vendor_does_not_have_is_refused_with_its_reason(
    parent: Parent, wanted: State, kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=r"no_such_role|ffff"):
        change(parent, {}, wanted)


@pytest.mark.parametrize("maximum", [500, 1000])
def test_links_are_read_by_page(maximum: int) -> None:
    parent = Parent(mssp_maximum_limit=maximum)
    group = parent.control.cid_groups[NORTH]
    for number in range(250):
        cid_group = f"{number:032x}"
        parent.control.cid_groups[cid_group] = group
        link = Link(SOC.native_id, cid_group, ("help_desk",), 0.0)
        parent.control.links[link.link_id] = link

    (shown,) = parent.falcon.entitlement_attributes([SOC]).values()

    assert len(shown["delegations"]) == 251


def states() -> st.SearchStrategy[State]:
    roles = st.sets(st.sampled_from(ROLES), min_size=1)
    return st.dictionaries(st.sampled_from([NORTH, ALL]), roles)


@settings(max_examples=60)
@given(
    by_hand=states(),
    wanted=st.lists(states(), min_size=1, max_size=6),
    drops=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["before", "after"]))),
)
def test_whatever_is_wanted_one_after_the_other_the_links_end_as_the_last_and_by_hand(
    by_hand: State, wanted: list[State], drops: list[tuple[int, Any]]
) -> None:
    """Calls fail in between, before or after their effect; what may have happened is told on."""
    parent = Parent()
    parent.control.links.clear()
    for cid_group, roles in by_hand.items():
        link = Link(SOC.native_id, cid_group, tuple(sorted(roles)), 0.0)
        parent.control.links[link.link_id] = link
    failing = dict(drops)
    maybe: list[ManagedEntitlement] = [delegating({})]

    for number, state in enumerate(wanted):
        after = delegating(state)
        maybe.append(after)
        if number in failing:
            fault = Fault("*", LINKS, status=503, when=failing[number])
            parent.simulator.faults.add(fault, count=5)
        try:
            parent.falcon.update_entitlement(SOC, maybe, after)
        except VendorUnavailable:
            parent.simulator.faults.clear()
        else:
            maybe = [after]
    parent.simulator.faults.clear()
    parent.falcon.update_entitlement(SOC, [*maybe, after], after)

    ours = {pair for state in wanted for pair in _pairs(state)}
    kept = (_pairs(by_hand) - ours) | _pairs(wanted[-1])
    assert _pairs(links(parent)) == kept
    assert all(links(parent).values()), "an empty link was left behind"


def _pairs(state: State) -> set[tuple[str, str]]:
    return {(cid_group, role) for cid_group, roles in state.items() for role in roles}
