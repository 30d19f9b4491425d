from __future__ import annotations

import pytest
from cortex_tenant import (
    DANA,
    LENA,
    OMAR,
    RAJ,
    V1,
    YUKI,
    CortexTenant,
    grant,
    only_failure,
    open_tenant,
    revoke,
    role,
)

from scimbridge.connectors.interface import Assignment, Entitlement, HeldGrant
from scimbridge.errors import (
    AccessRemains,
    PartialFailure,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)


def test_grants_tell_the_direct_role_the_groups_and_what_comes_through_them(
    v1: CortexTenant,
) -> None:
    held = v1.connector.grants(LENA)

    assert HeldGrant(role("Investigator")) in held
    groups = {each for each in held if each.entitlement.kind == "user-group"}
    assert {each.entitlement.native_id for each in groups} == {"SOC", "SOC Level 1"}
    assert not any(each.direct for each in groups)
    assert all(each.source is None and "cannot change" in each.via for each in groups)
    inherited = {each for each in held if each.entitlement == role("Responder")}
    assert {(each.direct, each.via) for each in inherited} == {(False, "user group SOC Level 1")}


def test_one_role_for_many_takes_one_call_between_two_looks(v1: CortexTenant) -> None:
    wanted = [Assignment(each, role("Viewer")) for each in (LENA, OMAR, RAJ, YUKI)]

    v1.connector.grant(wanted)

    assert v1.calls() == ["POST get_users", "POST set_user_role", "POST get_users"]
    assert {v1.role(each.account_id) for each in wanted} == {"Viewer"}


def test_revoking_takes_the_role_only_if_it_is_the_one_held(v1: CortexTenant) -> None:
    revoke(v1, LENA, role("Viewer"))
    assert v1.role(LENA) == "Investigator"

    revoke(v1, LENA, role("Investigator"))
    assert v1.role(LENA) == ""


def test_granting_what_is_held_makes_no_change_and_one_look(v1: CortexTenant) -> None:
    grant(v1, LENA, role("Investigator"))

    assert v1.calls() == ["POST get_users"]


def test_many_users_are_changed_in_calls_of_a_hundred(v1: CortexTenant) -> None:
    for number in range(150):
        v1.simulator.state.add_account({"user_name": f"user{number}@example.com"})

    v1.connector.grant(
        [Assignment(f"user{number}@example.com", role("Viewer")) for number in range(150)]
    )

    assert v1.calls().count("POST set_user_role") == 2
    assert v1.role("user149@example.com") == "Viewer"


@pytest.mark.parametrize("status", [500, 400, 403])
def test_account_admin_is_never_given(status: int) -> None:
    with open_tenant(V1, switches={"protected_role_status": status}) as tenant:
        with pytest.raises(PartialFailure) as caught:
            grant(tenant, LENA, role("Account Admin"))

        error = only_failure(caught.value)
        assert isinstance(error, VendorRejected)
        assert "Cortex Gateway" in error.reason
        assert tenant.role(LENA) == "Investigator"


def test_an_account_admin_is_given_nothing_else(v1: CortexTenant) -> None:
    with pytest.raises(PartialFailure) as caught:
        grant(v1, DANA, role("Viewer"))

    assert isinstance(only_failure(caught.value), VendorRejected)
    assert v1.role(DANA) == "Account Admin"


def test_what_an_account_admin_keeps_is_told(v1: CortexTenant) -> None:
    with pytest.raises(PartialFailure) as caught:
        revoke(v1, DANA, role("Account Admin"))

    error = only_failure(caught.value)
    assert isinstance(error, AccessRemains)
    assert "Cortex Gateway" in error.reason


def test_a_user_group_cannot_be_given(v1: CortexTenant) -> None:
    with pytest.raises(PartialFailure) as caught:
        grant(v1, OMAR, Entitlement("user-group", "SOC"))

    error = only_failure(caught.value)
    assert isinstance(error, VendorRejected)
    assert "read-only on this tenant" in error.reason


def test_a_user_group_cannot_be_taken_and_its_access_is_told(v1: CortexTenant) -> None:
    with pytest.raises(PartialFailure) as caught:
        revoke(v1, LENA, Entitlement("user-group", "SOC"))

    error = only_failure(caught.value)
    assert isinstance(error, AccessRemains)
    assert "read-only on this tenant" in error.reason


def test_a_group_that_is_not_held_is_revoked_already(v1: CortexTenant) -> None:
    revoke(v1, OMAR, Entitlement("user-group", "SOC"))


def test_an_unknown_kind_is_refused_without_a_call(v1: CortexTenant) -> None:
    with pytest.raises(PartialFailure) as caught:
        grant(v1, OMAR, Entitlement("site", "1"))

    assert isinstance(only_failure(caught.value), VendorRejected)
    assert v1.calls() == []


def test_one_refused_user_does_not_spoil_the_call_for_the_others(v1: CortexTenant) -> None:
    """Somebody leaves between the look and the change: the call is halved until it is found."""
    v1.fails(
        "POST /public_api/v1/rbac/set_user_role",
        count=1,
        status=500,
        body={"reply": {"err_code": 500, "err_msg": "x", "err_extra": "User 'x' was not found"}},
    )

    v1.connector.grant([Assignment(each, role("Viewer")) for each in (LENA, OMAR, RAJ, YUKI)])

    assert v1.calls().count("POST set_user_role") == 3
    assert {v1.role(each) for each in (LENA, OMAR, RAJ, YUKI)} == {"Viewer"}


def test_an_unknown_role_is_asked_for_once_however_many_are_to_get_it(v1: CortexTenant) -> None:
    with pytest.raises(PartialFailure) as caught:
        v1.connector.grant([Assignment(each, role("Nope")) for each in (LENA, OMAR, RAJ, YUKI)])

    assert len(caught.value.failures) == 4
    assert all(isinstance(each, VendorNotFound) for each in caught.value.failures.values())
    assert v1.calls().count("POST set_user_role") == 1


def test_a_grant_that_is_accepted_and_not_shown_is_not_done(v1: CortexTenant) -> None:
    v1.fails(
        "POST /public_api/v1/rbac/set_user_role", status=200, body={"reply": {"update_count": "1"}}
    )

    with pytest.raises(PartialFailure) as caught:
        grant(v1, LENA, role("Viewer"))

    assert isinstance(only_failure(caught.value), VendorUnavailable)


def test_a_revocation_that_is_accepted_and_not_shown_leaves_access(v1: CortexTenant) -> None:
    v1.fails(
        "POST /public_api/v1/rbac/set_user_role", status=200, body={"reply": {"update_count": "1"}}
    )

    with pytest.raises(PartialFailure) as caught:
        revoke(v1, LENA, role("Investigator"))

    assert isinstance(only_failure(caught.value), AccessRemains)


def test_a_revocation_that_is_refused_leaves_access(v1: CortexTenant) -> None:
    v1.fails("POST /public_api/v1/rbac/set_user_role", status=400)

    with pytest.raises(PartialFailure) as caught:
        revoke(v1, LENA, role("Investigator"))

    assert isinstance(only_failure(caught.value), AccessRemains)


def test_a_change_whose_success_was_answered_by_an_error_counts_as_done(v1: CortexTenant) -> None:
    v1.fails("POST /public_api/v1/rbac/set_user_role", status=500, when="after")

    grant(v1, LENA, role("Viewer"))

    assert v1.role(LENA) == "Viewer"


def test_what_cannot_be_looked_at_again_is_not_reported_as_done(v1: CortexTenant) -> None:
    look = "POST /public_api/v1/rbac/get_users"
    v1.fails(look, count=1, headers={"X-Nothing": "wrong"})
    v1.fails(look, status=503)

    with pytest.raises(PartialFailure) as caught:
        revoke(v1, LENA, role("Investigator"))

    assert isinstance(only_failure(caught.value), VendorUnavailable)
    assert v1.role(LENA) == ""
