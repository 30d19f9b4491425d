"""Roles, of which an account has exactly one."""

from __future__ import annotations

import json

import pytest
from insightvm_console import (
    ADMIN,
    INES,
    LENA,
    MARA,
    TOMAS,
    Console,
    failure,
    gives,
)

from scimbridge.errors import (
    AccessRemains,
    PartialFailure,
    VendorDenied,
    VendorRejected,
    VendorUnavailable,
)

USER = "/api/3/users/{id}"


def test_a_role_takes_the_place_of_the_other_and_all_access_stays() -> None:
    console = Console()

    console.connector().grant(gives(MARA, "role:system-admin"))

    assert console.held(MARA) == {"role:system-admin", "site:1", "site:2", "asset-group:1"}


def test_the_role_that_is_there_already_takes_one_call() -> None:
    console = Console()

    console.connector().grant(gives(MARA, "role:security-manager"))

    assert console.asked() == ["GET /api/3/users/3"]


def test_one_more_member_of_a_role_takes_three_calls_where_nothing_has_to_be_put_back() -> None:
    console = Console()
    console.simulator.state.add_grant(LENA, "role", "global-admin")
    connector = console.connector()
    connector.check()
    console.forget()

    connector.grant(gives(LENA, "role:security-manager"))

    assert console.asked() == ["GET /api/3/users/7", "PUT /api/3/users/7", "GET /api/3/users/7"]


def test_a_member_with_lists_of_access_costs_their_reading_and_writing_too() -> None:
    console = Console()
    connector = console.connector()
    connector.check()
    console.forget()

    connector.grant(gives(MARA, "role:system-admin"))

    assert console.asked() == [
        "GET /api/3/users/3",
        "GET /api/3/users/3/sites",
        "GET /api/3/users/3/asset_groups",
        "PUT /api/3/users/3",
        "PUT /api/3/users/3/sites",
        "GET /api/3/users/3/sites",
        "PUT /api/3/users/3/asset_groups",
        "GET /api/3/users/3/asset_groups",
        "GET /api/3/users/3",
    ]


def test_who_becomes_global_administrator_has_all_that_goes_with_it() -> None:
    console = Console()
    connector = console.connector()
    connector.revoke(gives(MARA, "site:1", "site:2", "asset-group:1"))
    console.forget()

    connector.grant(gives(MARA, "role:global-admin"))

    account = console.account(MARA)
    assert (account["role"], account["authentication"]) == ("global-admin", "admin")
    assert account["all_sites"] is account["all_asset_groups"] is True
    (body,) = console.bodies("PUT", "/api/3/users/3")
    assert json.loads(body)["role"]["superuser"] is True


def test_who_is_global_administrator_no_more_has_nothing_of_it() -> None:
    console = Console()

    console.connector().revoke(gives(ADMIN, "role:global-admin"))

    account = console.account(ADMIN)
    assert (account["role"], account["authentication"]) == ("user", "normal")
    assert account["all_sites"] is account["all_asset_groups"] is False


def test_an_external_login_stays_with_its_source_whatever_its_role() -> None:
    console = Console()

    console.connector().grant(gives(INES, "role:global-admin"))

    assert console.account(INES)["authentication"] == "saml"


def test_access_to_all_that_is_the_account_s_own_outlives_its_role() -> None:
    console = Console()

    console.connector().grant(gives(LENA, "role:security-manager"))

    assert console.account(LENA)["all_asset_groups"] is True


def test_a_role_with_access_to_all_swallows_single_sites_until_they_are_given_again() -> None:
    console = Console()
    connector = console.connector()

    connector.grant(gives(MARA, "role:global-admin"))
    connector.grant(gives(MARA, "site:1", "asset-group:1"))
    assert console.held(MARA) == {"role:global-admin"}

    connector.grant(gives(MARA, "role:user", "site:1", "asset-group:1"))
    assert console.held(MARA) == {"role:user", "site:1", "asset-group:1"}


def test_a_site_owner_loses_no_asset_groups_unasked() -> None:
    error = failure(Console().connector(), "grant", gives(MARA, "role:site-admin"))

    assert isinstance(error, VendorRejected)
    assert "Site Owner" in error.reason


def test_a_revoked_role_leaves_the_default_role() -> None:
    console = Console()

    console.connector(default_role="system-admin").revoke(gives(MARA, "role:security-manager"))

    assert "role:system-admin" in console.held(MARA)
    assert {"site:1", "site:2", "asset-group:1"} < console.held(MARA)


def test_a_role_that_is_not_the_present_one_need_not_be_revoked() -> None:
    console = Console()

    console.connector().revoke(gives(MARA, "role:global-admin", "role:user"))

    assert "role:security-manager" in console.held(MARA)
    assert console.writes() == []


def test_the_default_role_itself_stays() -> None:
    console = Console()

    console.connector().revoke(gives(TOMAS, "role:user"))

    assert "role:user" in console.held(TOMAS)


def test_a_default_role_that_is_not_there_does_not_end_the_removal() -> None:
    connector = Console().connector(default_role="nobody")

    error = failure(connector, "revoke", gives(MARA, "role:security-manager"))

    assert isinstance(error, VendorDenied)
    assert "default_role" in error.reason


def test_a_removal_that_does_not_show_is_no_success() -> None:
    console = Console()
    console.fails(method="PUT", route=USER, status=200, body={"links": []})

    error = failure(console.connector(), "revoke", gives(MARA, "role:security-manager"))

    assert isinstance(error, AccessRemains)


def test_a_grant_that_does_not_show_is_no_success() -> None:
    console = Console()
    console.fails(method="PUT", route=USER, status=200, body={"links": []})

    error = failure(console.connector(), "grant", gives(MARA, "role:system-admin"))

    assert isinstance(error, VendorUnavailable)


def test_two_roles_at_once_are_refused() -> None:
    console = Console()

    with pytest.raises(PartialFailure) as caught:
        console.connector().grant(gives(MARA, "role:user", "role:system-admin"))

    assert len(caught.value.failures) == 2
    assert "role:security-manager" in console.held(MARA)


def test_a_role_with_a_space_in_its_name_can_be_given() -> None:
    console = Console()
    connector = console.connector()
    connector.revoke(gives(MARA, "site:1", "site:2"))

    connector.grant(gives(MARA, "role:Patch Coordinator"))

    assert console.held(MARA) == {"role:Patch Coordinator", "asset-group:1"}


def test_a_role_that_demands_more_since_it_was_read_is_given_with_that() -> None:
    console = Console()
    connector = console.connector(roles={"Ops": ("create-reports",)})
    connector.prepare()
    other = console.connector(roles={"Ops": ("create-reports", "manage-tags")})
    other.prepare()

    connector.grant(gives(LENA, "role:Ops"))

    assert console.account(LENA)["all_sites"] is True


def test_a_role_that_demands_less_since_it_was_read_gives_no_more_than_that() -> None:
    console = Console(forced_flags="accept")
    connector = console.connector(roles={"Ops": ("create-reports", "manage-tags")})
    connector.prepare()
    other = console.connector(roles={"Ops": ("create-reports",)})
    other.prepare()

    connector.grant(gives(LENA, "role:Ops"))

    assert console.account(LENA)["role"] == "Ops"
    assert console.account(LENA)["all_sites"] is False
