"""The connector against the simulated tenant, with each doubtful behaviour of the vendor."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from falcon_tenant import MARA, NOBODY, OKAFOR, TOMAS, Tenant, role

from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.interface import Account, Assignment, Entitlement
from scimbridge.errors import (
    PartialFailure,
    VendorConflict,
    VendorDenied,
    VendorNotFound,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)
from scimbridge.scim.attributes import user_type
from scimbridge.scim.filters import parse_filter
from scimbridge.simulation.faults import Fault

USERS = "/user-management/entities/users/v1"
ACTIONS = "/user-management/entities/user-role-actions/v1"
PAT_OF_THE_CHILD = "pat.novak@north.example.com"
NEWCOMER = Account(user_name="new.hire@example.com", given_name="New", family_name="Hire")


@pytest.fixture
def falcon(tenant: Tenant) -> FalconConnector:
    return tenant.connector()


def test_a_user_with_three_roles_takes_two_calls(tenant: Tenant, falcon: FalconConnector) -> None:
    roles = frozenset(map(role, ("event_viewer", "help_desk", "falconhost_read_only")))

    created = falcon.create_account(NEWCOMER, roles)
    falcon.grant([Assignment(created.native_id, each) for each in roles - created.granted])

    assert tenant.asked() == [f"POST {USERS}", f"POST {ACTIONS}"]
    assert tenant.roles_of(created.native_id) == {each.native_id for each in roles}


def test_a_password_never_leaves_the_bridge(tenant: Tenant, falcon: FalconConnector) -> None:
    secret = dataclasses.replace(NEWCOMER, secrets={"password": "hunter2"})

    falcon.create_account(secret, frozenset())

    assert "password" not in tenant.simulator.log.requests()[-1].body


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_uid_is_a_conflict_whatever_the_status(status: int) -> None:
    tenant = Tenant(duplicate_uid_status=status)

    with pytest.raises(VendorConflict):
        tenant.connector().create_account(
            dataclasses.replace(NEWCOMER, user_name="Mara.Lind@example.com"), frozenset()
        )


def test_a_uid_taken_in_a_child_cid_is_a_conflict(falcon: FalconConnector) -> None:
    taken = dataclasses.replace(NEWCOMER, user_name=PAT_OF_THE_CHILD)

    with pytest.raises(VendorConflict):
        falcon.create_account(taken, frozenset())


def test_a_user_that_the_vendor_does_not_want_is_rejected_with_its_reason() -> None:
    connector = Tenant(allowed_domains=["example.com"]).connector()
    stranger = dataclasses.replace(NEWCOMER, user_name="x@elsewhere.example")

    with pytest.raises(VendorRejected, match=f"POST {USERS}: .") as caught:
        connector.create_account(stranger, frozenset())

    assert not isinstance(caught.value, VendorConflict)
    assert caught.value.trace_id


@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_user_is_not_there_whatever_the_status(status: int) -> None:
    connector = Tenant(unknown_user_status=status).connector()

    connector.delete_account(NOBODY)
    with pytest.raises(VendorNotFound):
        connector.update_account(dataclasses.replace(NEWCOMER, native_id=NOBODY), {"given_name"})


def test_names_that_the_vendor_refuses_are_rejected(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    tenant.simulator.faults.add(Fault(status=400, method="PATCH"))

    with pytest.raises(VendorRejected):
        falcon.update_account(dataclasses.replace(NEWCOMER, native_id=MARA), {"given_name"})


def test_an_account_without_an_id_cannot_be_updated(falcon: FalconConnector) -> None:
    with pytest.raises(VendorRejected, match="has no native id"):
        falcon.update_account(NEWCOMER, frozenset({"given_name"}))


def test_changing_one_name_keeps_the_other(falcon: FalconConnector) -> None:
    mara = falcon.read_account(MARA)
    assert mara is not None

    falcon.update_account(dataclasses.replace(mara, given_name="Maria"), frozenset({"given_name"}))

    changed = falcon.read_account(MARA)
    assert changed is not None
    assert (changed.given_name, changed.family_name) == ("Maria", mara.family_name)


@pytest.mark.parametrize("switches", [{}, {"fql_case_sensitive": True}])
def test_a_user_is_found_whether_or_not_the_vendor_minds_case(switches: dict[str, Any]) -> None:
    found = Tenant(**switches).connector().find_account("Mara.Lind@Example.COM")

    assert found is not None
    assert found.native_id == MARA


def test_finding_a_user_takes_one_query_and_one_read(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    falcon.find_account("mara.lind@example.com")

    assert len(tenant.asked()) == 2


@pytest.mark.parametrize("api", ["current", "legacy"])
def test_a_user_who_is_gone_and_whom_the_search_still_shows_is_not_found(api: str) -> None:
    tenant = Tenant(search_lag_s=90.0)
    falcon = tenant.connector(falcon_api=api)
    before = falcon.find_account("mara.lind@example.com")
    falcon.delete_account(MARA)
    tenant.simulator.log.clear()

    assert before is not None
    assert falcon.find_account("mara.lind@example.com") is None
    assert len(tenant.asked()) == 2  # the second one read what the first one showed


def test_a_quote_in_a_login_is_found(tenant: Tenant, falcon: FalconConnector) -> None:
    tenant.add("o'brien@example.com")

    found = falcon.find_account("O'Brien@example.com")

    assert found is not None
    assert found.user_name == "o'brien@example.com"


def test_a_login_that_cannot_be_said_in_a_query_is_found_by_looking_at_all(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    tenant.add("jané@example.com")

    found = falcon.find_account("Jané@example.com")

    assert found is not None
    assert found.user_name == "jané@example.com"


def test_a_filter_narrows_what_is_read(tenant: Tenant, falcon: FalconConnector) -> None:
    where = parse_filter('userName sw "mara" and active eq true', user_type())

    assert [each.native_id for each in falcon.accounts(where)] == [MARA]


def test_a_tenant_of_many_pages_is_read_completely(tenant: Tenant, falcon: FalconConnector) -> None:
    tenant.add(*(f"u{n:04}@example.com" for n in range(1200)))

    names = [each.user_name for each in falcon.accounts()]

    assert len(names) == len(set(names)) == 1203
    assert len(tenant.asked()) == 6


@pytest.mark.parametrize("flight_control", [True, False])
def test_users_of_a_child_cid_are_not_the_parents(flight_control: bool) -> None:
    connector = Tenant().connector(flight_control=flight_control)

    assert PAT_OF_THE_CHILD not in {each.user_name for each in connector.accounts()}
    assert connector.find_account(PAT_OF_THE_CHILD) is None


def test_a_member_cid_is_a_target_of_its_own(tenant: Tenant) -> None:
    child = "a17c3e5b90d2468f8b1e6c04f3d7a952"
    connector = tenant.connector(member_cid=child, cid=None)

    assert PAT_OF_THE_CHILD in {each.user_name for each in connector.accounts()}


def test_the_catalogue_says_which_roles_can_be_given(falcon: FalconConnector) -> None:
    catalogue = {each.entitlement.native_id: each for each in falcon.entitlements()}

    assert catalogue["falconhost_admin"].assignable
    assert catalogue["falconhost_admin"].display_name != "falconhost_admin"


@pytest.mark.parametrize("grant_type", ["direct", "flight_control", ""])
def test_roles_through_a_user_group_are_inherited(grant_type: str) -> None:
    tenant = Tenant(derived_grant_type=grant_type, grants_without_cid="all")

    inherited = [grant for grant in tenant.connector().grants(TOMAS) if not grant.direct]

    (grant,) = inherited
    assert grant.entitlement == role("falconhost_read_only")
    assert grant.source == Entitlement("user-group", "2b7e9d40c6f1483fa5d8e03b71c9f624")
    assert grant.via.startswith("user group SOC, CID group North")


def test_a_temporary_role_shows_its_end(falcon: FalconConnector) -> None:
    ends = {grant.entitlement.native_id: grant.expires for grant in falcon.grants(OKAFOR)}

    assert ends["event_viewer"] is not None
    assert ends["falconhost_read_only"] is None


@pytest.mark.parametrize("status", [200, 409])
def test_granting_what_is_held_is_success_whatever_the_status(status: int) -> None:
    tenant = Tenant(repeated_grant_status=status)

    tenant.connector().grant(
        [Assignment(TOMAS, role("falconhost_analyst")), Assignment(TOMAS, role("help_desk"))]
    )

    assert {"falconhost_analyst", "help_desk"} <= tenant.roles_of(TOMAS)


@pytest.mark.parametrize("answer", ["reject", "partial"])
def test_a_role_that_does_not_exist_fails_alone_whatever_the_answer(answer: str) -> None:
    tenant = Tenant(unknown_role_in_grant=answer)
    wanted = [Assignment(TOMAS, role(each)) for each in ("help_desk", "nope", "event_viewer")]

    with pytest.raises(PartialFailure, match=r"1 of 3 changes failed.*nope") as caught:
        tenant.connector().grant(wanted)

    assert set(caught.value.failures) == {wanted[1]}
    assert {"help_desk", "event_viewer"} <= tenant.roles_of(TOMAS)


def test_more_than_a_hundred_roles_go_in_chunks(tenant: Tenant, falcon: FalconConnector) -> None:
    wanted = [Assignment(TOMAS, role(f"r{n}")) for n in range(150)]

    with pytest.raises(PartialFailure) as caught:
        falcon.grant(wanted)

    sizes = [each.body.count('"r') - 1 for each in tenant.simulator.log.requests()]
    assert max(sizes) <= 101
    assert set(caught.value.failures) == set(wanted)


def test_a_kind_that_falcon_does_not_have_fails_alone(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    odd = Assignment(TOMAS, Entitlement("site", "1"))

    with pytest.raises(PartialFailure, match="no entitlements of the kind 'site'"):
        falcon.grant([odd, Assignment(TOMAS, role("help_desk"))])

    assert "help_desk" in tenant.roles_of(TOMAS)


def test_a_thousand_members_are_one_call_each(tenant: Tenant, falcon: FalconConnector) -> None:
    tenant.add(*(f"u{n}@example.com" for n in range(200)))
    ids = [each["native_id"] for each in tenant.simulator.state.snapshot()["accounts"]][-200:]

    falcon.grant([Assignment(each, role("help_desk")) for each in ids])

    assert tenant.asked() == [f"POST {ACTIONS}"] * 200
    assert all(tenant.roles_of(each) == {"help_desk"} for each in ids)


def test_a_check_names_the_write_scope_that_is_missing() -> None:
    connector = Tenant(scopes=["usermgmt:read", "sensor-installers:read"]).connector()

    with pytest.raises(VendorDenied, match=r"User management: write \(usermgmt:write\)"):
        connector.check()


@pytest.mark.parametrize("text", ["new", "old"])
def test_a_missing_scope_is_a_matter_of_configuration(text: str) -> None:
    connector = Tenant(scopes=["mssp:read"], scope_message=text).connector()

    with pytest.raises(VendorDenied, match=r"User management: read \(usermgmt:read\)"):
        list(connector.accounts())


@pytest.mark.parametrize("style", ["usual", "null"])
def test_a_success_is_one_however_it_says_that_nothing_failed(style: str) -> None:
    tenant = Tenant(success_errors=style)

    assert len(list(tenant.connector().accounts())) == 3


@pytest.mark.parametrize("garbage", ["html", "empty"])
def test_garbage_is_trouble_and_not_an_empty_tenant(garbage: str) -> None:
    tenant = Tenant()
    connector = tenant.connector()
    connector.check()
    tenant.simulator.switches.set({"garbage": garbage})

    with pytest.raises(VendorUnavailable):
        list(connector.accounts())


@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
def test_a_rate_limit_says_when_in_either_unit(unit: str) -> None:
    tenant = Tenant(retry_after=unit, rate_limit_per_minute=2)
    connector = tenant.connector()

    connector.read_account(MARA)

    with pytest.raises(VendorRateLimited) as caught:
        list(connector.entitlements())

    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 61


def test_tokens_that_expire_are_renewed_without_anybody_noticing() -> None:
    tenant = Tenant(token_lifetime_s=1799)
    connector = tenant.connector()
    connector.read_account(MARA)
    tenant.simulator.faults.add(Fault(status=401, method="POST"))

    assert connector.read_account(MARA) is not None


def test_capabilities_say_what_falcon_cannot(falcon: FalconConnector) -> None:
    capabilities = falcon.capabilities

    assert capabilities.account_attributes == {"given_name", "family_name"}
    assert capabilities.entitlement_kinds == ("role",)
    assert not capabilities.can_disable_accounts
    assert capabilities.revoke_on_disable
    assert not capabilities.can_rename_accounts
    assert capabilities.settle_seconds == 90


def test_the_breaker_can_be_read(falcon: FalconConnector) -> None:
    assert falcon.breaker.state == "closed"
