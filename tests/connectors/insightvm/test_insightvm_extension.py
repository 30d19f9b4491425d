"""What only this vendor has of a user: its attributes of the extension, and its secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from insightvm_console import INES, LENA, MARA, Console, only, update

from scimbridge.errors import (
    VendorRejected,
    VendorUnavailable,
)

USER = "/api/3/users/{id}"


def attributes(console: Console, native_id: str, **wanted: Any) -> None:
    """Change these attributes of the extension."""
    connector = console.connector()
    account = connector.read_account(native_id)
    assert account is not None
    update(connector, native_id, attributes={**account.attributes, **wanted})


def test_a_user_is_unlocked_by_setting_locked_to_false() -> None:
    console = Console()

    attributes(console, LENA, locked=False)

    only(console, LENA, locked=False)


def test_nobody_can_be_locked() -> None:
    with pytest.raises(VendorRejected, match="cannot be locked"):
        attributes(Console(), MARA, locked=True)


def test_a_locale_is_set_and_that_of_reports_stays() -> None:
    console = Console()

    attributes(console, MARA, locale="de-DE")

    (body,) = console.bodies("PUT", "/api/3/users/3")
    assert json.loads(body)["locale"] == {"default": "de-DE", "reports": "en-GB"}


def test_access_to_all_sites_can_be_given_to_whom_has_no_single_ones() -> None:
    console = Console()

    attributes(console, LENA, allSites=True)

    only(console, LENA, all_sites=True)


def test_access_to_all_sites_can_be_taken_again() -> None:
    console = Console()
    attributes(console, LENA, allSites=True)

    attributes(console, LENA, allSites=False)

    only(console, LENA)


def test_access_to_all_sites_does_not_silently_replace_single_ones() -> None:
    console = Console()

    with pytest.raises(VendorRejected, match="would lose its access to site 1, 2"):
        attributes(console, MARA, allSites=True)

    only(console, MARA)
    assert console.writes() == []


def test_what_a_role_demands_cannot_be_denied() -> None:
    with pytest.raises(VendorRejected, match="allSites cannot be false"):
        attributes(Console(), INES, allSites=False)


def test_what_a_role_demands_is_not_shown_as_the_account_s_own() -> None:
    console = Console()
    attributes(console, LENA, allSites=True)

    shown = [console.connector().read_account(each) for each in (INES, LENA, MARA)]

    assert [each.attributes.get("allSites") for each in shown if each] == [None, True, None]


def test_the_source_of_a_login_can_be_changed() -> None:
    console = Console()

    attributes(console, INES, authenticationSource="Example LDAP")

    assert console.account(INES)["authentication"] == "ldap"


def test_an_unknown_source_is_refused_with_those_there_are() -> None:
    with pytest.raises(VendorRejected, match="Example LDAP"):
        attributes(Console(), INES, authenticationSource="Okta")


def test_the_console_s_own_two_sources_are_one() -> None:
    console = Console()

    attributes(console, MARA, authenticationSource="Builtin Administrators")

    only(console, MARA)


# --- secrets ---------------------------------------------------------------------------------


def secret(console: Console, native_id: str, **secrets: str) -> None:
    """Send these secrets for an account as it is."""
    connector = console.connector()
    account = connector.read_account(native_id)
    assert account is not None
    connector.update_account(replace(account, secrets=secrets), frozenset(secrets))


def test_a_password_is_sent_and_keeps_access() -> None:
    console = Console()
    before = console.held(MARA)

    secret(console, MARA, password="Correct-Horse-7")

    (body,) = console.bodies("PUT", "/api/3/users/3")
    assert '"password"' in body
    assert console.held(MARA) == before


def test_a_password_that_the_policy_refuses_is_told() -> None:
    with pytest.raises(VendorRejected):
        secret(Console(), MARA, password="short")


def test_a_password_is_not_sent_for_whom_the_console_holds_none() -> None:
    console = Console()

    secret(console, INES, password="Correct-Horse-7")

    assert console.writes() == []


@pytest.mark.parametrize("key", ["JBSWY3DPEHPK3PXP", "regenerate"])
def test_a_seed_is_set_or_made_and_read_again(key: str) -> None:
    console = Console(two_factor=True)

    secret(console, MARA, twoFactorKey=key)

    assert console.account(MARA)["has_two_factor_key"] is True
    assert console.asked()[-1] == "GET /api/3/users/3/2FA"


def test_a_seed_that_does_not_show_is_no_success() -> None:
    console = Console(two_factor=True)
    console.fails(method="PUT", route=f"{USER}/2FA", status=200, body={"links": []})

    with pytest.raises(VendorUnavailable, match="two-factor key"):
        secret(console, MARA, twoFactorKey="JBSWY3DPEHPK3PXP")


def test_a_seed_for_a_console_without_a_second_factor_is_refused() -> None:
    with pytest.raises(VendorRejected):
        secret(Console(two_factor=False), MARA, twoFactorKey="regenerate")
