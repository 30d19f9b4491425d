"""Response policies and their members: what a connector is asked for, and shows."""

from __future__ import annotations

import pytest
from falcon_tenant import Tenant
from policies import (
    COMBINED,
    ENTITIES,
    MEMBER,
    NOBODYS,
    POLICY,
    QUERY,
    WINDOWS_DEFAULT,
    of_the_parent,
    read,
)

from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.simulator.policy_settings import PLATFORMS
from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS
from scimbridge.connectors.falcon.simulator.seed_policies import (
    LAPTOP_POLICY_ID,
    LAPTOPS,
    default_policy_id,
)
from scimbridge.connectors.falcon.simulator.switches import ALL_SCOPES
from scimbridge.connectors.interface import RecordQuery
from scimbridge.errors import VendorDenied, VendorNotFound
from scimbridge.simulation.faults import Fault


def test_without_the_setting_there_are_none(tenant: Tenant) -> None:
    assert tenant.connector().capabilities.record_types == {}


def test_policies_can_be_written_and_members_only_read(parent: FalconConnector) -> None:
    types = parent.capabilities.record_types

    assert types[POLICY] == {"create", "update", "delete"}
    assert types[MEMBER] == frozenset()


def test_check_is_content_with_both_scopes(parent: FalconConnector) -> None:
    parent.check()


@pytest.mark.parametrize("scope", ["response-policies:read", "response-policies:write"])
def test_check_names_the_scope_that_is_missing(scope: str) -> None:
    tenant = Tenant(scopes=[each for each in ALL_SCOPES if each != scope])

    with pytest.raises(VendorDenied, match=scope):
        of_the_parent(tenant).check()


# --- reading -----------------------------------------------------------------------------------


def test_a_policy_is_shown_with_the_settings_that_are_on(parent: FalconConnector) -> None:
    policy = read(parent, LAPTOP_POLICY_ID)

    assert policy == {
        "id": LAPTOP_POLICY_ID,
        "name": "Responders on laptops",
        "platformName": "Windows",
        "enabled": True,
        "precedence": 1,
        "hostGroups": [{"value": LAPTOPS, "display": "Laptops"}],
        "settings": [
            {
                "value": "RealTimeFunctionality",
                "display": "Real Time Response",
                "category": "Enable/Disable",
            },
            {"value": "GetCommand", "display": "get", "category": "High risk commands"},
        ],
        "createdBy": "mara.lind@example.com",
        "modifiedBy": "mara.lind@example.com",
        "meta": policy["meta"],
    }
    assert set(policy["meta"]) == {"created", "lastModified"}


def test_a_list_has_the_own_policies_and_their_places_within_the_platform(
    parent: FalconConnector,
) -> None:
    shown = {
        (each["platformName"], each["precedence"]): each["name"] for each in parent.records(POLICY)
    }

    assert shown == {
        ("Windows", 1): "Responders on laptops",
        ("Windows", 2): "platform_default",
        ("Mac", 1): "platform_default",
        ("Linux", 1): "Servers",
        ("Linux", 2): "platform_default",
    }


def test_a_child_has_its_own_policies_alone(child: FalconConnector) -> None:
    assert {each["id"] for each in child.records(POLICY)} == {
        default_policy_id(CHILD_CIDS[0], platform) for platform in PLATFORMS
    }


def test_a_policy_of_another_cid_is_none(parent: FalconConnector) -> None:
    assert parent.read_record(POLICY, default_policy_id(CHILD_CIDS[0], "Mac")) is None


@pytest.mark.parametrize("hostile", ["", "..", "../x", "a&ids=b", NOBODYS, NOBODYS[1:], "é" * 32])
def test_what_is_no_policy_is_none(child: FalconConnector, hostile: str) -> None:
    assert child.read_record(POLICY, hostile) is None


def test_one_policy_is_read_by_its_id_and_the_ids_of_its_platform(
    tenant: Tenant, child: FalconConnector
) -> None:
    child.read_record(POLICY, default_policy_id(CHILD_CIDS[0], "Mac"))

    assert [each for each in tenant.asked() if "policy" in each] == [
        f"GET {ENTITIES}",
        f"GET {QUERY}",
    ]


# --- members -----------------------------------------------------------------------------------


def test_the_members_are_the_hosts_that_the_policy_applies_to(parent: FalconConnector) -> None:
    members = list(parent.records(MEMBER, owner=LAPTOP_POLICY_ID))

    assert [each["hostname"] for each in members] == ["lap-0412", "lap-0977"]
    assert members[0]["platformName"] == "Windows"
    assert members[0]["status"] == "normal"
    assert members[0]["hostGroups"] == [{"value": LAPTOPS}]


def test_a_member_is_read_by_its_id_and_only_under_its_policy(parent: FalconConnector) -> None:
    [first, _] = parent.records(MEMBER, owner=LAPTOP_POLICY_ID)

    assert parent.read_record(MEMBER, first["id"], owner=LAPTOP_POLICY_ID) == first
    assert parent.read_record(MEMBER, first["id"], owner=WINDOWS_DEFAULT) is None
    assert parent.read_record(MEMBER, "lap-0412", owner=LAPTOP_POLICY_ID) is None


@pytest.mark.parametrize(
    "owner", [NOBODYS, "..", "", default_policy_id(CHILD_CIDS[0], "Mac"), None]
)
def test_there_are_no_members_of_what_is_no_policy(
    parent: FalconConnector, owner: str | None
) -> None:
    with pytest.raises(VendorNotFound):
        list(parent.records(MEMBER, owner=owner))


def test_a_page_of_members_comes_from_the_vendor(tenant: Tenant, parent: FalconConnector) -> None:
    query = RecordQuery(where=None, sort_by=None, descending=False, offset=1, count=1)

    page = parent.record_page(MEMBER, query, owner=LAPTOP_POLICY_ID)

    assert page is not None
    assert ([each["hostname"] for each in page.records], page.total) == (["lap-0977"], 2)


def test_a_page_without_a_total_is_none(tenant: Tenant, child: FalconConnector) -> None:
    answer = Fault("GET", COMBINED, 200, {"meta": {}, "resources": []})
    tenant.simulator.faults.add(answer)

    assert child.record_page(POLICY, RecordQuery(None, None, False, 0, 10)) is None
