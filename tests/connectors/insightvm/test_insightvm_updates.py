"""Changing a user: nothing that was not to be changed may be lost, whatever a PUT takes away."""

from __future__ import annotations

from dataclasses import replace

import pytest
from insightvm_console import INES, LENA, MARA, NOBODY, PAT, SERVICE, TOMAS, Console, only, update

from scimbridge.errors import (
    AccessRemains,
    VendorNotFound,
    VendorRejected,
)

USER = "/api/3/users/{id}"


@pytest.mark.parametrize("native_id", [MARA, TOMAS, INES, PAT, LENA])
def test_a_new_name_changes_nothing_else(native_id: str) -> None:
    console = Console()
    before = console.held(native_id)

    update(console.connector(), native_id, display_name="New Name")

    only(console, native_id, name="New Name")
    assert console.held(native_id) == before


@pytest.mark.parametrize("native_id", [MARA, TOMAS, INES, PAT, LENA])
def test_a_put_leaves_locale_and_authentication_as_they_are(native_id: str) -> None:
    console = Console()
    connector = console.connector()
    before = connector.read_account(native_id)
    assert before is not None

    update(connector, native_id, display_name="New Name")

    assert connector.read_account(native_id) == replace(before, display_name="New Name")


def test_a_console_that_keeps_access_on_a_put_is_served_as_well() -> None:
    console = Console(put_clears_access=False)

    update(console.connector(), MARA, display_name="New Name")

    assert console.held(MARA) == {"role:security-manager", "site:1", "site:2", "asset-group:1"}


def test_the_case_of_an_address_is_kept() -> None:
    console = Console()

    update(console.connector(), INES, email="Ines.OKAFOR@Example.com")

    only(console, INES, email="Ines.OKAFOR@Example.com")


def test_an_address_that_is_gone_is_cleared() -> None:
    console = Console()

    update(console.connector(), MARA, email="")

    only(console, MARA, email=None)


def test_an_empty_name_leaves_the_one_that_the_console_demands() -> None:
    console = Console()

    update(console.connector(), MARA, display_name="")

    only(console, MARA)


def test_a_rename_keeps_the_account_and_is_found_by_its_new_login() -> None:
    console = Console()
    connector = console.connector()
    assert connector.find_account("mara.lind") is not None

    update(connector, MARA, user_name="Mara.Lindqvist")

    only(console, MARA, user_name="Mara.Lindqvist")
    assert connector.find_account("mara.lind") is None
    found = connector.find_account("mara.lindqvist")
    assert found is not None
    assert found.native_id == MARA


def test_what_the_console_shows_already_is_not_sent() -> None:
    console = Console()
    connector = console.connector()
    account = connector.read_account(MARA)
    assert account is not None

    connector.update_account(account, connector.capabilities.account_attributes)

    assert console.writes() == []


def test_only_the_fields_that_changed_are_applied() -> None:
    console = Console()
    connector = console.connector()
    account = connector.read_account(MARA)
    assert account is not None
    stale = replace(account, display_name="Stale", email="stale@example.com")

    connector.update_account(stale, frozenset({"email"}))

    only(console, MARA, email="stale@example.com")


def test_the_bridge_never_changes_its_own_account() -> None:
    console = Console()
    connector = console.connector()

    with pytest.raises(VendorRejected, match="bridge's own account"):
        update(connector, SERVICE, display_name="Somebody")
    with pytest.raises(VendorRejected, match="bridge's own account"):
        connector.set_active(SERVICE, active=False)
    with pytest.raises(VendorRejected, match="bridge's own account"):
        connector.delete_account(SERVICE)

    assert console.writes() == []


def test_a_user_that_is_gone_cannot_be_updated() -> None:
    connector = Console().connector()
    account = connector.read_account(MARA)
    assert account is not None

    with pytest.raises(VendorNotFound):
        connector.update_account(replace(account, native_id=NOBODY), frozenset({"email"}))


def test_disabling_keeps_access_for_the_day_of_return() -> None:
    console = Console()
    before = console.held(MARA)
    connector = console.connector()

    connector.set_active(MARA, active=False)

    only(console, MARA, enabled=False)
    assert console.held(MARA) == before


def test_disabling_that_does_not_show_is_no_success() -> None:
    console = Console()
    console.fails(method="PUT", route=USER, status=200, body={"links": []})

    with pytest.raises(AccessRemains):
        console.connector().set_active(MARA, active=False)

    assert console.account(MARA)["enabled"] is True


def test_who_is_enabled_is_unlocked_too() -> None:
    console = Console()
    connector = console.connector()
    connector.set_active(LENA, active=False)

    connector.set_active(LENA, active=True)

    only(console, LENA, locked=False)


def test_enabling_an_account_that_is_on_and_not_locked_changes_nothing() -> None:
    console = Console()

    console.connector().set_active(MARA, active=True)

    assert console.writes() == []
