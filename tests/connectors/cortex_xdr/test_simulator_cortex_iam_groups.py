"""Platform IAM: user groups."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_simulator_cortex_tenant import (
    LENA,
    NOA,
    OMAR,
    RAJ,
    YUKI,
    Cortex,
    data,
    reason,
)

from scimbridge.connectors.cortex_xdr.simulator.seed import HUNTERS, READERS, SOC, SOC_LEVEL_1


def create(cortex: Cortex, **fields: Any) -> str:
    answer = cortex.iam("POST", "user-group", **fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["message"].split()[5])


def test_groups_are_listed_with_their_number() -> None:
    cortex = Cortex()

    answer = cortex.iam("GET", "user-group")

    assert answer.json()["metadata"] == {"total_count": 4}
    assert data(answer)[0] == {
        "group_id": SOC,
        "group_name": "SOC",
        "description": "First line",
        "role_id": "investigator",
        "pretty_role_name": "Investigator",
        "created_by": "dana.keller@example.com",
        "created_ts": int((cortex.clock() - 300 * 86_400) * 1000),
        "updated_ts": int((cortex.clock() - 30 * 86_400) * 1000),
        "users": [LENA],
        "group_type": "custom",
        "nested_groups": [{"group_id": HUNTERS, "group_name": "Threat Hunters"}],
        "idp_groups": [],
    }
    assert [group["group_type"] for group in data(answer)] == ["custom"] * 3 + ["ad_type"]


def test_a_single_group_cannot_be_read() -> None:
    assert Cortex().iam("GET", f"user-group/{SOC}").status_code == 405


def test_the_role_of_a_group_may_have_another_name() -> None:
    group = Cortex(group_role_key="role_name").group(SOC)

    assert group["role_name"] == "investigator"
    assert "role_id" not in group


def test_the_id_of_a_new_group_is_the_sixth_word_of_the_message() -> None:
    cortex = Cortex()

    answer = cortex.iam("POST", "user-group", group_name="New")

    message = answer.json()["data"]["message"]
    assert answer.status_code == 201
    assert list(answer.json()["data"]) == ["message"]
    found = re.fullmatch(
        r"user group with group id ([0-9a-f-]{36}_\d+) created successfully", message
    )
    assert found is not None
    assert cortex.group(found[1])["group_name"] == "New"


def test_a_group_is_created_with_all_fields() -> None:
    cortex = Cortex()

    group_id = create(
        cortex,
        group_name="New",
        role_id="viewer",
        description="d",
        users=[LENA.upper(), LENA, RAJ],
        nested_group_ids=[SOC],
        idp_groups=["okta-x"],
    )

    group = cortex.group(group_id)
    assert (group["role_id"], group["pretty_role_name"]) == ("viewer", "Viewer")
    assert (group["description"], group["users"]) == ("d", [LENA, RAJ])
    assert [each["group_id"] for each in group["nested_groups"]] == [SOC]
    assert group["idp_groups"] == ["okta-x"]
    assert group["created_ts"] == group["updated_ts"] == int(cortex.clock() * 1000)


def test_a_bare_group_has_neither_role_nor_description_nor_members() -> None:
    cortex = Cortex()

    group = cortex.group(create(cortex, group_name="New"))

    assert (group["role_id"], group["description"], group["users"]) == ("", None, [])


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"group_name": ""},
        {"group_name": None},
        {"group_name": 1},
        {"group_name": "New", "role_id": "nope"},
        {"group_name": "New", "role_id": "account_admin"},
        {"group_name": "New", "users": ["nobody@example.com"]},
        {"group_name": "New", "users": RAJ},
        {"group_name": "New", "nested_group_ids": ["nope"]},
        {"group_name": "New", "idp_groups": [1]},
    ],
)
def test_a_bad_group_is_refused_and_nothing_is_created(fields: dict[str, Any]) -> None:
    cortex = Cortex()

    answer = cortex.iam("POST", "user-group", **fields)

    assert answer.status_code == 400
    assert len(data(cortex.iam("GET", "user-group"))) == 4


def test_a_name_that_is_taken_is_refused() -> None:
    cortex = Cortex()
    taken = "This user group name is already being used in the tenant for SOC."

    created = cortex.iam("POST", "user-group", group_name="SOC")
    renamed = cortex.iam("PATCH", f"user-group/{HUNTERS}", group_name="SOC")

    assert (created.status_code, reason(created)) == (400, taken)
    assert (renamed.status_code, reason(renamed)) == (400, taken)


def test_a_group_may_keep_its_own_name() -> None:
    assert Cortex().iam("PATCH", f"user-group/{SOC}", group_name="SOC").status_code == 200


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"group_name": "SOC 2"}, {"group_name": "SOC 2"}),
        ({"description": ""}, {"description": None}),
        ({"role_id": ""}, {"role_id": "", "pretty_role_name": ""}),
        ({"role_id": "viewer"}, {"role_id": "viewer", "pretty_role_name": "Viewer"}),
        ({"users": []}, {"users": []}),
        ({"users": [RAJ, OMAR]}, {"users": [RAJ, OMAR]}),
        ({"nested_group_ids": []}, {"nested_groups": []}),
        ({"idp_groups": ["a", "b"]}, {"idp_groups": ["a", "b"]}),
    ],
)
def test_a_field_is_replaced_and_the_others_stay(
    change: dict[str, Any], shown: dict[str, Any]
) -> None:
    cortex = Cortex()
    before = cortex.group(SOC)

    answer = cortex.iam("PATCH", f"user-group/{SOC}", **change)

    message = f"user group with group id {SOC} updated successfully"
    assert data(answer) == {"message": message}
    updated = {"updated_ts": int(cortex.clock() * 1000)}
    assert cortex.group(SOC) == before | shown | updated


@pytest.mark.parametrize("change", [{}, {"users": None}])
def test_a_change_of_nothing_is_refused(change: dict[str, Any]) -> None:
    answer = Cortex().iam("PATCH", f"user-group/{SOC}", **change)

    assert answer.status_code == 400
    assert reason(answer) == "No update performed. All fields are null or empty."


def test_clearing_alone_may_count_as_nothing() -> None:
    cortex = Cortex(empty_clears_rejected=True)

    alone = cortex.iam("PATCH", f"user-group/{SOC}", users=[])
    beside = cortex.iam("PATCH", f"user-group/{SOC}", users=[], group_name="SOC")

    assert (alone.status_code, beside.status_code) == (400, 200)
    assert cortex.group(SOC)["users"] == []


def test_a_bad_change_is_refused_as_a_whole() -> None:
    cortex = Cortex()
    before = cortex.group(SOC)

    answer = cortex.iam("PATCH", f"user-group/{SOC}", group_name="X", users=["nobody@example.com"])

    assert answer.status_code == 400
    assert cortex.group(SOC) == before


def test_an_unknown_member_may_be_passed_over() -> None:
    cortex = Cortex(unknown_member="ignore")

    cortex.iam("PATCH", f"user-group/{SOC}", users=["nobody@example.com", RAJ])

    assert cortex.group(SOC)["users"] == [RAJ]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_unknown_group_is_named_with_the_tenant(method: str) -> None:
    answer = Cortex().iam(method, "user-group/no-such_1", group_name="X")

    assert answer.status_code == 400
    assert reason(answer) == "Could not find group for ['no-such_1'] in tenant: example-xdr"


def test_a_deleted_group_is_gone_and_those_nested_in_it_stay() -> None:
    cortex = Cortex()

    answer = cortex.iam("DELETE", f"user-group/{SOC}")

    left = [group["group_id"] for group in data(cortex.iam("GET", "user-group"))]
    assert data(answer) == {"message": f"user group with group id {SOC} deleted successfully"}
    assert left == [SOC_LEVEL_1, HUNTERS, READERS]
    assert cortex.users()[LENA]["groups"] == ["SOC Level 1"]


def test_a_deleted_group_is_nested_in_none() -> None:
    cortex = Cortex()

    cortex.iam("DELETE", f"user-group/{HUNTERS}")

    assert cortex.group(SOC)["nested_groups"] == []


def test_direct_and_asserted_members_come_in_one_list() -> None:
    assert Cortex().group(SOC_LEVEL_1)["users"] == [LENA, RAJ]


def test_an_asserted_member_outlives_a_list_without_them() -> None:
    cortex = Cortex()

    cortex.iam("PATCH", f"user-group/{SOC_LEVEL_1}", users=[])

    assert cortex.group(SOC_LEVEL_1)["users"] == [RAJ]


def test_a_list_that_is_read_and_written_back_makes_asserted_members_permanent() -> None:
    cortex = Cortex()
    read = cortex.group(SOC_LEVEL_1)["users"]

    cortex.iam("PATCH", f"user-group/{SOC_LEVEL_1}", users=read)
    cortex.sign_in(RAJ, idp_groups=[])

    assert cortex.group(SOC_LEVEL_1)["users"] == [LENA, RAJ]


@pytest.mark.parametrize(("what", "status"), [("reject", 400), ("accept", 200)])
def test_the_members_of_a_directory_group_belong_to_the_directory(what: str, status: int) -> None:
    cortex = Cortex(ad_members=what)

    answer = cortex.iam("PATCH", f"user-group/{READERS}", users=[LENA])

    assert answer.status_code == status
    assert cortex.iam("PATCH", f"user-group/{READERS}", role_id="").status_code == 200


PEOPLE = [OMAR, LENA, RAJ, YUKI, NOA]
MEMBERS = st.lists(st.sampled_from(PEOPLE), max_size=6)
STEP = st.one_of(
    st.tuples(st.just("write"), MEMBERS),
    st.tuples(st.just("assert"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("retract"), st.sampled_from(PEOPLE)),
)


@settings(max_examples=40)
@given(steps=st.lists(STEP, max_size=8))
def test_members_are_always_those_written_last_and_those_asserted(
    steps: list[tuple[str, Any]],
) -> None:
    cortex = Cortex()
    written, asserted = {LENA}, {RAJ}

    for what, whom in steps:
        if what == "write":
            cortex.iam("PATCH", f"user-group/{SOC_LEVEL_1}", users=whom)
            written = set(whom)
        else:
            cortex.sign_in(whom, idp_groups=["okta-soc-l1"] if what == "assert" else [])
            asserted = asserted - {whom} | ({whom} if what == "assert" else set())

    assert set(cortex.group(SOC_LEVEL_1)["users"]) == written | asserted
    shown = {email for email, user in cortex.users().items() if "SOC Level 1" in user["groups"]}
    assert shown == written | asserted
