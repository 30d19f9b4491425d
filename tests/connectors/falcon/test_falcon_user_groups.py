"""User groups as objects of the vendor, with each doubtful behaviour."""

from __future__ import annotations

from typing import Any

import pytest
from falcon_tenant import MARA, TOMAS
from parent import NO_GROUP, SOC, Parent

from scimbridge.connectors.falcon.simulator.records import Group
from scimbridge.connectors.falcon.simulator.seed import CID_GROUP_ID
from scimbridge.connectors.interface import Entitlement, ManagedEntitlement
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorNotFound,
    VendorRejected,
)
from scimbridge.simulation.faults import Fault

GROUPS = "/mssp/entities/user-groups/v1"
QUERY = "/mssp/queries/user-groups/v1"
MEMBERS = "/mssp/entities/user-group-members/v1"
READ_MEMBERS = "/mssp/entities/user-group-members/v2"
READ = "/mssp/entities/user-groups/v2"
SEEDED = {
    "description": "First line",
    "delegations": [{"cidGroup": CID_GROUP_ID, "roles": ["falconhost_read_only"]}],
}


def named(name: str, **attributes: Any) -> ManagedEntitlement:
    return ManagedEntitlement(name, attributes)


def shown(parent: Parent, group: Entitlement = SOC) -> tuple[str, str]:
    found: Group = parent.control.user_groups[group.native_id]
    return found.name, found.description


def create(parent: Parent, wanted: ManagedEntitlement) -> Entitlement:
    return parent.falcon.create_entitlement("user-group", wanted)


def test_a_check_proves_the_scopes_of_flight_control(parent: Parent) -> None:
    parent.falcon.check()

    asked = parent.calls()
    assert f"GET {QUERY}" in asked
    assert f"PATCH {GROUPS}" in asked


@pytest.mark.parametrize("missing", ["mssp:read", "mssp:write"])
def test_a_check_tells_which_scope_is_missing(missing: str) -> None:
    scopes = {"usermgmt:read", "usermgmt:write", "mssp:read", "mssp:write"} - {missing}

    with pytest.raises(VendorDenied, match=rf"Flight Control: \w+ \({missing}\)"):
        Parent(scopes=sorted(scopes)).falcon.check()


def test_a_group_is_created_with_its_description(parent: Parent) -> None:
    created = create(parent, named("Hunters", description="At night"))

    assert shown(parent, created) == ("Hunters", "At night")
    assert parent.calls() == [f"GET {QUERY}", f"POST {GROUPS}"]


def test_a_group_is_found_by_exactly_its_name(parent: Parent) -> None:
    """The vendor's search finds parts of names too."""
    longer = create(parent, named("SOC Night"))

    assert parent.falcon.find_entitlement("user-group", "SOC") == SOC
    assert parent.falcon.find_entitlement("user-group", "SOC Night") == longer
    assert parent.falcon.find_entitlement("user-group", "soc") is None


@pytest.mark.parametrize("refusal", ["reject", "207"])
def test_a_name_that_is_taken_is_a_conflict_however_it_is_refused(refusal: str) -> None:
    parent = Parent(duplicate_group_name=refusal)
    other = create(parent, named("Hunters"))

    with pytest.raises(VendorConflict):
        create(parent, named("SOC"))
    with pytest.raises(VendorConflict):
        parent.falcon.update_entitlement(other, [named("Hunters")], named("SOC"))


def test_any_other_refusal_keeps_its_reason(parent: Parent) -> None:
    refusal = '{"errors": [{"code": 400, "message": "too odd"}]}'
    parent.simulator.faults.add(Fault("*", GROUPS, status=400, body=refusal), count=2)

    for act in (
        lambda: create(parent, named("Hunters")),
        lambda: parent.falcon.update_entitlement(SOC, [named("SOC")], named("Hunters")),
    ):
        with pytest.raises(VendorRejected, match="too odd") as caught:
            act()
        assert not isinstance(caught.value, VendorConflict)


def test_a_group_beyond_the_limit_is_refused_before_the_vendor_is_asked(parent: Parent) -> None:
    groups = parent.control.user_groups
    for number in range(499):
        groups[f"{number:032x}"] = Group(f"{number:032x}", "", f"G{number}", "", (), 0.0)

    with pytest.raises(VendorRejected, match="allows 500 user groups, and there are 500"):
        create(parent, named("Hunters"))

    assert f"POST {GROUPS}" not in parent.calls()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_without_an_answer_is_not_repeated(parent: Parent, when: Any) -> None:
    parent.simulator.faults.add(Fault("POST", GROUPS, drop=True, when=when))

    with pytest.raises(OutcomeUnknown):
        create(parent, named("Hunters"))

    assert parent.calls().count(f"POST {GROUPS}") == 1


def test_an_answer_that_shows_no_group_leaves_open_what_happened(parent: Parent) -> None:
    empty = '{"meta": {}, "resources": []}'
    parent.simulator.faults.add(Fault("POST", GROUPS, status=200, body=empty))

    with pytest.raises(OutcomeUnknown, match="may have been created"):
        create(parent, named("Hunters"))


@pytest.mark.parametrize("missing", ["clear", "keep"])
def test_a_new_name_keeps_the_description_and_the_other_way_round(missing: str) -> None:
    parent = Parent(missing_description=missing)

    parent.falcon.update_entitlement(SOC, [named("SOC")], named("First"))
    assert shown(parent) == ("First", "First line")
    parent.falcon.update_entitlement(SOC, [named("x")], named("x", description="Night"))
    assert shown(parent) == ("First", "Night")
    parent.falcon.update_entitlement(SOC, [named("x", description="Night")], named("x"))

    assert shown(parent) == ("First", "")
    assert parent.members() == {TOMAS}


def test_what_is_as_wanted_already_is_not_sent(parent: Parent) -> None:
    parent.falcon.update_entitlement(SOC, [named("First")], named("SOC"))
    parent.falcon.update_entitlement(SOC, [named("First")], named("First"))

    assert parent.calls() == [f"GET {READ}"]


def test_changing_a_group_that_is_gone_is_told(parent: Parent) -> None:
    with pytest.raises(VendorNotFound):
        parent.falcon.update_entitlement(NO_GROUP, [named("a")], named("b"))


@pytest.mark.parametrize("policy", ["accept", "reject"])
def test_a_group_is_deleted_with_whoever_is_in_it(policy: str) -> None:
    parent = Parent(delete_group_with_members=policy)
    parent.grant(MARA)

    parent.falcon.delete_entitlement(SOC)

    assert parent.control.user_groups == {}
    assert parent.control.links == {}


def test_a_group_whose_members_are_not_shown_is_deleted_all_the_same(parent: Parent) -> None:
    nothing = '{"meta": {}, "resources": []}'
    parent.simulator.faults.add(Fault("GET", READ_MEMBERS, status=200, body=nothing))

    parent.falcon.delete_entitlement(SOC)

    assert parent.control.user_groups == {}


def test_a_group_with_a_member_who_is_gone_is_deleted_all_the_same(parent: Parent) -> None:
    refusal = '{"errors": [{"code": 404, "message": "no such user"}]}'
    parent.simulator.faults.add(Fault("DELETE", MEMBERS, status=404, body=refusal))

    parent.falcon.delete_entitlement(SOC)

    assert parent.control.user_groups == {}


@pytest.mark.parametrize("status", [207, 400, 404])
def test_deleting_what_is_gone_is_success(status: int) -> None:
    parent = Parent(mssp_single_bad_id=status)

    parent.falcon.delete_entitlement(NO_GROUP)
    parent.falcon.delete_entitlement(SOC)
    parent.falcon.delete_entitlement(SOC)

    assert parent.control.user_groups == {}


@pytest.mark.parametrize("status", [400, 404])
def test_a_group_that_goes_while_it_is_deleted_is_gone(parent: Parent, status: int) -> None:
    fault = Fault("DELETE", GROUPS, status=status, body='{"errors": [{"message": "no"}]}')
    parent.simulator.faults.add(fault)
    parent.simulator.faults.add(
        Fault("GET", QUERY, status=200, body='{"meta": {}, "resources": []}')
    )

    parent.falcon.delete_entitlement(SOC)


def test_a_group_that_the_vendor_does_not_delete_is_not_gone(parent: Parent) -> None:
    refusal = '{"errors": [{"code": 400, "message": "in use"}]}'
    parent.simulator.faults.add(Fault("DELETE", GROUPS, status=400, body=refusal))

    with pytest.raises(VendorRejected, match="in use"):
        parent.falcon.delete_entitlement(SOC)


def test_attributes_are_shown_for_all_groups_at_once(parent: Parent) -> None:
    bare = create(parent, named("Hunters"))
    parent.calls()

    shown = parent.falcon.entitlement_attributes([SOC, bare, NO_GROUP])

    assert shown == {SOC: SEEDED}
    assert len([each for each in parent.calls() if "/entities/" in each]) == 2


@pytest.mark.parametrize("native_id", ["", "..", "SOC", "a/b", f"{'0' * 32}\n"])
def test_what_cannot_be_the_id_of_a_group_is_refused_without_a_call(
    parent: Parent, native_id: str
) -> None:
    group = Entitlement("user-group", native_id)
    for act in (
        lambda: parent.falcon.delete_entitlement(group),
        lambda: parent.falcon.update_entitlement(group, [named("a")], named("b")),
    ):
        with pytest.raises(VendorRejected, match="is not the id of"):
            act()

    assert parent.calls() == []
