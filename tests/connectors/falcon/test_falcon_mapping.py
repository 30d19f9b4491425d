from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from scimbridge.connectors.falcon.mapping import (
    from_account,
    name_change,
    to_account,
    to_entitlement_details,
    to_held_grant,
)
from scimbridge.connectors.interface import Account, Entitlement, HeldGrant

# As captured from the live service, made anonymous.
JANE: dict[str, Any] = {
    "uuid": "7f9d0c3e-1111-4222-8333-444455556666",
    "cid": "0123456789abcdef0123456789abcdef",
    "uid": "jane@example.com",
    "status": "active",
    "first_name": "Jane",
    "last_name": "Doe",
    "last_login_at": "2025-07-01T05:47:08.008696Z",
    "factors": ["TOTP"],
    "created_at": "2025-06-19T11:59:07.895264Z",
    "updated_at": "2025-07-01T05:47:11.447157Z",
}


def test_a_user_record_becomes_an_account() -> None:
    assert to_account(JANE) == Account(
        native_id="7f9d0c3e-1111-4222-8333-444455556666",
        user_name="jane@example.com",
        given_name="Jane",
        family_name="Doe",
        display_name="Jane Doe",
        email="jane@example.com",
        active=True,
        attributes={"status": "active", "lastLogin": "2025-07-01T05:47:08.008696Z"},
        created=datetime(2025, 6, 19, 11, 59, 7, 895264, UTC),
        last_modified=datetime(2025, 7, 1, 5, 47, 11, 447157, UTC),
    )


def test_what_the_vendor_leaves_out_is_empty() -> None:
    assert to_account({"uuid": "u", "uid": "jane@example.com"}) == Account(
        native_id="u", user_name="jane@example.com", email="jane@example.com"
    )


def test_null_and_odd_values_are_read_as_absent() -> None:
    odd = {"first_name": None, "status": 5, "created_at": "soon", "updated_at": None}

    account = to_account({**odd, "uuid": "u", "uid": "jane@example.com"})

    assert (account.given_name, account.attributes, account.created) == ("", {}, None)


def test_a_name_of_one_part_makes_a_display_name_without_a_space() -> None:
    assert to_account({"uuid": "u", "uid": "a@b", "last_name": "Doe"}).display_name == "Doe"


def test_the_last_change_is_never_before_the_creation() -> None:
    record = {**JANE, "updated_at": "2025-06-19T11:59:07.891000Z"}

    assert to_account(record).last_modified == to_account(record).created


def test_nanoseconds_and_a_missing_zone_are_read() -> None:
    record = {**JANE, "created_at": "2025-06-19T11:59:07.895264123", "updated_at": None}

    assert to_account(record).created == datetime(2025, 6, 19, 11, 59, 7, 895264, UTC)


def test_a_new_account_is_sent_with_lower_case_uid_and_without_password() -> None:
    account = Account(
        user_name="Jane@Example.com",
        given_name="Jane",
        family_name="Doe",
        secrets={"password": "hunter2"},
    )

    assert from_account(account) == {
        "uid": "jane@example.com",
        "first_name": "Jane",
        "last_name": "Doe",
    }


def test_names_that_a_new_account_lacks_are_not_sent() -> None:
    assert from_account(Account(user_name="a@b")) == {"uid": "a@b"}


def test_an_update_always_sends_both_names() -> None:
    assert name_change(Account(user_name="a@b", given_name="Jane")) == {
        "first_name": "Jane",
        "last_name": "",
    }


OWN, OTHER = "0" * 32, "1" * 32
DIRECT = HeldGrant(Entitlement("role", "r"))


@pytest.mark.parametrize(
    ("owner", "assignable"),
    [({}, True), ({"cid": ""}, True), ({"cid": OWN}, True), ({"cid": OTHER}, False)],
)
def test_a_custom_role_can_be_given_only_where_it_belongs(
    owner: dict[str, str], assignable: bool
) -> None:
    role = {"id": "r", "display_name": "Role", "description": "Does", **owner}

    details = to_entitlement_details(role, OWN)

    assert details.assignable is assignable
    assert (details.display_name, details.description) == ("Role", "Does")
    assert details.entitlement == Entitlement("role", "r")


def test_a_role_without_a_display_name_is_shown_by_its_id() -> None:
    assert to_entitlement_details({"id": "r"}, OWN).display_name == "r"


def test_roles_of_unknown_owners_are_assignable_where_the_own_cid_is_not_known() -> None:
    assert to_entitlement_details({"id": "r", "cid": OTHER}, None).assignable


@pytest.mark.parametrize(
    ("row", "grant"),
    [
        pytest.param({"grant_type": "direct"}, DIRECT, id="direct"),
        pytest.param({}, DIRECT, id="untyped"),
        pytest.param(
            {"grant_type": "direct", "parent_cid": OTHER},
            DIRECT,
            id="direct, with the CID above",
        ),
        pytest.param(
            {"grant_type": "direct", "expires_at": "2026-12-31T00:00:00Z"},
            HeldGrant(Entitlement("role", "r"), expires=datetime(2026, 12, 31, tzinfo=UTC)),
            id="temporary",
        ),
        pytest.param(
            {"grant_type": "fc", "user_group_id": "g", "user_group_name": "SOC"},
            HeldGrant(
                Entitlement("role", "r"),
                direct=False,
                via="user group SOC",
                source=Entitlement("user-group", "g"),
            ),
            id="by user group",
        ),
        pytest.param(
            {"user_group_id": "g", "cid_group_name": "North"},
            HeldGrant(
                Entitlement("role", "r"),
                direct=False,
                via="user group g, CID group North",
                source=Entitlement("user-group", "g"),
            ),
            id="by user group and CID group, untyped",
        ),
        pytest.param({"grant_type": "direct", "cid": OWN}, DIRECT, id="direct, here"),
        pytest.param(
            {"grant_type": "direct", "cid": OTHER},
            HeldGrant(Entitlement("role", "r"), direct=False, via=f"CID {OTHER}"),
            id="direct, elsewhere",
        ),
        pytest.param(
            {"grant_type": "inherited"},
            HeldGrant(Entitlement("role", "r"), direct=False, via="inherited"),
            id="of another type",
        ),
    ],
)
def test_a_grant_counts_as_inherited_only_where_the_row_says_so(
    row: dict[str, Any], grant: HeldGrant
) -> None:
    assert to_held_grant({"role_id": "r", **row}, OWN) == grant
