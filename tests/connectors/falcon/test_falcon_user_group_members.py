"""Who is in a user group, with each doubtful behaviour of the vendor."""

from __future__ import annotations

import pytest
from falcon_tenant import MARA, NOBODY, TOMAS
from parent import NO_GROUP, SOC, Parent

from scimbridge.connectors.interface import Assignment, Entitlement, HeldGrant
from scimbridge.errors import PartialFailure, VendorNotFound, VendorRejected, VendorUnavailable
from scimbridge.simulation.faults import Fault

MEMBERS = "/mssp/entities/user-group-members/v1"
GROUPS_OF = "/mssp/queries/user-group-members/v1"
READ_MEMBERS = "/mssp/entities/user-group-members/v2"


def test_the_vendors_limit_is_known_before_it_is_reached(parent: Parent) -> None:
    assert parent.falcon.capabilities.group_member_limits == {"user-group": 500}


def test_a_user_group_is_held_directly(parent: Parent) -> None:
    assert HeldGrant(SOC) in parent.falcon.grants(TOMAS)
    assert SOC not in {each.entitlement for each in parent.falcon.grants(MARA)}


def test_the_roles_that_a_user_group_gives_end_with_it() -> None:
    parent = Parent(grants_without_cid="all")

    inherited = [each for each in parent.falcon.grants(TOMAS) if not each.direct]

    assert [each.source for each in inherited] == [SOC]


def test_user_groups_and_roles_are_granted_together(parent: Parent) -> None:
    role = Entitlement("role", "help_desk")

    parent.falcon.grant([Assignment(MARA, role), Assignment(MARA, SOC)])

    assert parent.members() == {MARA, TOMAS}
    assert HeldGrant(role) in parent.falcon.grants(MARA)


def test_members_come_and_go_a_hundred_with_each_call(parent: Parent) -> None:
    people = parent.people(250)

    parent.grant(*people)
    assert parent.members() == {TOMAS, *people}
    parent.revoke(*people)

    assert parent.members() == {TOMAS}
    assert parent.calls() == [f"POST {MEMBERS}"] * 3 + [f"DELETE {MEMBERS}"] * 3


def test_a_uuid_is_sent_in_lower_case(parent: Parent) -> None:
    parent.grant(MARA.upper())

    assert parent.members() == {MARA, TOMAS}


@pytest.mark.parametrize("several", [207, 404])
@pytest.mark.parametrize("single", [207, 400, 404])
def test_a_user_who_is_gone_fails_alone(several: int, single: int) -> None:
    parent = Parent(mssp_bad_id_of_several=several, mssp_single_bad_id=single)

    with pytest.raises(PartialFailure) as caught:
        parent.grant(MARA, NOBODY)

    assert set(caught.value.failures) == {Assignment(NOBODY, SOC)}
    assert parent.members() == {MARA, TOMAS}


def test_an_error_that_names_nobody_is_laid_at_those_who_are_not_in(parent: Parent) -> None:
    vague = '{"meta": {}, "resources": [], "errors": [{"code": 400, "message": "some failed"}]}'
    parent.simulator.faults.add(Fault("POST", MEMBERS, status=207, body=vague))

    with pytest.raises(PartialFailure) as caught:
        parent.grant(MARA, TOMAS)

    failures = caught.value.failures
    assert list(failures) == [Assignment(MARA, SOC)]
    assert "some failed" in str(failures[Assignment(MARA, SOC)])


@pytest.mark.parametrize("status", [207, 400])
def test_a_failed_call_whose_effect_cannot_be_read_is_a_failure_for_all(
    parent: Parent, status: int
) -> None:
    vague = '{"meta": {}, "resources": [], "errors": [{"code": 400, "message": "some failed"}]}'
    parent.simulator.faults.add(Fault("DELETE", MEMBERS, status=status, body=vague))
    parent.simulator.faults.add(Fault("GET", READ_MEMBERS, status=503), count=9)

    with pytest.raises(PartialFailure) as caught:
        parent.revoke(MARA, TOMAS)

    assert {type(each) for each in caught.value.failures.values()} == {VendorUnavailable}
    assert len(caught.value.failures) == 2


def test_a_call_that_never_gets_through_is_a_failure_for_all(parent: Parent) -> None:
    parent.simulator.faults.add(Fault("*", MEMBERS, status=503), count=9)

    with pytest.raises(PartialFailure) as caught:
        parent.revoke(TOMAS)

    assert isinstance(caught.value.failures[Assignment(TOMAS, SOC)], VendorUnavailable)


@pytest.mark.parametrize("status", [207, 400, 404])
def test_joining_a_group_that_is_gone_fails_and_leaving_it_is_success(status: int) -> None:
    parent = Parent(mssp_single_bad_id=status)

    parent.revoke(TOMAS, group=NO_GROUP)
    with pytest.raises(PartialFailure) as caught:
        parent.grant(TOMAS, MARA, group=NO_GROUP)

    assert {type(each) for each in caught.value.failures.values()} == {VendorNotFound}


@pytest.mark.parametrize("status", [400, 404])
def test_leaving_a_group_that_is_refused_is_not_believed_because_nobody_is_shown_in_it(
    parent: Parent, status: int
) -> None:
    refusal = '{"meta": {}, "resources": [], "errors": [{"message": "no"}]}'
    nothing = '{"meta": {}, "resources": []}'
    parent.simulator.faults.add(Fault("DELETE", MEMBERS, status=status, body=refusal))
    parent.simulator.faults.add(Fault("GET", READ_MEMBERS, status=200, body=nothing))

    with pytest.raises(PartialFailure) as caught:
        parent.revoke(TOMAS)

    assert set(caught.value.failures) == {Assignment(TOMAS, SOC)}


@pytest.mark.parametrize("status", [200, 404])
def test_leaving_a_group_that_is_refused_is_believed_of_who_is_in_none(
    parent: Parent, status: int
) -> None:
    parent.revoke(TOMAS)
    nothing = '{"meta": {}, "resources": []}'
    refusal = '{"errors": [{"message": "no"}]}'
    parent.simulator.faults.add(Fault("DELETE", MEMBERS, status=404, body=refusal))
    parent.simulator.faults.add(Fault("GET", GROUPS_OF, status=status, body=nothing))

    parent.revoke(TOMAS)


@pytest.mark.parametrize("status", [400, 207])
def test_more_members_than_the_vendor_allows_are_refused_with_the_limit(status: int) -> None:
    parent = Parent(over_limit_status=status)
    people = parent.people(500)

    with pytest.raises(PartialFailure) as caught:
        parent.grant(*people)

    assert len(parent.members()) == 401
    assert len(caught.value.failures) == 100
    assert all("allows 500" in str(each) for each in caught.value.failures.values())


@pytest.mark.parametrize(
    "assignment", [Assignment(TOMAS, Entitlement("user-group", "SOC")), Assignment("x", SOC)]
)
def test_what_cannot_be_an_id_is_refused_before_a_request_is_made(
    parent: Parent, assignment: Assignment
) -> None:
    with pytest.raises(PartialFailure) as caught:
        parent.falcon.grant([assignment])

    assert isinstance(caught.value.failures[assignment], VendorRejected)
    assert parent.calls() == []


def test_no_request_ever_names_no_member() -> None:
    """What an empty list removes is not documented: perhaps everybody."""
    parent = Parent(empty_removal="everything")

    parent.falcon.revoke([])

    assert parent.members() == {TOMAS}
    assert parent.calls() == []


def test_the_catalogue_has_every_user_group(parent: Parent) -> None:
    (soc,) = [each for each in parent.falcon.entitlements() if each.entitlement == SOC]

    assert (soc.display_name, soc.description, soc.assignable) == ("SOC", "First line", True)


def test_the_legacy_routes_show_the_same() -> None:
    parent = Parent(falcon_api="legacy", over_limit_status=207)
    with pytest.raises(PartialFailure):
        parent.grant(*parent.people(500))

    assert SOC in {each.entitlement for each in parent.falcon.entitlements()}

    asked = set(parent.calls())
    assert {"GET /mssp/entities/user-groups/v1", f"GET {MEMBERS}"} <= asked
    assert not [each for each in asked if each.startswith("GET /mssp/entities") and "v2" in each]
