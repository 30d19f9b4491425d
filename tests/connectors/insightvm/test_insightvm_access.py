"""Access to single sites and asset groups."""

from __future__ import annotations

import pytest
from insightvm_console import (
    ADMIN,
    INES,
    LENA,
    MARA,
    NOBODY,
    PAT,
    SERVICE,
    TOMAS,
    Console,
    failure,
    gives,
)

from scimbridge.connectors.interface import Entitlement, HeldGrant
from scimbridge.errors import (
    AccessRemains,
    PartialFailure,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

USER = "/api/3/users/{id}"


def test_one_site_is_added_by_itself() -> None:
    console = Console()

    console.connector().grant(gives(MARA, "site:3"))

    assert console.writes() == ["PUT /api/3/users/3/sites/3"]
    assert {"site:1", "site:2", "site:3"} < console.held(MARA)


def test_many_sites_are_added_in_one_call() -> None:
    console = Console()

    console.connector().grant(gives(PAT, "site:1", "site:2", "site:4"))

    assert console.writes() == ["PUT /api/3/users/6/sites"]
    assert console.held(PAT) == {"role:site-admin", "site:1", "site:2", "site:3", "site:4"}


def test_all_sites_of_a_user_are_taken_in_one_call() -> None:
    console = Console()
    connector = console.connector()
    connector.grant(gives(PAT, "site:1", "site:2", "site:4"))
    console.forget()

    connector.revoke(gives(PAT, "site:1", "site:2", "site:3", "site:4"))

    assert console.writes() == ["DELETE /api/3/users/6/sites"]
    assert console.held(PAT) == {"role:site-admin"}


def test_some_of_many_sites_are_taken_in_one_call() -> None:
    console = Console()
    connector = console.connector()
    connector.grant(gives(PAT, "site:1", "site:2", "site:4"))
    console.forget()

    connector.revoke(gives(PAT, "site:1", "site:2", "site:3"))

    assert console.writes() == ["PUT /api/3/users/6/sites"]
    assert console.held(PAT) == {"role:site-admin", "site:4"}


def test_one_unknown_site_does_not_keep_the_others_away() -> None:
    console = Console()
    wanted = gives(PAT, "site:1", "site:2", "site:4711")

    with pytest.raises(PartialFailure) as caught:
        console.connector().grant(wanted)

    assert set(caught.value.failures) == {wanted[2]}
    assert {"site:1", "site:2"} < console.held(PAT)


@pytest.mark.parametrize("status", [404, 200])
def test_what_is_not_held_counts_as_revoked(status: int) -> None:
    console = Console(remove_unheld_status=status)

    console.connector().revoke(gives(MARA, "site:3", "asset-group:2"))

    assert console.held(MARA) == {"role:security-manager", "site:1", "site:2", "asset-group:1"}


def test_a_role_and_its_sites_come_together() -> None:
    console = Console()

    console.connector().grant(gives(ADMIN, "role:user", "site:1", "asset-group:2"))

    assert console.held(ADMIN) == {"role:user", "site:1", "asset-group:2"}


def test_a_role_and_its_sites_go_together() -> None:
    console = Console()

    console.connector().revoke(
        gives(MARA, "role:security-manager", "site:1", "site:2", "asset-group:1")
    )

    assert console.held(MARA) == {"role:user"}


@pytest.mark.parametrize(
    ("native_id", "wanted"),
    [(ADMIN, "site:1"), (ADMIN, "asset-group:1"), (INES, "site:1"), (LENA, "asset-group:1")],
)
def test_who_has_all_need_not_be_given_one(native_id: str, wanted: str) -> None:
    console = Console()

    console.connector().grant(gives(native_id, wanted))

    assert console.writes() == []


def test_a_site_owner_cannot_be_given_an_asset_group() -> None:
    error = failure(Console().connector(), "grant", gives(PAT, "asset-group:1"))

    assert isinstance(error, VendorRejected)
    assert "Site Owner" in error.reason


def test_who_has_all_holds_no_single_one_to_revoke() -> None:
    console = Console()

    console.connector().revoke(gives(ADMIN, "site:1", "asset-group:1"))

    assert console.writes() == []


@pytest.mark.parametrize("reads", ["all", "empty"])
def test_access_to_all_is_not_a_grant_of_each(reads: str) -> None:
    connector = Console(all_access_reads=reads).connector()

    assert connector.grants(ADMIN) == {HeldGrant(Entitlement("role", "global-admin"))}


def test_a_site_that_does_not_show_is_no_success() -> None:
    console = Console()
    console.fails(method="PUT", route=f"{USER}/sites/{{siteId}}", status=200, body={"links": []})

    error = failure(console.connector(), "grant", gives(MARA, "site:3"))

    assert isinstance(error, VendorUnavailable)


def test_a_site_that_is_still_there_is_no_success() -> None:
    console = Console()
    console.fails(method="DELETE", route=f"{USER}/sites/{{siteId}}", status=200, body={"links": []})

    error = failure(console.connector(), "revoke", gives(MARA, "site:1"))

    assert isinstance(error, AccessRemains)


# --- several at once -------------------------------------------------------------------------


def test_every_account_is_served_although_one_is_gone_and_one_is_the_bridge_s_own() -> None:
    console = Console()
    wanted = [
        *gives(NOBODY, "site:4"),
        *gives(SERVICE, "role:user"),
        *gives(MARA, "site:4"),
        *gives(TOMAS, "site:4"),
        *gives(PAT, "site:4"),
    ]

    with pytest.raises(PartialFailure) as caught:
        console.connector().grant(wanted)

    failures = caught.value.failures
    assert set(failures) == set(wanted[:2])
    assert isinstance(failures[wanted[0]], VendorNotFound)
    assert isinstance(failures[wanted[1]], VendorRejected)
    for native_id in (MARA, TOMAS, PAT):
        assert "site:4" in console.held(native_id)


@pytest.mark.parametrize(
    "name", ["licence:1", "site:x", "site:1/..", "role:..", "role:", "role:\n"]
)
def test_what_the_console_cannot_have_is_refused_without_a_call(name: str) -> None:
    console = Console()

    error = failure(console.connector(), "grant", gives(MARA, name))

    assert isinstance(error, VendorRejected)
    assert console.asked() == []
