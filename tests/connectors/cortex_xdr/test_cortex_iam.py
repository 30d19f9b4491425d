from __future__ import annotations

import json
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
    role,
)

from scimbridge.connectors.interface import Account
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


# --- names -----------------------------------------------------------------------------------


def wanted(**names: str) -> tuple[Account, frozenset[str]]:
    return Account(user_name=LENA, native_id=LENA, **names), frozenset(names)


def test_names_are_set_and_looked_at(iam: CortexTenant) -> None:
    iam.connector.update_account(*wanted(given_name="Magda"))

    assert iam.calls() == [LOOK, CHANGE, LOOK]
    assert iam.account(LENA)["given_name"] == "Magda"
    assert iam.account(LENA)["family_name"] == "Fischer"


def test_names_that_are_shown_already_are_not_set_again(iam: CortexTenant) -> None:
    iam.connector.update_account(*wanted(given_name="Lena", family_name="Fischer"))

    assert iam.calls() == [LOOK]


def test_only_the_name_that_differs_is_set(iam: CortexTenant) -> None:
    iam.connector.update_account(*wanted(given_name="Lena", family_name="Roth"))

    (sent,) = [each for each in iam.simulator.log.requests() if each.method == "PATCH"]
    assert json.loads(sent.body) == {"request_data": {"user_last_name": "Roth"}}


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


def test_a_change_that_could_not_be_looked_at_is_seen_by_the_next_search(
    iam: CortexTenant,
) -> None:
    """On a tenant that does not give users singly, so that all is read from the list."""
    iam.fails(f"GET {USER}", status=404)
    assert iam.connector.find_account(LENA) is not None
    iam.fails("GET /platform/iam/v1/user", count=1, headers={"X-Nothing": "wrong"})
    iam.fails("GET /platform/iam/v1/user", count=3, status=503)

    with pytest.raises(VendorUnavailable):
        iam.connector.set_active(LENA, active=False)

    account = iam.connector.find_account(LENA)
    assert account is not None
    assert not account.active


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
