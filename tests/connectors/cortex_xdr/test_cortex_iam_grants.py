from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from cortex_tenant import (
    DANA,
    IAM,
    LENA,
    OMAR,
    RAJ,
    YUKI,
    CortexTenant,
    another_connector,
    grant,
    only_failure,
    open_tenant,
    revoke,
    role,
)

from scimbridge.connectors.interface import Assignment, Entitlement, HeldGrant, ManagedEntitlement
from scimbridge.errors import (
    AccessRemains,
    PartialFailure,
    VendorRejected,
    VendorUnavailable,
)

USER = "/platform/iam/v1/user/{user_email}"
LOOK, CHANGE = "GET user/{user_email}", "PATCH user/{user_email}"


def test_grants_tell_what_is_direct_what_an_idp_gave_and_what_comes_with_it(
    iam: CortexTenant,
) -> None:
    soc, level_1 = iam.group("SOC"), iam.group("SOC Level 1")

    held = iam.connector.grants(LENA)

    managed = "managed by the IdP (group okta-soc-l1)"
    assert held == {
        HeldGrant(role("investigator")),
        HeldGrant(soc),
        HeldGrant(role("investigator"), direct=False, via="user group SOC", source=soc),
        HeldGrant(level_1, direct=False, via=f"membership in SOC Level 1, {managed}"),
        HeldGrant(role("responder"), direct=False, via=f"user group SOC Level 1, {managed}"),
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


def test_a_role_made_after_the_roles_were_listed_can_be_given(iam: CortexTenant) -> None:
    iam.fails("GET /platform/iam/v1/role", count=1, status=200, body={"data": []})
    iam.connector.grants(YUKI)  # keeps a list of roles without this one
    assert iam.calls().count("GET role") == 1

    grant(iam, YUKI, role("viewer"))

    assert iam.role(YUKI) == "Viewer"


def test_a_group_made_a_moment_ago_by_another_process_can_be_given(iam: CortexTenant) -> None:
    iam.connector.grants(OMAR)  # keeps a list of groups without the new one
    with another_connector(iam) as elsewhere:
        created = elsewhere.create_entitlement("user-group", ManagedEntitlement("Fresh"))

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
    groups = [
        iam.connector.create_entitlement("user-group", ManagedEntitlement(f"G{n}"))
        for n in range(8)
    ]
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
