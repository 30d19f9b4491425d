from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.connectors.cortex_xdr.mapping import (
    GroupRef,
    Role,
    UserGroup,
    normal_id,
    role_details,
    to_account,
    to_roles,
    to_user,
    to_user_groups,
    to_users,
)
from scimbridge.connectors.interface import Account
from scimbridge.errors import VendorRejected, VendorUnavailable

# After the vendor's own examples: v1, Platform IAM.
V1: dict[str, Any] = {
    "user_email": "Jane.Doe@example.com",
    "user_first_name": "Jane",
    "user_last_name": "Doe",
    "role_name": "Investigator",
    "last_logged_in": 1_750_312_747_895,
    "user_type": "CSP / SSO",
    "groups": ["SOC"],
    "scope": [],
}
IAM: dict[str, Any] = {
    **V1,
    "status": "Disabled",
    "is_hidden": False,
    "groups": [{"group_id": 11, "group_name": "SOC"}],
}


def test_a_record_of_the_first_generation_becomes_an_account() -> None:
    assert to_account(to_user(V1)) == Account(
        native_id="jane.doe@example.com",
        user_name="Jane.Doe@example.com",
        given_name="Jane",
        family_name="Doe",
        display_name="Jane Doe",
        email="Jane.Doe@example.com",
        active=True,
        attributes={"userType": "CSP / SSO", "lastLogin": "2025-06-19T05:59:07.895000Z"},
    )


def test_a_record_of_platform_iam_has_a_status_too() -> None:
    account = to_account(to_user(IAM))

    assert not account.active
    assert account.attributes["status"] == "Disabled"


@pytest.mark.parametrize(
    ("groups", "refs"),
    [
        (["SOC", ""], (GroupRef("", "SOC"),)),
        ([{"group_id": "a_1", "group_name": "SOC"}], (GroupRef("a_1", "SOC"),)),
        ([{"group_id": 11, "group_name": "SOC"}], (GroupRef("11", "SOC"),)),
        ([{"name": "SOC"}], (GroupRef("", "SOC"),)),
        ([{}, None, 7], ()),
        (None, ()),
        ("SOC", ()),
    ],
)
def test_groups_are_read_as_names_and_as_objects(groups: Any, refs: tuple[GroupRef, ...]) -> None:
    assert to_user({**V1, "groups": groups}).groups == refs


@pytest.mark.parametrize(
    ("status", "active"),
    [
        ("Active", True),
        ("active", True),
        ("", True),
        (None, True),
        ("Suspended?", True),
        ("Disabled", False),
        ("DISABLED", False),
        ("Inactive", False),
    ],
)
def test_only_a_word_that_is_known_for_it_means_no_access(status: Any, active: bool) -> None:
    assert to_user({**V1, "status": status}).active is active


@pytest.mark.parametrize("moment", [None, 0, -1, "1", 10**30, [], 1.5])
def test_a_time_that_is_none_is_left_out(moment: Any) -> None:
    assert to_user({**V1, "last_logged_in": moment}).last_login is None


def test_a_time_is_read_in_milliseconds() -> None:
    assert to_user(V1).last_login == datetime(2025, 6, 19, 5, 59, 7, 895000, UTC)


def test_records_that_nobody_could_name_are_left_out() -> None:
    assert list(to_users([V1, {**V1, "user_email": None}, {}, None])) == ["jane.doe@example.com"]


@pytest.mark.parametrize("rows", [[], None, {}, [{}], [{"user_email": ""}]])
def test_a_list_without_users_is_not_believed(rows: Any) -> None:
    with pytest.raises(VendorUnavailable, match="no users at all"):
        to_users(rows)


def test_roles_are_read_flat_and_nested() -> None:
    viewer = {"pretty_name": "Viewer", "description": None, "groups": ["SOC"], "users": []}
    role = Role("Viewer", "Viewer", "", frozenset({"SOC"}))

    assert to_roles([[viewer]]) == to_roles([viewer]) == {"Viewer": role}


def test_a_role_of_platform_iam_has_an_id() -> None:
    assert to_roles([{"role_id": "viewer", "pretty_name": "Viewer"}]) == {
        "viewer": Role("viewer", "Viewer")
    }


@pytest.mark.parametrize("name", ["Account Admin", "ACCOUNT ADMIN"])
def test_account_admin_is_not_assignable(name: str) -> None:
    assert not role_details(Role("x", name)).assignable


@pytest.mark.parametrize(
    ("fields", "managed_by"),
    [
        ({}, ""),
        ({"idp_groups": []}, ""),
        ({"idp_groups": None, "group_type": "custom"}, ""),
        ({"idp_groups": ["a", "b"]}, "the IdP (group a, b)"),
        ({"group_type": "ad_type"}, "Active Directory"),
        ({"group_type": "AD_TYPE"}, "Active Directory"),
    ],
)
def test_a_group_tells_who_manages_its_members(fields: dict[str, Any], managed_by: str) -> None:
    rows = [{"group_id": "a_1", "group_name": "SOC", **fields}]

    assert to_user_groups(rows)["a_1"].managed_by == managed_by


def test_the_role_of_a_group_is_read_under_its_older_name_too() -> None:
    group = {"group_id": "a_1", "group_name": "SOC", "pretty_role_name": "Viewer"}
    expected = {"a_1": UserGroup("a_1", "SOC", role_id="viewer", role_name="Viewer")}

    assert to_user_groups([{**group, "role_id": "viewer"}]) == expected
    assert to_user_groups([{**group, "role_name": "viewer"}]) == expected


@pytest.mark.parametrize("text", ["Jane@Example.com", "o'neil+x@example.com", "a/b@example.com"])
def test_an_address_is_compared_in_lower_case(text: str) -> None:
    assert normal_id(text) == text.lower()


@pytest.mark.parametrize(
    "text", ["", "jane", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "..", "/"]
)
def test_what_is_no_address_is_no_id(text: str) -> None:
    with pytest.raises(VendorRejected, match="is not the id of a Cortex XDR user"):
        normal_id(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*IAM, "group_id", "group_name", "role_id", "pretty_name"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_whatever_is_sent_can_be_read(rows: Any) -> None:
    with suppress(VendorUnavailable):
        assert all(isinstance(to_account(user), Account) for user in to_users(rows).values())
    assert all(isinstance(role, Role) for role in to_roles(rows).values())
    assert all(isinstance(group, UserGroup) for group in to_user_groups(rows).values())
