"""Response policies: listing, filters with their quirks, and members."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Falcon, resources

from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID
from scimbridge.connectors.falcon.simulator.seed_policies import (
    LAPTOP_POLICY_ID,
    LAPTOPS,
    SERVER_POLICY_ID,
    default_policy_id,
)

POLICIES = "/policy/entities/response/v1"
QUERY = "/policy/queries/response/v1"
COMBINED = "/policy/combined/response/v1"
ACTIONS = "/policy/entities/response-actions/v1"
MEMBERS = "/policy/queries/response-members/v1"
DEFAULT = default_policy_id(PARENT_CID, "Windows")


def test_a_parent_lists_the_policies_of_its_children_and_a_child_its_own() -> None:
    falcon = Falcon()

    seen = {policy["cid"] for policy in resources(falcon.call("GET", COMBINED))}
    falcon.login(member_cid=CHILD_CIDS[0])
    own = {policy["cid"] for policy in resources(falcon.call("GET", COMBINED))}

    assert seen == {PARENT_CID, *CHILD_CIDS}
    assert own == {CHILD_CIDS[0]}


@pytest.mark.parametrize(("mode", "offset"), [("next", 4), ("echo", 2)])
def test_the_offset_of_a_combined_page_is_the_next_one_unless_the_switch_says_echo(
    mode: str, offset: int
) -> None:
    falcon = Falcon(policy_offset=mode)

    page = falcon.call("GET", COMBINED, offset=2, limit=2).json()["meta"]["pagination"]
    ids = falcon.call("GET", QUERY, offset=2, limit=2).json()["meta"]["pagination"]

    assert page == {"offset": offset, "limit": 2, "total": 11}
    assert ids["offset"] == 2


def test_the_next_offset_of_the_last_page_is_the_total() -> None:
    page = Falcon().call("GET", COMBINED, offset=10, limit=5).json()["meta"]["pagination"]

    assert page == {"offset": 11, "limit": 5, "total": 11}


@pytest.mark.parametrize("limit", [0, 5001])
def test_a_page_out_of_range_is_refused(limit: int) -> None:
    assert Falcon().call("GET", QUERY, limit=limit).status_code == 400


@pytest.mark.parametrize(
    ("sort", "status"),
    [
        ("name.asc", 200),
        ("precedence.desc", 200),
        ("name|asc", 400),
        ("description.asc", 400),
        ("name", 400),
        ("platform_name.asc", 500),
    ],
)
def test_sorting_takes_the_dot_form_and_fails_on_the_platform(sort: str, status: int) -> None:
    assert Falcon().call("GET", QUERY, sort=sort).status_code == status


def test_sorting_reverses() -> None:
    falcon = Falcon()

    up = [each["name"] for each in resources(falcon.call("GET", COMBINED, sort="name.asc"))]
    down = [each["name"] for each in resources(falcon.call("GET", COMBINED, sort="name.desc"))]

    assert up == sorted(up, key=str.lower)
    assert down == sorted(up, key=str.lower, reverse=True)


@pytest.mark.parametrize(
    ("fql", "names"),
    [
        ("name:~'responders'", {"Responders on laptops"}),
        ("name:~'ON-laptops'", {"Responders on laptops"}),
        ("name:'Servers'", set()),
        ("name:'platform_default'", {"platform_default"}),
        ("name:*'*erver*'", set()),
        ("name:'*erver*'", set()),
        ("enabled:false", {"Servers"}),
        ("platform_name:'Linux'+name:!~'platform'", {"Servers"}),
        (f"id:'{SERVER_POLICY_ID}'", {"Servers"}),
        ("created_timestamp:>'2025-06-15T12:00:00Z'", {"Servers"}),
        ("modified_timestamp:<'2020-01-01'", set()),
        ("precedence:1+platform_name:'Windows'+name:~'on'", {"Responders on laptops"}),
        ("created_by:'mara.lind@example.com'", set()),
        ("modified_by:!'nobody'", set()),
        ("description:'x',enabled:false", set()),
    ],
)
def test_policies_are_found_by(fql: str, names: set[str]) -> None:
    found = resources(Falcon().call("GET", COMBINED, filter=fql))

    assert {policy["name"] for policy in found} == names


def test_an_unsupported_field_may_be_refused_and_a_broken_filter_always_is() -> None:
    falcon = Falcon(policy_unsupported_field="reject")

    assert falcon.call("GET", QUERY, filter="description:'x'").status_code == 400
    assert Falcon().call("GET", QUERY, filter="name:").status_code == 400


def hosts(falcon: Falcon, **query: Any) -> set[str]:
    found = falcon.call("GET", MEMBERS.replace("queries", "combined"), **query)
    return {host["hostname"] for host in resources(found)}


def test_the_members_of_a_policy_are_the_hosts_that_it_applies_to() -> None:
    falcon = Falcon()

    assert hosts(falcon, id=LAPTOP_POLICY_ID) == {"lap-0412", "lap-0977"}
    assert hosts(falcon, id=DEFAULT) == {"kiosk-3"}
    assert hosts(falcon, id=SERVER_POLICY_ID) == set()
    assert hosts(falcon) == {"lap-0412", "lap-0977", "mac-0031", "db-primary", "kiosk-3"}
    assert falcon.call("GET", MEMBERS, id="unknown").status_code == 404


def test_a_host_moves_to_the_next_policy_when_its_own_is_disabled() -> None:
    falcon = Falcon()

    falcon.call("POST", ACTIONS, {"ids": [LAPTOP_POLICY_ID]}, action_name="disable")

    assert hosts(falcon, id=DEFAULT) == {"lap-0412", "lap-0977", "kiosk-3"}


def test_members_are_filtered_by_host_properties() -> None:
    falcon = Falcon()

    assert hosts(falcon, filter="platform_name:'Linux'") == {"db-primary"}
    assert hosts(falcon, filter=f"groups:'{LAPTOPS}'+hostname:*'lap*'") == {"lap-0412", "lap-0977"}
    assert hosts(falcon, filter="precedence:1") == set()


def test_member_ids_are_agent_ids_and_paged() -> None:
    falcon = Falcon()

    page = falcon.call("GET", MEMBERS, limit=2, sort="hostname.asc")

    assert [len(agent_id) for agent_id in resources(page)] == [32, 32]
    assert page.json()["meta"]["pagination"] == {"offset": 0, "limit": 2, "total": 5}
