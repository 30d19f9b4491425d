from __future__ import annotations

import logging
from datetime import datetime

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

from scimbridge.connectors.interface import Account, Assignment, Entitlement, HeldGrant
from scimbridge.errors import (
    AccessRemains,
    PartialFailure,
    VendorDenied,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)


def test_the_capabilities_are_those_of_a_tenant_where_only_roles_can_be_changed(
    v1: CortexTenant,
) -> None:
    capabilities = v1.connector.capabilities

    assert capabilities.account_attributes == frozenset()
    assert capabilities.single_valued_kinds == {"role"}
    assert capabilities.managed_kinds == frozenset()
    assert capabilities.revoke_on_disable
    assert not capabilities.can_disable_accounts
    assert not capabilities.can_create_accounts
    assert not capabilities.can_delete_accounts


def test_an_account_is_known_by_its_address_in_lower_case_and_shown_as_spelled(
    v1: CortexTenant,
) -> None:
    account = v1.connector.find_account("LENA.fischer@example.COM")

    assert account is not None
    assert account.native_id == LENA
    assert account.user_name == "Lena.Fischer@example.com"
    assert account.email == account.user_name
    assert (account.given_name, account.family_name) == ("Lena", "Fischer")
    assert account.active


def test_type_and_last_login_are_attributes_of_the_extension(v1: CortexTenant) -> None:
    account = v1.connector.read_account(OMAR)

    assert account is not None
    assert account.attributes["userType"] == "CSP / SSO"
    assert account.attributes["lastLogin"].endswith("Z")
    assert datetime.fromisoformat(account.attributes["lastLogin"]).tzinfo is not None


# --- catalogue -------------------------------------------------------------------------------


def test_roles_that_nobody_holds_are_found_by_the_names_in_the_settings(v1: CortexTenant) -> None:
    roles = {
        each.display_name: each
        for each in v1.connector.entitlements()
        if each.entitlement.kind == "role"
    }

    assert roles.keys() >= {"Investigator", "Responder", "Viewer", "Security Admin"}
    assert "Night Shift" not in roles
    assert roles["Viewer"].description == "Sees alerts and reports"
    assert roles["Viewer"].entitlement == role("Viewer")


def test_account_admin_is_shown_and_not_assignable(v1: CortexTenant) -> None:
    (admin,) = (
        each for each in v1.connector.entitlements() if each.entitlement == role("Account Admin")
    )

    assert not admin.assignable


def test_a_name_that_no_role_has_spoils_nothing() -> None:
    with open_tenant(V1, role_names=("Night Shift", "No Such Role", "Viewer")) as tenant:
        found = {each.entitlement.native_id for each in tenant.connector.entitlements()}

    assert found >= {"Night Shift", "Viewer", "Investigator"}
    assert "No Such Role" not in found


def test_roles_are_asked_for_by_twenty() -> None:
    names = tuple(f"Role {number}" for number in range(41))
    with open_tenant(V1, role_names=names) as tenant:
        tenant.fails("POST /public_api/v1/rbac/get_roles", status=200, body={"reply": []})

        list(tenant.connector.entitlements())

        assert tenant.calls().count("POST get_roles") == 3


def test_user_groups_with_members_are_shown_and_not_assignable(v1: CortexTenant) -> None:
    groups = {
        each.display_name: each
        for each in v1.connector.entitlements()
        if each.entitlement.kind == "user-group"
    }

    assert groups.keys() == {"SOC", "SOC Level 1", "AAD Security Readers"}
    assert groups["SOC"].description == "First line"
    assert groups["SOC"].entitlement == Entitlement("user-group", "SOC")
    assert not any(each.assignable for each in groups.values())


# --- grants ----------------------------------------------------------------------------------


def test_grants_tell_the_direct_role_the_groups_and_what_comes_through_them(
    v1: CortexTenant,
) -> None:
    held = v1.connector.grants(LENA)

    assert HeldGrant(role("Investigator")) in held
    groups = {each for each in held if each.entitlement.kind == "user-group"}
    assert {each.entitlement.native_id for each in groups} == {"SOC", "SOC Level 1"}
    assert not any(each.direct for each in groups)
    assert all(each.source is None and "read-only" in each.via for each in groups)
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


# --- what the vendor cannot do ---------------------------------------------------------------


def test_creating_is_refused_and_says_how_people_are_added(v1: CortexTenant) -> None:
    with pytest.raises(VendorRejected, match="Customer Support Portal"):
        v1.connector.create_account(Account(user_name="new@example.com"), frozenset())

    assert v1.calls() == []


def test_deleting_is_refused_unless_the_account_is_gone(v1: CortexTenant) -> None:
    v1.connector.delete_account("nobody@example.com")

    with pytest.raises(VendorRejected, match="no API to delete users"):
        v1.connector.delete_account(LENA)


def test_names_status_and_groups_cannot_be_changed(v1: CortexTenant) -> None:
    connector = v1.connector
    changed = Account(user_name=LENA, native_id=LENA, given_name="Magda")

    connector.update_account(changed, frozenset({"given_name", "password"}))
    for refused in (
        lambda: connector.set_active(LENA, active=False),
        lambda: connector.create_entitlement("user-group", "New", ""),
        lambda: connector.update_entitlement(Entitlement("user-group", "SOC"), "New", ""),
        lambda: connector.delete_entitlement(Entitlement("user-group", "SOC")),
        lambda: connector.create_entitlement("role", "New", ""),
    ):
        with pytest.raises(VendorRejected):
            refused()

    assert not [call for call in v1.calls() if call != "POST get_users"]


# --- check and trouble -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "remedy"),
    [
        ({"licence": "prevent"}, "licence"),
        ({"key_permissions": ["access_management_view"]}, "view and edit Access Management"),
        ({"key_permissions": []}, "view and edit Access Management"),
    ],
    ids=["licence", "read-only key", "key without rights"],
)
def test_a_check_tells_what_is_missing(switches: dict[str, object], remedy: str) -> None:
    with open_tenant(V1, switches=switches) as tenant, pytest.raises(VendorDenied, match=remedy):
        tenant.connector.check()


@pytest.mark.parametrize("unknown", ["reject", "ignore"])
def test_a_check_passes_whatever_an_unknown_address_is_answered_by(unknown: str) -> None:
    with open_tenant(V1, switches={"unknown_email": unknown}) as tenant:
        tenant.connector.check()


def test_a_tenant_without_any_users_is_not_believed(v1: CortexTenant) -> None:
    v1.fails("POST /public_api/v1/rbac/get_users", status=200, body={"reply": []})

    with pytest.raises(VendorUnavailable, match="no users at all"):
        v1.connector.read_account(LENA)


def test_the_list_of_users_serves_several_searches_and_is_read_anew_after_a_change(
    v1: CortexTenant,
) -> None:
    for each in (LENA, OMAR, "nobody@example.com"):
        v1.connector.find_account(each)
    assert v1.calls() == ["POST get_users"]

    grant(v1, LENA, role("Viewer"))
    v1.forget()
    v1.connector.find_account(LENA)

    assert v1.calls() == []  # the look after the change is what is kept


def test_no_request_of_this_generation_leaves_its_routes(
    v1: CortexTenant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    v1.connector.check()
    list(v1.connector.entitlements())
    v1.connector.grants(LENA)
    grant(v1, LENA, role("Viewer"))

    assert all("/public_api/v1/rbac/" in each.path for each in v1.simulator.log.requests())
