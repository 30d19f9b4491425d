from __future__ import annotations

import logging
from typing import Any

import pytest
from cortex_tenant import (
    DANA,
    IAM,
    LENA,
    NOA,
    OMAR,
    RAJ,
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
    VendorError,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

USER = "/platform/iam/v1/user/{user_email}"
LOOK, CHANGE = "GET user/{user_email}", "PATCH user/{user_email}"


def test_the_capabilities_are_those_of_a_tenant_where_all_but_existence_can_be_changed(
    iam: CortexTenant,
) -> None:
    capabilities = iam.connector.capabilities

    assert capabilities.account_attributes == {"given_name", "family_name"}
    assert capabilities.single_valued_kinds == {"role"}
    assert capabilities.managed_kinds == {"user-group"}
    assert capabilities.can_disable_accounts
    assert capabilities.revoke_on_disable
    assert not capabilities.can_create_accounts
    assert not capabilities.can_delete_accounts


def test_the_status_is_shown_and_makes_the_account_active_or_not(iam: CortexTenant) -> None:
    lena, noa = iam.connector.read_account(LENA), iam.connector.read_account(NOA)

    assert lena is not None
    assert noa is not None
    assert (lena.active, lena.attributes["status"]) == (True, "Active")
    assert (noa.active, noa.attributes["status"]) == (False, "Disabled")


def test_an_account_is_read_alone_and_searched_in_the_list_only_if_it_is_not_given(
    iam: CortexTenant,
) -> None:
    assert iam.connector.find_account(LENA.upper()) is not None
    assert iam.calls() == [LOOK]

    for _ in range(3):
        assert iam.connector.find_account("nobody@example.com") is None
    assert iam.calls().count("GET user") == 1


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_nobody_is_told_from_somebody_however_the_tenant_says_so(status: int) -> None:
    with open_tenant(IAM, switches={"unknown_user_status": status}) as tenant:
        assert tenant.connector.read_account("nobody@example.com") is None
        with pytest.raises(VendorNotFound):
            tenant.connector.grants("nobody@example.com")
        with pytest.raises(PartialFailure) as caught:
            grant(tenant, "nobody@example.com", role("viewer"))
        assert isinstance(only_failure(caught.value), VendorNotFound)
        tenant.connector.check()


# --- grants ----------------------------------------------------------------------------------


def test_grants_tell_what_is_direct_what_an_idp_gave_and_what_comes_with_it(
    iam: CortexTenant,
) -> None:
    soc, level_1 = iam.group("SOC"), iam.group("SOC Level 1")

    held = iam.connector.grants(LENA)

    managed = "the IdP (group okta-soc-l1)"
    assert held == {
        HeldGrant(role("investigator")),
        HeldGrant(soc),
        HeldGrant(role("investigator"), direct=False, via="user group SOC", source=soc),
        HeldGrant(level_1, direct=False, via=managed),
        HeldGrant(
            role("responder"), direct=False, via=f"user group SOC Level 1, managed by {managed}"
        ),
    }


def test_an_imported_group_cannot_be_revoked_and_says_who_manages_it(iam: CortexTenant) -> None:
    held = iam.connector.grants(YUKI)

    assert {(each.entitlement.kind, each.direct, each.source) for each in held} == {
        ("user-group", False, None),
        ("role", False, None),
    }
    assert all("Active Directory" in each.via for each in held)


def test_role_and_groups_of_a_user_change_in_one_call_between_two_looks(
    iam: CortexTenant,
) -> None:
    list(iam.connector.entitlements())
    iam.forget()

    grant(iam, OMAR, role("viewer"), iam.group("SOC"), iam.group("Threat Hunters"))

    assert iam.calls() == [LOOK, CHANGE, LOOK]
    assert iam.role(OMAR) == "Viewer"
    assert iam.groups(OMAR) == {"SOC", "Threat Hunters"}


def test_many_users_are_looked_at_together(iam: CortexTenant) -> None:
    wanted = [Assignment(each, role("viewer")) for each in (LENA, OMAR, RAJ, YUKI)]
    list(iam.connector.entitlements())
    iam.forget()

    iam.connector.grant(wanted)

    assert iam.calls() == ["GET user", *[CHANGE] * 4, "GET user"]
    assert {iam.role(each.account_id) for each in wanted} == {"Viewer"}


def test_revoking_leaves_the_other_groups_and_a_role_that_is_another(iam: CortexTenant) -> None:
    grant(iam, OMAR, iam.group("SOC"), iam.group("Threat Hunters"))

    revoke(iam, OMAR, iam.group("SOC"), role("viewer"))

    assert iam.groups(OMAR) == {"Threat Hunters"}
    assert iam.role(OMAR) == "Instance Administrator"


def test_a_member_by_idp_stays_one_and_does_not_become_a_direct_member(
    iam: CortexTenant,
) -> None:
    grant(iam, RAJ, iam.group("SOC"))
    assert iam.groups(RAJ, direct=True) == {"SOC"}
    assert iam.groups(RAJ, direct=False) == {"SOC Level 1"}

    revoke(iam, RAJ, iam.group("SOC"))
    assert iam.groups(RAJ, direct=True) == set()
    assert iam.groups(RAJ, direct=False) == {"SOC Level 1"}


def test_members_by_idp_of_a_group_are_not_touched_when_others_change(iam: CortexTenant) -> None:
    before = iam.rows(RAJ)

    grant(iam, OMAR, iam.group("SOC"), role("viewer"))

    assert iam.rows(RAJ) == before


def test_a_membership_given_by_hand_in_a_group_of_the_idp_is_lost_and_that_is_told(
    iam: CortexTenant, caplog: pytest.LogCaptureFixture
) -> None:
    """The API cannot tell it from one that the IdP gave: docs/decisions/0004."""
    grant(iam, LENA, iam.group("Threat Hunters"))

    assert iam.groups(LENA) == {"SOC", "Threat Hunters"}
    assert f"{LENA} is no longer in the user group SOC Level 1" in caplog.text


@pytest.mark.parametrize(
    ("name", "who"),
    [("SOC Level 1", "the IdP (group okta-soc-l1)"), ("AAD Security Readers", "Active Directory")],
)
def test_a_group_that_others_manage_is_neither_given_nor_taken(
    iam: CortexTenant, name: str, who: str
) -> None:
    with pytest.raises(PartialFailure) as caught:
        grant(iam, OMAR, iam.group(name))
    refused = only_failure(caught.value)

    member = RAJ if name == "SOC Level 1" else YUKI
    with pytest.raises(PartialFailure) as caught:
        revoke(iam, member, iam.group(name))
    remaining = only_failure(caught.value)

    assert isinstance(refused, VendorRejected)
    assert isinstance(remaining, AccessRemains)
    assert f"{who} manages the members" in refused.reason
    assert f"{who} manages the members" in remaining.reason
    assert iam.calls().count(CHANGE) == 0


@pytest.mark.parametrize("rejected", [False, True])
def test_taking_the_last_of_all_is_no_empty_update(rejected: bool) -> None:
    with open_tenant(IAM, switches={"empty_clears_rejected": rejected}) as tenant:
        grant(tenant, OMAR, tenant.group("SOC"))

        revoke(tenant, OMAR, role("instance_administrator"), tenant.group("SOC"))

        assert tenant.rows(OMAR) == []
        assert tenant.account(OMAR)["active"]


def test_taking_all_from_a_disabled_account_does_not_enable_it() -> None:
    with open_tenant(IAM) as tenant:
        tenant.connector.set_active(OMAR, active=False)

        revoke(tenant, OMAR, role("instance_administrator"))

        assert tenant.rows(OMAR) == []
        assert not tenant.account(OMAR)["active"]


@pytest.mark.parametrize("entitlement", [role("nope"), Entitlement("user-group", "nope")])
def test_what_the_tenant_does_not_have_is_looked_for_anew_and_then_refused(
    iam: CortexTenant, entitlement: Entitlement
) -> None:
    with pytest.raises(PartialFailure) as caught:
        grant(iam, OMAR, entitlement)

    assert isinstance(only_failure(caught.value), VendorRejected)
    assert CHANGE not in iam.calls()
    revoke(iam, OMAR, entitlement)


def test_a_group_made_a_moment_ago_elsewhere_can_be_given(iam: CortexTenant) -> None:
    iam.connector.grants(OMAR)
    with open_tenant(IAM) as elsewhere:
        del elsewhere  # another process would have its own connector to the same tenant
    other = CortexTenant(iam.simulator, iam.connector)
    created = other.connector.create_entitlement("user-group", "Fresh", "")

    grant(iam, OMAR, created)

    assert iam.groups(OMAR) == {"Fresh"}


def test_account_admin_is_neither_given_nor_taken_nor_replaced(iam: CortexTenant) -> None:
    for act, account_id, entitlement, kind in (
        (grant, OMAR, role("account_admin"), VendorRejected),
        (grant, DANA, role("viewer"), VendorRejected),
        (revoke, DANA, role("account_admin"), AccessRemains),
    ):
        with pytest.raises(PartialFailure) as caught:
            act(iam, account_id, entitlement)
        error = only_failure(caught.value)
        assert isinstance(error, kind)
        assert "Cortex Gateway" in error.reason

    assert iam.role(DANA) == "Account Admin"
    assert CHANGE not in iam.calls()


@pytest.mark.parametrize("twin", ["Viewer", "Investigator"])
def test_of_two_roles_of_one_name_the_one_that_was_asked_for_is_sent(twin: str) -> None:
    with open_tenant(IAM, switches={"gateway_twin": twin}) as tenant:
        twins = [
            each.entitlement
            for each in tenant.connector.entitlements()
            if each.display_name == twin
        ]
        assert len(twins) == 2

        for each in twins:
            tenant.forget()
            grant(tenant, LENA, each)
            (change,) = (seen for seen in tenant.simulator.log.requests() if seen.method == "PATCH")
            assert f'"{each.native_id}"' in change.body
            assert {*twins} <= {held.entitlement for held in tenant.connector.grants(LENA)}

        revoke(tenant, LENA, twins[0])
        assert tenant.role(LENA) == ""


def test_changes_of_one_account_by_several_threads_do_not_undo_each_other(
    iam: CortexTenant,
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    groups = [iam.connector.create_entitlement("user-group", f"G{n}", "") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: grant(iam, OMAR, each), groups))

    assert iam.groups(OMAR) == {f"G{n}" for n in range(8)}


@pytest.mark.parametrize("act", ["grant", "revoke"])
def test_a_change_that_is_accepted_and_not_shown_is_not_done(act: str, iam: CortexTenant) -> None:
    iam.fails(f"PATCH {USER}", status=200, body={"data": {"message": "User updated successfully"}})
    change = Assignment(OMAR, role("viewer" if act == "grant" else "instance_administrator"))

    with pytest.raises(PartialFailure) as caught:
        getattr(iam.connector, act)([change])

    kind = VendorUnavailable if act == "grant" else AccessRemains
    assert isinstance(only_failure(caught.value), kind)


# --- names -----------------------------------------------------------------------------------


def wanted(**names: str) -> tuple[Account, frozenset[str]]:
    return Account(user_name=LENA, native_id=LENA, **names), frozenset(names)


def test_names_are_set_and_looked_at(iam: CortexTenant) -> None:
    iam.connector.update_account(*wanted(given_name="Magda"))

    assert iam.calls() == [LOOK, CHANGE, LOOK]
    assert iam.account(LENA)["given_name"] == "Magda"
    assert iam.account(LENA)["family_name"] == "Fischer"


@pytest.mark.parametrize("rejected", [False, True])
def test_a_name_can_be_cleared(rejected: bool) -> None:
    with open_tenant(IAM, switches={"empty_clears_rejected": rejected}) as tenant:
        tenant.connector.update_account(*wanted(given_name=""))

        assert tenant.account(LENA)["given_name"] == ""


@pytest.mark.parametrize("names", ["ignore", "reject"])
def test_a_name_that_the_tenant_keeps_is_not_reported_as_set(names: str) -> None:
    with open_tenant(IAM, switches={"user_names": names}) as tenant:
        with pytest.raises(VendorRejected) as caught:
            tenant.connector.update_account(*wanted(given_name="Magda"))

        assert tenant.account(LENA)["given_name"] == "Lena"
        if names == "ignore":
            assert "write_names = false" in caught.value.reason


def test_names_can_be_left_to_sso() -> None:
    with open_tenant(IAM, write_names=False) as tenant:
        assert tenant.connector.capabilities.account_attributes == frozenset()

        tenant.connector.update_account(*wanted(given_name="Magda"))

        assert tenant.calls() == []


# --- status ----------------------------------------------------------------------------------


def test_an_account_is_disabled_and_enabled_again(iam: CortexTenant) -> None:
    iam.connector.set_active(LENA, active=False)
    assert not iam.account(LENA)["active"]

    iam.connector.set_active(LENA, active=True)
    assert iam.account(LENA)["active"]
    assert iam.role(LENA) == "Investigator"


def test_the_word_for_disabled_can_be_chosen() -> None:
    switches = {"disabled_word": "Inactive"}
    with open_tenant(IAM, switches=switches, disabled_status="Inactive") as tenant:
        tenant.connector.set_active(LENA, active=False)

        assert not tenant.account(LENA)["active"]


def test_a_word_for_disabled_that_the_tenant_does_not_know_leaves_access() -> None:
    with open_tenant(IAM, switches={"disabled_word": "Inactive"}) as tenant:
        with pytest.raises(AccessRemains):
            tenant.connector.set_active(LENA, active=False)

        assert tenant.account(LENA)["active"]


@pytest.mark.parametrize("reaction", ["reject", "ignore"])
def test_an_account_admin_cannot_be_disabled_and_that_is_told(reaction: str) -> None:
    with open_tenant(IAM, switches={"account_admin_users": reaction}) as tenant:
        with pytest.raises(AccessRemains, match="Cortex Gateway"):
            tenant.connector.set_active(DANA, active=False)

        assert tenant.account(DANA)["active"]


def test_an_account_that_is_gone_can_be_neither_disabled_nor_changed(iam: CortexTenant) -> None:
    with pytest.raises(VendorNotFound):
        iam.connector.set_active("nobody@example.com", active=False)
    with pytest.raises(VendorNotFound):
        iam.connector.update_account(
            Account(user_name="n", native_id="nobody@example.com"), frozenset({"given_name"})
        )


def test_enabling_that_the_tenant_accepts_and_does_not_show_is_not_done(
    iam: CortexTenant,
) -> None:
    iam.fails(f"PATCH {USER}", status=200, body={"data": {"message": "User updated successfully"}})

    with pytest.raises(VendorUnavailable, match="not active again"):
        iam.connector.set_active(NOA, active=True)


# --- check and trouble -----------------------------------------------------------------------


@pytest.mark.parametrize("permissions", [["access_management_view"], []])
def test_a_check_tells_that_the_key_has_too_little(permissions: list[str]) -> None:
    with (
        open_tenant(IAM, switches={"key_permissions": permissions}) as tenant,
        pytest.raises(VendorDenied, match="view and edit Access Management"),
    ):
        tenant.connector.check()


@pytest.mark.parametrize("absent", ["404", "html"])
def test_a_check_tells_that_the_tenant_is_of_the_other_generation(absent: str) -> None:
    switches = {"iam_absent": absent}
    with (
        open_tenant(3, switches=switches, generation="iam") as tenant,
        pytest.raises(VendorDenied, match='set "v1" or "auto"'),
    ):
        tenant.connector.check()


@pytest.mark.parametrize("route", ["user", "user-group", "role"])
@pytest.mark.parametrize("data", [None, {}, "x", 1])
def test_a_list_that_is_none_is_not_taken_for_an_empty_one(
    iam: CortexTenant, route: str, data: Any
) -> None:
    iam.fails(f"GET /platform/iam/v1/{route}", status=200, body={"data": data})

    with pytest.raises(VendorError):
        list(iam.connector.accounts() if route == "user" else iam.connector.entitlements())


@pytest.mark.parametrize(
    "switches",
    [
        {"listed_group_id": "number"},
        {"hidden_key": "hidden"},
        {"group_role_key": "role_name"},
        {"no_role": "null"},
        {"error_form": "details", "err_extra": "list"},
        {"error_form": "root"},
        {"error_form": "empty"},
        {"quotes": "escaped"},
    ],
    ids=str,
)
def test_every_documented_form_of_a_record_is_read(switches: dict[str, Any]) -> None:
    with open_tenant(IAM, switches=switches) as tenant:
        account = tenant.connector.find_account(LENA)
        grant(tenant, YUKI, tenant.group("SOC"), role("viewer"))
        grant(tenant, RAJ, tenant.group("SOC"))
        listed = {each.native_id: each for each in tenant.connector.accounts()}

        assert listed[LENA] == account
        assert tenant.role(YUKI) == "Viewer"
        assert tenant.groups(RAJ) == {"SOC", "SOC Level 1"}
        held = {
            each.entitlement: each.direct
            for each in tenant.connector.grants(RAJ)
            if each.entitlement.kind == "user-group"
        }
        assert held == {tenant.group("SOC"): True, tenant.group("SOC Level 1"): False}


def test_no_secret_and_no_address_reaches_the_log(
    iam: CortexTenant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="scimbridge.connectors")

    grant(iam, OMAR, role("viewer"))

    assert caplog.messages
    assert OMAR not in caplog.text
    assert iam.simulator.credentials["api_key"] not in caplog.text
