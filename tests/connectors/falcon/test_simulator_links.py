"""Flight Control: links, the grants derived from them, and the children."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_client import BASE, Falcon, resources

from scimbridge.connectors.falcon.simulator.seed import (
    CHILD_CIDS,
    CID_GROUP_ID,
    CUSTOM_ROLE_ID,
    DEFAULT_CID_GROUP_ID,
    PARENT_CID,
    USER_GROUP_ID,
)

MEMBERS = "/mssp/entities/user-group-members/v1"
CID_MEMBERS = "/mssp/entities/cid-group-members"
LINKS = "/mssp/entities/mssp-roles/v1"
LINK_ID = f"{USER_GROUP_ID}:{CID_GROUP_ID}"
MARA, TOMAS = "mara.lind@example.com", "tomas.ruiz@example.com"


def membership(falcon: Falcon, *uids: str) -> dict[str, Any]:
    return {"user_group_id": USER_GROUP_ID, "user_uuids": [falcon.uuid(uid) for uid in uids]}


def members(falcon: Falcon) -> list[str]:
    shown = resources(falcon.call("GET", MEMBERS, user_group_ids=USER_GROUP_ID))
    return list(shown[0]["user_uuids"])


def link(*role_ids: str, **fields: Any) -> dict[str, Any]:
    ids = {"user_group_id": USER_GROUP_ID, "cid_group_id": CID_GROUP_ID}
    return {**ids, "role_ids": list(role_ids), **fields}


def test_roles_are_added_to_a_link() -> None:
    falcon = Falcon()

    added = falcon.send("POST", LINKS, link("help_desk"))

    assert resources(added) == [
        {**link("falconhost_read_only", "help_desk"), "id": LINK_ID},
    ]
    assert resources(added) == resources(falcon.call("GET", LINKS, ids=LINK_ID))


def test_named_roles_are_removed_and_the_link_stays() -> None:
    falcon = Falcon()

    removed = falcon.send("DELETE", LINKS, link("falconhost_read_only"))

    assert resources(removed)[0]["role_ids"] == []
    assert falcon.call("GET", LINKS, ids=LINK_ID).status_code == 200


@pytest.mark.parametrize("item", [link(), link(role_ids=None)], ids=["empty", "absent"])
def test_removing_without_roles_dissolves_the_link(item: dict[str, Any]) -> None:
    falcon = Falcon()

    answer = falcon.send("DELETE", LINKS, item)

    assert answer.status_code == 200
    assert falcon.simulator.state.flight_control.links == {}


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (link(user_group_id="unknown"), 404),
        (link(cid_group_id="unknown"), 404),
        (link("nonsense"), 400),
    ],
)
def test_a_link_of_the_unknown_is_an_error_of_its_item(item: dict[str, Any], code: int) -> None:
    falcon = Falcon()

    answer = falcon.send("POST", LINKS, item, link(CUSTOM_ROLE_ID))

    assert answer.status_code == 207
    assert [error["code"] for error in answer.json()["errors"]] == [code]
    assert len(answer.json()["resources"]) == 1


def test_adding_to_a_link_names_the_roles_even_if_there_are_none() -> None:
    falcon = Falcon()
    bare = link()
    del bare["role_ids"]

    assert falcon.send("POST", LINKS, link()).status_code == 200
    assert falcon.send("POST", LINKS, bare).status_code == 400


def test_links_are_found_by_either_group_and_by_role() -> None:
    falcon = Falcon()
    path = "/mssp/queries/mssp-roles/v1"

    assert resources(falcon.call("GET", path, user_group_id=USER_GROUP_ID)) == [LINK_ID]
    assert resources(falcon.call("GET", path, cid_group_id=CID_GROUP_ID)) == [LINK_ID]
    assert resources(falcon.call("GET", path, cid_group_id=DEFAULT_CID_GROUP_ID)) == []
    assert (
        resources(falcon.call("GET", path, user_group_id=USER_GROUP_ID, role_id="help_desk")) == []
    )
    assert falcon.call("GET", path, role_id="help_desk").status_code == 400


def roles_in(falcon: Falcon, cid: str, **query: Any) -> list[dict[str, Any]]:
    path = "/user-management/combined/user-roles/v2"
    user_uuid = falcon.uuid(TOMAS)
    return list(resources(falcon.call("GET", path, user_uuid=user_uuid, cid=cid, **query)))


def test_a_member_holds_the_roles_of_the_link_in_the_children() -> None:
    falcon = Falcon()

    assert roles_in(falcon, CHILD_CIDS[0]) == [
        {
            "uuid": falcon.uuid(TOMAS),
            "cid": CHILD_CIDS[0],
            "role_id": "falconhost_read_only",
            "role_name": "Falcon Analyst - Read Only",
            "grant_type": "flight_control",
            "user_type": "internal",
            "user_group_id": USER_GROUP_ID,
            "user_group_name": "SOC",
            "cid_group_id": CID_GROUP_ID,
            "cid_group_name": "North",
            "parent_cid": PARENT_CID,
        }
    ]
    assert roles_in(falcon, CHILD_CIDS[0], direct_only="true") == []
    assert roles_in(falcon, CHILD_CIDS[1]) == []
    assert "falconhost_read_only" not in [each["role_id"] for each in roles_in(falcon, PARENT_CID)]


@pytest.mark.parametrize(
    ("method", "path", "item"),
    [
        ("DELETE", MEMBERS, lambda falcon: membership(falcon, TOMAS)),
        ("DELETE", LINKS, lambda _: link()),
        (
            "DELETE",
            f"{CID_MEMBERS}/v1",
            lambda _: {"cid_group_id": CID_GROUP_ID, "cids": [CHILD_CIDS[0]]},
        ),
    ],
    ids=["user leaves", "link dissolved", "CID leaves"],
)
def test_a_derived_grant_ends_with_a_lag_when(method: str, path: str, item: Any) -> None:
    falcon = Falcon(grants_lag_s=30)

    falcon.send(method, path, item(falcon))
    early = roles_in(falcon, CHILD_CIDS[0])
    falcon.clock.advance(30)

    assert len(early) == 1
    assert roles_in(falcon, CHILD_CIDS[0]) == []


def test_a_derived_grant_cannot_be_revoked_by_itself() -> None:
    falcon = Falcon()
    body = {
        "action": "revoke",
        "cid": CHILD_CIDS[0],
        "uuid": falcon.uuid(TOMAS),
        "role_ids": ["falconhost_read_only"],
    }

    answer = falcon.call("POST", "/user-management/entities/user-role-actions/v1", body)

    assert answer.status_code == 200
    assert len(roles_in(falcon, CHILD_CIDS[0])) == 1


def test_a_deleted_user_leaves_its_groups() -> None:
    falcon = Falcon()

    falcon.call("DELETE", "/user-management/entities/users/v1", user_uuid=falcon.uuid(TOMAS))

    assert members(falcon) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "link", "unlink"]),
        st.sampled_from([MARA, TOMAS]),
        st.sampled_from(["help_desk", "event_viewer"]),
    ),
    max_size=8,
)


def test_derived_grants_are_the_members_times_the_roles_of_the_link() -> None:
    falcon = Falcon()

    @settings(max_examples=50, deadline=None)
    @given(steps=STEPS)
    def derives(steps: list[tuple[str, str, str]]) -> None:
        falcon.simulator.reset()
        falcon.login()
        people, roles = {TOMAS}, {"falconhost_read_only"}
        for step, uid, role in steps:
            if step == "add":
                people.add(uid)
                falcon.send("POST", MEMBERS, membership(falcon, uid))
            elif step == "remove":
                people.discard(uid)
                falcon.send("DELETE", MEMBERS, membership(falcon, uid))
            elif step == "link":
                roles.add(role)
                falcon.send("POST", LINKS, link(role))
            else:
                roles.discard(role)
                falcon.send("DELETE", LINKS, link(role))

        grants = falcon.session.get(f"{BASE}/_sim/state").json()["grants"]
        derived = {
            (grant["account"], grant["entitlement"])
            for grant in grants
            if grant["kind"] == "role" and not grant["direct"]
        }
        assert derived == {(falcon.uuid(uid), role) for uid in people for role in roles}

    derives()


@pytest.mark.parametrize("path", ["/mssp/queries/children/v1", "/mssp/queries/user-groups/v1"])
def test_flight_control_is_for_parents_only(path: str) -> None:
    child = Falcon()
    child.login(member_cid=CHILD_CIDS[0])

    assert child.call("GET", path).status_code == 403
    assert Falcon(flight_control=False).call("GET", path).status_code == 403


def test_children_are_listed_and_filtered_by_cid_only() -> None:
    falcon = Falcon()
    path = "/mssp/queries/children/v1"

    assert resources(falcon.call("GET", path)) == list(CHILD_CIDS)
    assert resources(falcon.call("GET", path, filter=f"cid:'{CHILD_CIDS[1]}'")) == [CHILD_CIDS[1]]
    assert falcon.call("GET", path, filter="name:'x'").status_code == 400
    assert falcon.call("GET", path, filter="cid:").status_code == 400


def test_children_are_shown_at_the_top_level_of_the_answer() -> None:
    falcon = Falcon()

    answer = falcon.call("GET", "/mssp/entities/children/v1", ids=[CHILD_CIDS[0], PARENT_CID])

    assert answer.status_code == 207
    assert answer.json()["resources"][0]["child_of"] == PARENT_CID
    assert answer.json()["errors"][0]["id"] == PARENT_CID


def test_an_administrator_changes_groups_by_hand() -> None:
    falcon = Falcon()
    change = {"account": MARA, "entitlement": f"user-group:{USER_GROUP_ID}"}
    nonsense = {"account": MARA, "kind": "user-group", "entitlement": "help_desk"}

    falcon.session.post(f"{BASE}/_sim/grants", json=change)
    joined = members(falcon)
    falcon.session.delete(f"{BASE}/_sim/grants", json=change)
    refused = falcon.session.post(f"{BASE}/_sim/grants", json=nonsense)

    assert falcon.uuid(MARA) in joined
    assert falcon.uuid(MARA) not in members(falcon)
    assert refused.status_code == 400
