"""The deprecated user and role routes: what they do otherwise than the current ones."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from falcon_tenant import MARA, NOBODY, OKAFOR, TOMAS, Tenant, role

from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.interface import Account, Assignment, HeldGrant
from scimbridge.errors import PartialFailure, VendorConflict, VendorDenied, VendorNotFound
from scimbridge.simulation.faults import Fault

USERS = "/users/entities/users/v1"
ROLES = "/user-roles/entities/user-roles/v1"
BY_EMAIL = "/users/queries/user-uuids-by-email/v1"
EMAILS = "/users/queries/emails-by-cid/v1"
UUIDS = "/users/queries/user-uuids-by-cid/v1"
NEWCOMER = Account(user_name="New.Hire@example.com", given_name="New", family_name="Hire")


@pytest.fixture
def falcon(tenant: Tenant) -> FalconConnector:
    return legacy(tenant)


def legacy(tenant: Tenant, **changes: Any) -> FalconConnector:
    return tenant.connector(falcon_api="legacy", **changes)


def gateway_404(method: str) -> Fault:
    body = (
        '{"meta": {"powered_by": "crowdstrike-api-gateway", "trace_id": "t"},'
        ' "errors": [{"code": 404, "message": "404: Page Not Found"}]}'
    )
    headers = {"Content-Type": "application/json"}
    return Fault(status=404, method=method, body=body, headers=headers)


def test_no_current_route_is_called(tenant: Tenant, falcon: FalconConnector) -> None:
    falcon.check()
    list(falcon.accounts())
    list(falcon.entitlements())
    created = falcon.create_account(NEWCOMER, frozenset())
    wanted = [Assignment(created.native_id, role("help_desk"))]
    falcon.grant(wanted)
    falcon.grants(created.native_id)
    falcon.revoke(wanted)
    falcon.delete_account(created.native_id)

    assert not [call for call in tenant.asked() if "/user-management/" in call]


def test_an_account_looks_the_same_by_either_generation(tenant: Tenant) -> None:
    (old,) = [each for each in legacy(tenant).accounts() if each.native_id == MARA]
    current = tenant.connector().read_account(MARA)

    assert current is not None
    unknown_to_old = {"created": None, "last_modified": None, "attributes": {"status": "active"}}
    assert old == dataclasses.replace(current, **unknown_to_old)


def test_a_user_is_created_in_lower_case_with_both_names_and_without_a_password(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    secret = dataclasses.replace(NEWCOMER, secrets={"password": "hunter2"})

    falcon.create_account(secret, frozenset())

    body = tenant.simulator.log.requests()[-1].body
    assert '"uid":"new.hire@example.com"' in body
    assert ('"firstName":"New"' in body, '"lastName":"Hire"' in body) == (True, True)
    assert "password" not in body


def test_finding_a_user_takes_one_search_and_one_read(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    found = falcon.find_account("Mara.Lind@example.com")

    assert found is not None
    assert tenant.asked() == [f"GET {BY_EMAIL}", f"GET {USERS}"]


def test_who_is_not_found_is_looked_for_among_all_logins(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    assert falcon.find_account("nobody@example.com") is None

    assert tenant.asked() == [f"GET {BY_EMAIL}", f"GET {EMAILS}"]


@pytest.mark.parametrize("status", [400, 404])
def test_a_user_is_found_by_the_spelling_of_the_list_where_the_search_minds_case(
    tenant: Tenant, falcon: FalconConnector, status: int
) -> None:
    tenant.add("Jane.Doe@example.com")
    falcon.check()
    said = '{"meta": {}, "errors": [{"code": 404, "message": "no user with this uid"}]}'
    tenant.simulator.faults.add(Fault(status=status, route=BY_EMAIL, body=said))

    found = falcon.find_account("jane.doe@example.com")

    assert found is not None
    assert found.user_name == "Jane.Doe@example.com"


def test_many_users_are_read_a_hundred_at_a_time(tenant: Tenant, falcon: FalconConnector) -> None:
    tenant.add(*(f"u{n:03}@example.com" for n in range(200)))

    names = {each.user_name for each in falcon.accounts()}

    assert len(names) == 203
    assert tenant.asked() == [f"GET {UUIDS}", *[f"GET {USERS}"] * 3]


def test_users_of_a_child_cid_are_not_the_parents(tenant: Tenant) -> None:
    connector = legacy(tenant, flight_control=True)

    assert {each.native_id for each in connector.accounts()} == {MARA, TOMAS, OKAFOR}


def test_a_member_cid_is_a_target_of_its_own(tenant: Tenant) -> None:
    connector = legacy(tenant, member_cid="a17c3e5b90d2468f8b1e6c04f3d7a952", cid=None)

    assert [each.user_name for each in connector.accounts()] == ["pat.novak@north.example.com"]


def test_the_cid_is_found_out_from_the_users_where_it_may_not_be_asked_for() -> None:
    tenant = Tenant(scopes=["usermgmt:read", "usermgmt:write"])

    legacy(tenant, cid=None).check()

    assert f"GET {UUIDS}" in tenant.asked()


def test_every_assigned_role_counts_as_direct(falcon: FalconConnector) -> None:
    assert falcon.grants(OKAFOR) == {
        HeldGrant(role("falconhost_read_only")),
        HeldGrant(role("event_viewer")),
    }


def test_roles_of_one_user_are_given_and_taken_in_one_call_each(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    wanted = [Assignment(MARA, role(each)) for each in ("help_desk", "event_viewer")]

    falcon.grant(wanted)
    assert tenant.roles_of(MARA) == {"falconhost_admin", "help_desk", "event_viewer"}
    falcon.revoke(wanted)

    assert tenant.roles_of(MARA) == {"falconhost_admin"}
    assert tenant.asked() == [f"POST {ROLES}", f"DELETE {ROLES}"]


@pytest.mark.parametrize("status", [200, 409])
def test_taking_what_is_not_held_is_success_whatever_the_status(status: int) -> None:
    tenant = Tenant(repeated_grant_status=status)
    wanted = [Assignment(TOMAS, role(each)) for each in ("help_desk", "falconhost_analyst")]

    legacy(tenant).revoke(wanted)

    assert "falconhost_analyst" not in tenant.roles_of(TOMAS)


@pytest.mark.parametrize("answer", ["reject", "partial"])
def test_a_role_that_does_not_exist_fails_alone_whatever_the_answer(answer: str) -> None:
    tenant = Tenant(unknown_role_in_grant=answer)
    wanted = [Assignment(TOMAS, role(each)) for each in ("help_desk", "nope")]

    with pytest.raises(PartialFailure, match=r"1 of 2 changes failed.*nope") as caught:
        legacy(tenant).grant(wanted)

    assert set(caught.value.failures) == {wanted[1]}
    assert "help_desk" in tenant.roles_of(TOMAS)


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_uid_is_a_conflict_whatever_the_status(status: int) -> None:
    tenant = Tenant(duplicate_uid_status=status)

    with pytest.raises(VendorConflict):
        legacy(tenant).create_account(
            dataclasses.replace(NEWCOMER, user_name="Mara.Lind@example.com"), frozenset()
        )


@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_user_is_not_there_whatever_the_status(status: int) -> None:
    falcon = legacy(Tenant(unknown_user_status=status))

    assert falcon.read_account(NOBODY) is None
    falcon.delete_account(NOBODY)
    with pytest.raises(VendorNotFound):
        falcon.grants(NOBODY)
    with pytest.raises(VendorNotFound):
        falcon.update_account(dataclasses.replace(NEWCOMER, native_id=NOBODY), {"given_name"})


def test_a_route_that_the_vendor_has_retired_does_not_make_an_account_gone(
    tenant: Tenant, falcon: FalconConnector
) -> None:
    falcon.check()
    for method in ("GET", "DELETE"):
        tenant.simulator.faults.add(gateway_404(method), count=9)

    for look in (falcon.read_account, falcon.grants, falcon.delete_account):
        with pytest.raises(VendorDenied, match="no such route; check base_url and falcon_api"):
            look(MARA)


@pytest.mark.parametrize("scope", ["usermgmt:read", "usermgmt:write"])
def test_a_check_names_the_scope_that_is_missing(scope: str) -> None:
    scopes = {"usermgmt:read", "usermgmt:write", "sensor-installers:read"} - {scope}
    connector = legacy(Tenant(scopes=sorted(scopes)))

    with pytest.raises(VendorDenied, match=rf"User management: .* \({scope}\)"):
        connector.check()
