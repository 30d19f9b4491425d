"""Flight Control: user groups and CID groups with their members, and every switch."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Falcon, message, resources

from scimbridge.connectors.falcon.simulator.seed import (
    CHILD_CIDS,
    CID_GROUP_ID,
    DEFAULT_CID_GROUP_ID,
    PARENT_CID,
    USER_GROUP_ID,
)

GROUPS = "/mssp/entities/user-groups/v1"
GROUPS_V2 = "/mssp/entities/user-groups/v2"
MEMBERS = "/mssp/entities/user-group-members/v1"
CID_GROUPS = "/mssp/entities/cid-groups/v1"
CID_MEMBERS = "/mssp/entities/cid-group-members"
LINKS = "/mssp/entities/mssp-roles/v1"
MARA, TOMAS, PAT = "mara.lind@example.com", "tomas.ruiz@example.com", "pat.novak@north.example.com"


def group(falcon: Falcon, name: str) -> str:
    created = falcon.send("POST", GROUPS, {"name": name})
    return str(resources(created)[0]["user_group_id"])


def membership(falcon: Falcon, *uids: str) -> dict[str, Any]:
    return {"user_group_id": USER_GROUP_ID, "user_uuids": [falcon.uuid(uid) for uid in uids]}


def members(falcon: Falcon) -> list[str]:
    shown = resources(falcon.call("GET", MEMBERS, user_group_ids=USER_GROUP_ID))
    return list(shown[0]["user_uuids"])


def test_a_group_is_created_with_200_and_gets_its_id_and_cid_from_the_vendor() -> None:
    falcon = Falcon()

    created = falcon.send("POST", GROUPS, {"name": "Night", "description": "late", "cid": "x"})

    assert created.status_code == 200
    assert created.json()["errors"] == []
    shown = resources(created)
    assert len(shown[0]["user_group_id"]) == 32
    assert shown[0]["cid"] == PARENT_CID
    assert shown == resources(falcon.call("GET", GROUPS_V2, ids=shown[0]["user_group_id"]))


def test_a_patch_replaces_name_and_description_and_keeps_the_members() -> None:
    falcon = Falcon()

    changed = falcon.send("PATCH", GROUPS, {"user_group_id": USER_GROUP_ID, "name": "SOC 2"})

    assert resources(changed)[0]["name"] == "SOC 2"
    assert resources(changed)[0]["description"] is None
    assert members(falcon) == [falcon.uuid(TOMAS)]


def test_a_description_that_is_left_out_may_be_kept_and_an_empty_one_clears() -> None:
    falcon = Falcon(missing_description="keep")
    item = {"user_group_id": USER_GROUP_ID, "name": "SOC"}

    kept = resources(falcon.send("PATCH", GROUPS, item))
    cleared = resources(falcon.send("PATCH", GROUPS, {**item, "description": ""}))

    assert kept[0]["description"] == "First line"
    assert cleared[0]["description"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resources": []},
        {"resources": [{}]},
        {"resources": ["x"]},
        {"resources": [{"name": 1}]},
    ],
    ids=repr,
)
def test_a_group_without_a_name_is_refused(body: Any) -> None:
    assert Falcon().call("POST", GROUPS, body).status_code == 400


def test_a_name_that_is_taken_is_refused_as_the_switch_says() -> None:
    reject, item, accept = (
        Falcon(duplicate_group_name=policy).send("POST", GROUPS, {"name": "SOC"}, {"name": "New"})
        for policy in ("reject", "207", "accept")
    )

    assert reject.status_code == 400
    assert (item.status_code, len(item.json()["resources"])) == (207, 1)
    assert item.json()["errors"][0]["code"] == 400
    assert (accept.status_code, len(accept.json()["resources"])) == (200, 2)


def test_a_refused_request_leaves_nothing_behind() -> None:
    falcon = Falcon()

    falcon.send("POST", GROUPS, {"name": "New"}, {"name": "SOC"})

    assert resources(falcon.call("GET", "/mssp/queries/user-groups/v1")) == [USER_GROUP_ID]


def test_keeping_the_name_in_a_patch_is_no_duplicate() -> None:
    answer = Falcon().send("PATCH", GROUPS, {"user_group_id": USER_GROUP_ID, "name": "SOC"})

    assert answer.status_code == 200


def test_one_unknown_id_of_several_is_a_207_with_the_others() -> None:
    falcon = Falcon()

    answer = falcon.call("GET", GROUPS_V2, ids=[USER_GROUP_ID, "unknown"])

    assert answer.status_code == 207
    assert [each["user_group_id"] for each in answer.json()["resources"]] == [USER_GROUP_ID]
    assert answer.json()["errors"][0]["code"] == 404
    assert answer.json()["errors"][0]["id"] == "unknown"


def test_one_unknown_id_of_several_may_refuse_the_whole_request() -> None:
    falcon = Falcon(mssp_bad_id_of_several=404)

    answer = falcon.call("DELETE", GROUPS, user_group_ids=[USER_GROUP_ID, "unknown"])

    assert answer.status_code == 404
    assert members(falcon) == [falcon.uuid(TOMAS)]


@pytest.mark.parametrize("status", [207, 400, 404])
def test_a_single_unknown_id_is_answered_as_the_switch_says(status: int) -> None:
    answer = Falcon(mssp_single_bad_id=status).call("GET", GROUPS_V2, ids="unknown")

    assert answer.status_code == status
    assert not answer.json()["resources"]
    assert answer.json()["errors"][0]["message"]


def test_members_are_added_to_those_that_are_there() -> None:
    falcon = Falcon()
    both = [falcon.uuid(TOMAS), falcon.uuid(MARA)]

    added = falcon.send("POST", MEMBERS, membership(falcon, MARA, TOMAS))

    assert resources(added) == [{"user_group_id": USER_GROUP_ID, "user_uuids": both}]
    assert members(falcon) == both


def test_the_answer_may_echo_only_what_was_asked_for() -> None:
    falcon = Falcon(members_echo="delta")

    added = falcon.send("POST", MEMBERS, membership(falcon, MARA))

    assert resources(added)[0]["user_uuids"] == [falcon.uuid(MARA)]


def test_an_unknown_user_does_not_keep_the_others_out_of_the_group() -> None:
    falcon = Falcon()
    item = membership(falcon, MARA)
    item["user_uuids"].append("unknown")

    answer = falcon.send("POST", MEMBERS, item)

    assert answer.status_code == 207
    assert answer.json()["errors"][0] == {
        "code": 404,
        "message": "unknown was not found",
        "id": "unknown",
    }
    assert falcon.uuid(MARA) in members(falcon)


@pytest.mark.parametrize("status", [207, 404])
def test_a_user_of_another_cid_cannot_be_a_member(status: int) -> None:
    falcon = Falcon(mssp_single_bad_id=status)

    answer = falcon.send("POST", MEMBERS, membership(falcon, PAT))

    assert answer.status_code == status
    assert falcon.uuid(PAT) not in members(falcon)


def test_members_are_removed_by_a_delete_with_a_body() -> None:
    falcon = Falcon()

    removed = falcon.send("DELETE", MEMBERS, membership(falcon, TOMAS, MARA))

    assert resources(removed) == [{"user_group_id": USER_GROUP_ID, "user_uuids": []}]
    assert members(falcon) == []


@pytest.mark.parametrize(
    ("meaning", "status", "left"), [("reject", 400, 1), ("nothing", 200, 1), ("everything", 200, 0)]
)
def test_removing_no_members_means_what_the_switch_says(
    meaning: str, status: int, left: int
) -> None:
    falcon = Falcon(empty_removal=meaning)

    answer = falcon.send("DELETE", MEMBERS, membership(falcon))

    assert answer.status_code == status
    assert len(members(falcon)) == left


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_change_of_members_names_them(method: str) -> None:
    answer = Falcon().send(method, MEMBERS, {"user_group_id": USER_GROUP_ID})

    assert answer.status_code == 400


@pytest.mark.parametrize("status", [400, 207])
def test_a_group_takes_500_members(status: int) -> None:
    falcon = Falcon(over_limit_status=status)
    uids = [f"user{number}@example.com" for number in range(499)]
    for uid in uids:
        falcon.simulator.state.add_account({"user_name": uid})

    full = falcon.send("POST", MEMBERS, membership(falcon, *uids))
    over = falcon.send("POST", MEMBERS, membership(falcon, MARA))

    assert (full.status_code, over.status_code) == (200, status)
    assert over.json()["errors"][0]["code"] == 400
    assert len(members(falcon)) == 500


def test_a_customer_has_at_most_500_groups() -> None:
    falcon = Falcon()

    full = falcon.send("POST", GROUPS, *({"name": str(number)} for number in range(499)))

    assert full.status_code == 200
    assert falcon.send("POST", GROUPS, {"name": "one too many"}).status_code == 400


def test_a_deleted_group_is_gone_with_its_links() -> None:
    falcon = Falcon()

    deleted = falcon.call("DELETE", GROUPS, user_group_ids=USER_GROUP_ID)

    assert resources(deleted) == [USER_GROUP_ID]
    assert falcon.call("GET", LINKS, ids=f"{USER_GROUP_ID}:{CID_GROUP_ID}").status_code == 207
    assert falcon.simulator.state.flight_control.links == {}


def test_a_group_with_members_may_have_to_be_emptied_first() -> None:
    falcon = Falcon(delete_group_with_members="reject")

    refused = falcon.call("DELETE", GROUPS, user_group_ids=USER_GROUP_ID)
    falcon.send("DELETE", MEMBERS, membership(falcon, TOMAS))
    deleted = falcon.call("DELETE", GROUPS, user_group_ids=USER_GROUP_ID)

    assert (refused.status_code, deleted.status_code) == (207, 200)


def test_groups_are_found_by_a_part_of_their_name_or_exactly_as_the_switch_says() -> None:
    for match, expected in (("substring", {"Night", "Night shift"}), ("exact", {"Night"})):
        falcon = Falcon(name_match=match)
        ids = {name: group(falcon, name) for name in ("Night", "Night shift")}

        found = resources(falcon.call("GET", "/mssp/queries/user-groups/v1", name="night"))

        assert set(found) == {ids[name] for name in expected}


def test_queries_page_by_ten_and_sort_by_name_unless_told_otherwise() -> None:
    falcon = Falcon()
    names = [f"g{number:02}" for number in range(11)]
    ids = []
    for name in reversed(names):
        falcon.clock.advance(1)
        ids.append(group(falcon, name))
    path = "/mssp/queries/user-groups/v1"

    first = falcon.call("GET", path)
    newest = resources(falcon.call("GET", path, sort="last_modified_timestamp.desc", limit=2))

    assert resources(first) == list(reversed(ids))[:10]
    assert first.json()["meta"]["pagination"] == {"offset": 0, "limit": 10, "total": 12}
    assert newest == [ids[-1], ids[-2]]
    assert falcon.call("GET", path, sort="id|asc").status_code == 400


def test_the_largest_page_is_what_the_switch_says() -> None:
    path = "/mssp/queries/cid-groups/v1"

    assert Falcon().call("GET", path, limit=1001).status_code == 400
    assert Falcon(mssp_maximum_limit=5000).call("GET", path, limit=5000).status_code == 200


def test_the_groups_of_a_user_and_of_a_cid_are_found() -> None:
    falcon = Falcon()
    users, cids = "/mssp/queries/user-group-members/v1", "/mssp/queries/cid-group-members/v1"

    assert resources(falcon.call("GET", users, user_uuid=falcon.uuid(TOMAS))) == [USER_GROUP_ID]
    assert resources(falcon.call("GET", users, user_uuid=falcon.uuid(MARA))) == []
    assert set(resources(falcon.call("GET", cids, cid=CHILD_CIDS[0]))) == {
        CID_GROUP_ID,
        DEFAULT_CID_GROUP_ID,
    }
    assert falcon.call("GET", users).status_code == 400


def test_only_child_cids_can_be_members_of_a_cid_group() -> None:
    falcon = Falcon()
    item = {"cid_group_id": CID_GROUP_ID, "cids": [CHILD_CIDS[1], "f" * 32]}

    answer = falcon.send("POST", f"{CID_MEMBERS}/v1", item)

    assert answer.status_code == 207
    assert answer.json()["resources"][0]["cids"] == list(CHILD_CIDS)


def test_version_two_refuses_to_remove_a_cid_from_its_only_group() -> None:
    falcon = Falcon()
    item = {"cid_group_id": DEFAULT_CID_GROUP_ID, "cids": [CHILD_CIDS[1]]}
    shared = {"cid_group_id": DEFAULT_CID_GROUP_ID, "cids": [CHILD_CIDS[0]]}

    last = falcon.send("DELETE", f"{CID_MEMBERS}/v2", item)
    other = falcon.send("DELETE", f"{CID_MEMBERS}/v2", shared)
    old = falcon.send("DELETE", f"{CID_MEMBERS}/v1", item)

    assert [each.status_code for each in (last, other, old)] == [207, 200, 200]


def test_the_default_cid_group_is_marked_and_cannot_be_deleted() -> None:
    falcon = Falcon()

    shown = resources(
        falcon.call("GET", CID_GROUPS, cid_group_ids=[DEFAULT_CID_GROUP_ID, CID_GROUP_ID])
    )
    answer = falcon.call("DELETE", CID_GROUPS, cid_group_ids=DEFAULT_CID_GROUP_ID)

    assert [each["is_default"] for each in shown] == [True, False]
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["code"] == 400


def test_a_refusal_names_every_problem() -> None:
    falcon = Falcon(mssp_single_bad_id=404)

    answer = falcon.call("GET", GROUPS_V2, ids=["a", "b"])

    assert len(answer.json()["errors"]) == 2
    assert message(answer) == "a was not found"
