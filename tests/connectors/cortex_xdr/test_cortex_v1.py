from __future__ import annotations

import logging
from datetime import datetime

import pytest
from cortex_tenant import (
    LENA,
    OMAR,
    V1,
    YUKI,
    CortexTenant,
    grant,
    only_failure,
    open_tenant,
    role,
)

from scimbridge.connectors.interface import Account, Entitlement, ManagedEntitlement
from scimbridge.errors import (
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


def test_predefined_roles_are_shown_although_nobody_holds_them(v1: CortexTenant) -> None:
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


def test_custom_roles_that_nobody_holds_are_found_by_the_names_in_the_settings() -> None:
    with open_tenant(V1, role_names=("Night Shift", "No Such Role")) as tenant:
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
    new = ManagedEntitlement("New")

    connector.update_account(changed, frozenset({"given_name", "password"}))
    for refused in (
        lambda: connector.set_active(LENA, active=False),
        lambda: connector.create_entitlement("user-group", new),
        lambda: connector.update_entitlement(Entitlement("user-group", "SOC"), [], new),
        lambda: connector.delete_entitlement(Entitlement("user-group", "SOC")),
        lambda: connector.create_entitlement("role", new),
        lambda: connector.find_entitlement("role", "New"),
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


@pytest.mark.parametrize(
    "switches",
    [
        {"no_role": "null"},
        {"roles_form": "flat"},
        {"group_reply": "data"},
        {"group_pretty_name": "group"},
        {"user_groups_form": "objects"},
        {"scope_form": "object"},
        {"update_count_form": "number"},
        {"error_form": "root"},
        {"error_form": "details", "err_extra": "list"},
        {"quotes": "escaped"},
        {"set_role_unknown_status": 404},
    ],
    ids=str,
)
def test_every_documented_form_of_an_answer_is_read(switches: dict[str, object]) -> None:
    with open_tenant(V1, switches=switches, role_names=("Night Shift", "Nope")) as tenant:
        catalogue = {
            str(each.entitlement): each.description for each in tenant.connector.entitlements()
        }
        grant(tenant, YUKI, role("Night Shift"))
        groups = {
            each.entitlement.native_id
            for each in tenant.connector.grants(LENA)
            if each.entitlement.kind == "user-group"
        }
        with pytest.raises(PartialFailure) as caught:
            grant(tenant, OMAR, role("Nope"))

        assert catalogue["role:Night Shift"] == "Custom role of Example Corp"
        assert catalogue["user-group:SOC"] == "First line"
        assert "role:Nope" not in catalogue
        assert groups == {"SOC", "SOC Level 1"}
        assert tenant.role(YUKI) == "Night Shift"
        assert isinstance(only_failure(caught.value), VendorNotFound)


def test_a_role_that_the_tenant_calls_otherwise_is_not_reported_as_given() -> None:
    with open_tenant(V1, switches={"set_role_by": "role_id"}) as tenant:
        with pytest.raises(PartialFailure):
            grant(tenant, LENA, role("Viewer"))

        assert tenant.role(LENA) == "Investigator"
