"""The v1 routes: get_users, get_roles, get_user_group, set_user_role."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from test_simulator_cortex_tenant import (
    DANA,
    EVERYBODY,
    LENA,
    NOA,
    OMAR,
    RAJ,
    YUKI,
    Cortex,
    reason,
    reply,
)


def set_role(cortex: Cortex, role: Any, *emails: str) -> requests.Response:
    return cortex.rbac("set_user_role", user_emails=list(emails), role_name=role)


def test_everybody_comes_in_one_reply() -> None:
    cortex = Cortex()

    assert list(cortex.users()) == EVERYBODY
    assert cortex.users()[LENA] == {
        "user_email": LENA,
        "user_first_name": "Lena",
        "user_last_name": "Fischer",
        "role_name": "Investigator",
        "last_logged_in": int((cortex.clock() - 28_800) * 1000),
        "user_type": "CSP",
        "groups": ["SOC", "SOC Level 1"],
        "scope": [],
    }


def test_whoever_never_signed_in_and_has_no_role_shows_it() -> None:
    noa = Cortex().users()[NOA]

    assert (noa["last_logged_in"], noa["role_name"], noa["groups"]) == (None, "", [])


def test_no_role_may_be_null() -> None:
    assert Cortex(no_role="null").users()[NOA]["role_name"] is None


def test_groups_may_be_objects() -> None:
    groups = Cortex(user_groups_form="objects").users()[RAJ]["groups"]

    assert [set(each) for each in groups] == [{"group_id", "group_name"}]


def test_the_scope_may_be_an_object() -> None:
    assert isinstance(Cortex(scope_form="object").users()[RAJ]["scope"], dict)


def test_roles_come_as_a_list_for_each_name() -> None:
    shown = reply(Cortex().rbac("get_roles", role_names=["Investigator", "Night Shift"]))

    assert [[role["pretty_name"] for role in each] for each in shown] == [
        ["Investigator"],
        ["Night Shift"],
    ]
    assert (shown[0][0]["users"], shown[0][0]["groups"]) == ([LENA], ["SOC"])
    assert shown[0][0]["update_time"] is None
    assert shown[1][0]["permissions"] == ["Alerts & Incidents", "Dashboards"]


def test_roles_may_come_flat() -> None:
    shown = reply(Cortex(roles_form="flat").rbac("get_roles", role_names=["Viewer", "Responder"]))

    assert [role["pretty_name"] for role in shown] == ["Viewer", "Responder"]


def test_a_role_of_the_gateway_with_the_same_name_comes_along() -> None:
    cortex = Cortex(gateway_twin="Night Shift")

    (both,) = reply(cortex.rbac("get_roles", role_names=["Night Shift"]))

    assert [role["pretty_name"] for role in both] == ["Night Shift", "Night Shift"]


@pytest.mark.parametrize(
    ("operation", "parameter"), [("get_roles", "role_names"), ("get_user_group", "group_names")]
)
@pytest.mark.parametrize("names", [None, []])
def test_there_is_no_list_of_all(operation: str, parameter: str, names: Any) -> None:
    given_names = {} if names is None else {parameter: names}

    answer = Cortex().rbac(operation, **given_names)

    assert answer.status_code == 500
    assert reason(answer) == f"{parameter} param is missing"


@pytest.mark.parametrize(
    ("operation", "parameter"),
    [
        ("get_roles", "role_names"),
        ("get_user_group", "group_names"),
        ("set_user_role", "user_emails"),
    ],
)
@pytest.mark.parametrize("names", ["Viewer", [1], {"a": 1}])
def test_names_are_a_list_of_strings(operation: str, parameter: str, names: Any) -> None:
    answer = Cortex().rbac(operation, **{parameter: names})

    assert answer.status_code == 500
    assert reason(answer) == f"{parameter} param must be a list of strings"


def test_one_unknown_role_fails_them_all() -> None:
    answer = Cortex().rbac("get_roles", role_names=["Viewer", "Nope", "Viewer"])

    assert (answer.status_code, reason(answer)) == (500, "Role 'Nope' was not found")


def test_one_unknown_group_fails_them_all() -> None:
    answer = Cortex().rbac("get_user_group", group_names=["SOC", "Nope"])

    assert (answer.status_code, reason(answer)) == (500, "Group 'Nope' was not found")


def test_the_unknown_name_may_stand_between_escaped_quotes() -> None:
    answer = Cortex(quotes="escaped").rbac("get_roles", role_names=["Nope"])

    assert reason(answer) == r"Role \'Nope\' was not found"


def test_groups_are_shown_by_name_with_all_members() -> None:
    cortex = Cortex()

    names = ["SOC Level 1", "Threat Hunters", "AAD Security Readers"]
    linked, empty, imported = reply(cortex.rbac("get_user_group", group_names=names))

    assert linked == {
        "group_name": "SOC Level 1",
        "description": None,
        "pretty_name": "Responder",
        "insert_time": int((cortex.clock() - 300 * 86_400) * 1000),
        "update_time": int((cortex.clock() - 30 * 86_400) * 1000),
        "user_email": [LENA, RAJ],
        "source": "Custom",
    }
    assert (empty["user_email"], empty["pretty_name"]) == ([], "")
    assert imported["source"] != "Custom"


def test_the_pretty_name_of_a_group_may_be_its_own() -> None:
    (soc,) = reply(Cortex(group_pretty_name="group").rbac("get_user_group", group_names=["SOC"]))

    assert soc["pretty_name"] == "SOC"


def test_groups_may_come_as_platform_iam_shows_them() -> None:
    shown = reply(Cortex(group_reply="data").rbac("get_user_group", group_names=["SOC"]))

    assert [each["group_name"] for each in shown["data"]] == ["SOC"]
    assert shown["data"][0]["users"] == [LENA]


def test_a_role_is_replaced_and_only_what_changed_is_counted() -> None:
    cortex = Cortex()

    changed = reply(set_role(cortex, "Responder", LENA, RAJ, YUKI))

    assert changed == {"update_count": "2"}
    assert {cortex.users()[each]["role_name"] for each in (LENA, RAJ, YUKI)} == {"Responder"}


def test_the_same_again_is_a_success_that_counts_nobody() -> None:
    assert reply(set_role(Cortex(), "Responder", RAJ)) == {"update_count": "0"}


def test_the_count_may_be_a_number() -> None:
    changed = reply(set_role(Cortex(update_count_form="number"), "Viewer", RAJ))

    assert changed == {"update_count": 1}


def test_an_empty_name_takes_the_role_and_leaves_the_groups() -> None:
    cortex = Cortex()

    changed = reply(set_role(cortex, "", LENA))

    assert changed == {"update_count": "1"}
    assert cortex.users()[LENA]["role_name"] == ""
    assert cortex.users()[LENA]["groups"] == ["SOC", "SOC Level 1"]


def test_addresses_are_found_without_regard_to_case_and_count_once() -> None:
    changed = reply(set_role(Cortex(), "Viewer", RAJ.upper(), RAJ))

    assert changed == {"update_count": "1"}


@pytest.mark.parametrize("status", [500, 400, 403])
def test_nobody_is_made_account_admin(status: int) -> None:
    cortex = Cortex(protected_role_status=status)

    answer = set_role(cortex, "Account Admin", RAJ)

    assert answer.status_code == status
    assert reason(answer) == "Can not update users to Account Admin role."
    assert cortex.users()[RAJ]["role_name"] == "Responder"


def test_more_roles_may_be_protected() -> None:
    cortex = Cortex(protected_roles=["Account Admin", "Instance Administrator"])

    assert set_role(cortex, "Instance Administrator", RAJ).status_code == 500


@pytest.mark.parametrize(
    ("what", "status", "left"),
    [
        ("reject", 500, "Account Admin"),
        ("ignore", 200, "Account Admin"),
        ("accept", 200, "Viewer"),
    ],
)
def test_an_account_admin_is_reduced_in_the_gateway_only(what: str, status: int, left: str) -> None:
    cortex = Cortex(account_admin_users=what)

    answer = set_role(cortex, "Viewer", DANA)

    assert answer.status_code == status
    assert cortex.users()[DANA]["role_name"] == left


@pytest.mark.parametrize("bad", [DANA, "nobody@example.com"])
def test_one_user_who_cannot_be_changed_leaves_all_as_they_were(bad: str) -> None:
    cortex = Cortex()

    answer = set_role(cortex, "Viewer", RAJ, bad, LENA)

    assert answer.status_code == 500
    assert cortex.users()[RAJ]["role_name"] == "Responder"
    assert cortex.users()[LENA]["role_name"] == "Investigator"


def test_an_unknown_address_is_named() -> None:
    answer = set_role(Cortex(), "Viewer", "nobody@example.com")

    assert reason(answer) == "User 'nobody@example.com' was not found"


@pytest.mark.parametrize("status", [500, 400, 404])
def test_an_unknown_address_or_role_is_refused_with_the_status_of_the_switch(status: int) -> None:
    cortex = Cortex(set_role_unknown_status=status)

    assert set_role(cortex, "Viewer", "nobody@example.com").status_code == status
    assert set_role(cortex, "Nope", RAJ).status_code == status
    assert cortex.rbac("get_roles", role_names=["Nope"]).status_code == 500


def test_an_unknown_address_may_be_passed_over() -> None:
    changed = reply(set_role(Cortex(unknown_email="ignore"), "Viewer", "nobody@example.com", RAJ))

    assert changed == {"update_count": "1"}


@pytest.mark.parametrize(
    ("by", "pretty_name", "role_id"),
    [("pretty_name", 200, 500), ("role_id", 500, 200), ("either", 200, 200)],
)
def test_a_role_is_named_as_the_switch_says(by: str, pretty_name: int, role_id: int) -> None:
    cortex = Cortex(set_role_by=by)

    assert set_role(cortex, "Night Shift", RAJ).status_code == pretty_name
    assert set_role(cortex, "night_shift", RAJ).status_code == role_id


@pytest.mark.parametrize("role", [None, 1])
def test_a_role_name_is_required(role: Any) -> None:
    answer = set_role(Cortex(), role, RAJ)

    assert (answer.status_code, reason(answer)) == (500, "role_name param is missing")


def test_user_emails_are_required() -> None:
    answer = set_role(Cortex(), "Viewer")

    assert (answer.status_code, reason(answer)) == (500, "user_emails param is missing")


ROLE = st.sampled_from(["", "Viewer", "Responder", "Night Shift"])
PEOPLE = st.lists(st.sampled_from([OMAR, LENA, RAJ, YUKI, NOA]), min_size=1)


@settings(max_examples=40)
@given(calls=st.lists(st.tuples(ROLE, PEOPLE), max_size=6))
def test_after_any_calls_everybody_has_the_role_that_came_last(
    calls: list[tuple[str, list[str]]],
) -> None:
    cortex = Cortex()
    expected = {email: user["role_name"] for email, user in cortex.users().items()}

    for role, emails in calls:
        changing = {email for email in emails if expected[email] != role}
        assert reply(set_role(cortex, role, *emails)) == {"update_count": str(len(changing))}
        expected |= dict.fromkeys(emails, role)

    assert {email: user["role_name"] for email, user in cortex.users().items()} == expected
