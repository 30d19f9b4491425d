"""Platform IAM: users."""

from __future__ import annotations

from typing import Any

import pytest
from test_simulator_cortex_tenant import (
    DANA,
    EVERYBODY,
    LENA,
    NOA,
    RAJ,
    YUKI,
    Cortex,
    data,
    reason,
)

from scimbridge.connectors.cortex_xdr.simulator.seed import HUNTERS, READERS, SOC, SOC_LEVEL_1

NOTHING = "No update performed. All fields are null or empty."


def test_everybody_is_listed_with_their_number() -> None:
    answer = Cortex().iam("GET", "user")

    assert [user["user_email"] for user in data(answer)] == EVERYBODY
    assert answer.json()["metadata"] == {"total_count": 6}


@pytest.mark.parametrize("email", [LENA, LENA.lower(), LENA.replace("@", "%40")])
def test_a_user_is_found_by_address_without_regard_to_case(email: str) -> None:
    cortex = Cortex()

    assert cortex.iam_user(email) == {
        "user_email": LENA,
        "user_first_name": "Lena",
        "user_last_name": "Fischer",
        "phone_number": "",
        "status": "Active",
        "role_name": "Investigator",
        "last_logged_in": int((cortex.clock() - 28_800) * 1000),
        "is_hidden": False,
        "user_type": "CSP",
        "groups": [
            {"group_id": SOC, "group_name": "SOC"},
            {"group_id": SOC_LEVEL_1, "group_name": "SOC Level 1"},
        ],
    }


def test_an_address_with_a_plus_is_found() -> None:
    cortex = Cortex()
    cortex.hand("POST", "accounts", [{"user_name": "a+b@example.com"}])

    assert cortex.iam_user("a+b@example.com")["user_email"] == "a+b@example.com"


@pytest.mark.parametrize("status", [400, 403, 404, 500])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_an_unknown_user_is_refused_with_the_status_of_the_switch(method: str, status: int) -> None:
    cortex = Cortex(unknown_user_status=status)

    assert cortex.iam(method, "user/nobody@example.com", status="Active").status_code == status


def test_a_refusal_gives_its_reason_in_metadata() -> None:
    answer = Cortex().iam("GET", "user/nobody@example.com")

    assert answer.json() == {
        "data": {
            "err_msg": "The request contains invalid or missing parameters.",
            "metadata": {
                "err_extra": "User 'nobody@example.com' was not found",
                "err_code": 400,
            },
        }
    }


def test_group_ids_may_be_numbers_in_the_list_and_strings_in_a_single_user() -> None:
    cortex = Cortex(listed_group_id="number")

    listed = {user["user_email"]: user["groups"] for user in data(cortex.iam("GET", "user"))}

    assert listed[RAJ] == [{"group_id": 12, "group_name": "SOC Level 1"}]
    assert cortex.iam_user(RAJ)["groups"][0]["group_id"] == SOC_LEVEL_1


def test_whether_a_user_is_hidden_may_have_another_name() -> None:
    assert Cortex().iam_user(NOA)["is_hidden"] is True
    assert Cortex(hidden_key="hidden").iam_user(NOA)["hidden"] is True


def test_no_role_may_be_null() -> None:
    assert Cortex().iam_user(YUKI)["role_name"] == ""
    assert Cortex(no_role="null").iam_user(YUKI)["role_name"] is None


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"user_first_name": "R", "user_last_name": "P"}, {"user_first_name": "R"}),
        ({"phone_number": "1"}, {"phone_number": "1"}),
        ({"is_hidden": True}, {"is_hidden": True}),
        ({"status": "DISABLED"}, {"status": "Disabled"}),
        ({"role_id": "night_shift"}, {"role_name": "Night Shift"}),
        ({"role_id": ""}, {"role_name": ""}),
    ],
)
def test_only_what_is_given_changes(change: dict[str, Any], shown: dict[str, Any]) -> None:
    cortex = Cortex()
    before = cortex.iam_user(RAJ)

    answer = cortex.iam("PATCH", f"user/{RAJ}", **change)

    after = cortex.iam_user(RAJ)
    assert data(answer) == {"message": "User updated successfully"}
    assert after | shown == after
    changed = {name for name in after if after[name] != before[name]}
    assert changed == set(change) - {"role_id"} | set(shown)


def test_a_disabled_user_is_active_again() -> None:
    cortex = Cortex()

    cortex.iam("PATCH", f"user/{NOA}", status="active")

    assert cortex.iam_user(NOA)["status"] == "Active"


def test_the_two_statuses_may_have_other_words() -> None:
    cortex = Cortex(disabled_word="Inactive", active_word="Enabled")

    unknown = cortex.iam("PATCH", f"user/{RAJ}", status="Disabled")
    cortex.iam("PATCH", f"user/{RAJ}", status="inactive")

    assert unknown.status_code == 400
    assert cortex.iam_user(RAJ)["status"] == "Inactive"
    assert cortex.iam_user(LENA)["status"] == "Enabled"


@pytest.mark.parametrize("change", [{}, {"role_id": None, "status": None}, {"unknown_field": "x"}])
def test_a_change_of_nothing_is_refused(change: dict[str, Any]) -> None:
    answer = Cortex().iam("PATCH", f"user/{RAJ}", **change)

    assert (answer.status_code, reason(answer)) == (400, NOTHING)


@pytest.mark.parametrize("change", [{"role_id": ""}, {"user_groups": []}])
def test_clearing_alone_may_count_as_nothing(change: dict[str, Any]) -> None:
    usual, strict = Cortex(), Cortex(empty_clears_rejected=True)

    answer = strict.iam("PATCH", f"user/{LENA}", **change)

    assert (answer.status_code, reason(answer)) == (400, NOTHING)
    assert usual.iam("PATCH", f"user/{LENA}", **change).status_code == 200


def test_clearing_counts_beside_something_else() -> None:
    cortex = Cortex(empty_clears_rejected=True)

    change = {"role_id": "", "user_groups": [], "status": "Disabled"}
    answer = cortex.iam("PATCH", f"user/{LENA}", **change)

    user = cortex.iam_user(LENA)
    assert answer.status_code == 200
    assert (user["role_name"], user["groups"], user["status"]) == ("", [], "Disabled")


def test_a_false_flag_is_not_empty() -> None:
    cortex = Cortex(empty_clears_rejected=True)

    assert cortex.iam("PATCH", f"user/{NOA}", is_hidden=False).status_code == 200


@pytest.mark.parametrize(
    ("what", "status", "name"),
    [("accept", 200, "R"), ("ignore", 200, "Raj"), ("reject", 400, "Raj")],
)
def test_names_are_written_as_the_switch_says(what: str, status: int, name: str) -> None:
    cortex = Cortex(user_names=what)

    answer = cortex.iam("PATCH", f"user/{RAJ}", user_first_name="R")

    assert answer.status_code == status
    assert cortex.iam_user(RAJ)["user_first_name"] == name


@pytest.mark.parametrize(
    "change",
    [
        {"role_id": "nope"},
        {"role_id": "Night Shift"},
        {"role_id": "account_admin"},
        {"role_id": 1},
        {"status": "Sleeping"},
        {"status": True},
        {"is_hidden": "true"},
        {"user_groups": "SOC"},
        {"user_groups": [1]},
        {"user_groups": ["nope"]},
    ],
)
def test_a_bad_change_is_refused_as_a_whole(change: dict[str, Any]) -> None:
    cortex = Cortex()
    before = cortex.iam_user(RAJ)

    answer = cortex.iam("PATCH", f"user/{RAJ}", phone_number="1", **change)

    assert answer.status_code == 400
    assert cortex.iam_user(RAJ) == before


def test_an_unknown_group_is_named() -> None:
    answer = Cortex().iam("PATCH", f"user/{RAJ}", user_groups=[SOC, "nope"])

    assert reason(answer) == "Could not find group for ['nope'] in tenant: example-xdr"


def test_groups_are_replaced() -> None:
    cortex = Cortex()

    cortex.iam("PATCH", f"user/{LENA}", user_groups=[HUNTERS, SOC, SOC])

    assert [each["group_id"] for each in cortex.iam_user(LENA)["groups"]] == [SOC, HUNTERS]
    assert cortex.group(SOC_LEVEL_1)["users"] == [RAJ]


def test_memberships_that_the_idp_asserts_stay_when_groups_are_cleared() -> None:
    cortex = Cortex()

    cortex.iam("PATCH", f"user/{RAJ}", user_groups=[])

    assert cortex.group(SOC_LEVEL_1)["users"] == [LENA, RAJ]


@pytest.mark.parametrize(("what", "status"), [("reject", 400), ("accept", 200)])
def test_nobody_is_put_into_a_group_of_the_directory(what: str, status: int) -> None:
    cortex = Cortex(ad_members=what)

    assert cortex.iam("PATCH", f"user/{LENA}", user_groups=[READERS]).status_code == status
    assert (LENA in cortex.group(READERS)["users"]) == (what == "accept")


def test_a_group_of_the_directory_may_be_named_by_whoever_is_in_it() -> None:
    cortex = Cortex()

    assert cortex.iam("PATCH", f"user/{YUKI}", user_groups=[READERS, SOC]).status_code == 200
    assert len(cortex.iam_user(YUKI)["groups"]) == 2


@pytest.mark.parametrize("change", [{"role_id": "viewer"}, {"role_id": ""}, {"status": "Disabled"}])
@pytest.mark.parametrize(("what", "status"), [("reject", 400), ("ignore", 200), ("accept", 200)])
def test_an_account_admin_keeps_role_and_access(
    change: dict[str, str], what: str, status: int
) -> None:
    cortex = Cortex(account_admin_users=what)

    answer = cortex.iam("PATCH", f"user/{DANA}", **change)

    user = cortex.iam_user(DANA)
    kept = (user["role_name"], user["status"]) == ("Account Admin", "Active")
    assert (answer.status_code, kept) == (status, what != "accept")


def test_an_account_admin_may_be_edited_otherwise() -> None:
    cortex = Cortex()

    answer = cortex.iam("PATCH", f"user/{DANA}", phone_number="2", role_id="account_admin")

    assert answer.status_code == 200
    assert cortex.iam_user(DANA)["phone_number"] == "2"
