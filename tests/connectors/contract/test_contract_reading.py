"""What every connector owes to whoever only looks."""

from __future__ import annotations

import pytest
from bench import Bench, quick_wiring

from scimbridge.errors import VendorDenied, VendorNotFound, VendorRejected


def test_a_check_passes_with_good_credentials(bench: Bench) -> None:
    bench.connector.check()


def test_a_check_changes_nothing(bench: Bench) -> None:
    before = bench.simulator.state.snapshot()

    bench.connector.check()

    assert bench.simulator.state.snapshot() == before


def test_a_check_tells_that_credentials_are_refused(bench: Bench) -> None:
    with pytest.raises(VendorDenied):
        bench.open_stranger(quick_wiring()).check()


def test_every_account_is_listed_once_and_can_be_read_by_its_id(bench: Bench) -> None:
    accounts = list(bench.connector.accounts())

    ids = [account.native_id for account in accounts]
    assert len(set(ids)) == len(ids) >= 2
    assert bench.account_id in ids
    for account in accounts:
        assert account.native_id is not None
        assert bench.connector.read_account(account.native_id) == account


def test_an_account_is_found_by_its_login_in_any_case(bench: Bench) -> None:
    for spelling in (bench.user_name, bench.user_name.upper(), bench.user_name.title()):
        found = bench.connector.find_account(spelling)

        assert found is not None
        assert found.native_id == bench.account_id


@pytest.mark.parametrize(
    "user_name",
    [
        "nobody@example.com",
        "",
        "*",
        "*@example.com",
        "' or '1'='1",
        "x',uid:*'*",
        "x'+(uid:*'*')",
        "\\",
        "a\\' b",
        "%",
        "a\nb",
        "../",
        "é@example.com",
        "x" * 500,
    ],
)
def test_a_login_that_nobody_has_is_not_found(bench: Bench, user_name: str) -> None:
    assert bench.connector.find_account(user_name) is None


def test_an_id_that_nobody_has_is_not_found(bench: Bench) -> None:
    assert bench.connector.read_account(bench.unknown_id) is None


def test_the_catalogue_names_each_entitlement_once_and_of_a_known_kind(bench: Bench) -> None:
    catalogue = [details.entitlement for details in bench.connector.entitlements()]

    assert len(set(catalogue)) == len(catalogue) > 0
    assert {bench.held, bench.free} <= set(catalogue)
    assert {each.kind for each in catalogue} <= set(bench.connector.capabilities.entitlement_kinds)


def test_every_entitlement_has_a_name_for_people(bench: Bench) -> None:
    assert all(details.display_name for details in bench.connector.entitlements())


def test_the_grants_of_an_account_are_what_it_holds(bench: Bench) -> None:
    grants = bench.connector.grants(bench.account_id)

    direct = {grant.entitlement for grant in grants if grant.direct}
    assert direct == bench.held_by(bench.account_id)
    assert bench.held in direct


def test_nobody_has_no_grants_but_is_not_there(bench: Bench) -> None:
    with pytest.raises(VendorNotFound):
        bench.connector.grants(bench.unknown_id)


def test_looking_changes_nothing(bench: Bench) -> None:
    bench.warm_up()

    list(bench.connector.accounts())
    bench.connector.find_account(bench.user_name)
    bench.connector.grants(bench.account_id)
    list(bench.connector.entitlements())

    assert bench.writes() == []


def test_what_cannot_be_an_id_is_refused_before_a_request_is_made(bench: Bench) -> None:
    bench.warm_up()

    for no_id in bench.no_ids:
        with pytest.raises(VendorRejected, match="is not the id of"):
            bench.connector.read_account(no_id)
        with pytest.raises(VendorRejected, match="is not the id of"):
            bench.connector.grants(no_id)

    assert bench.asked() == []


def test_whoever_holds_something_is_found_and_nobody_else(bench: Bench) -> None:
    found = list(bench.connector.holders(bench.held))

    assert bench.account_id in found
    assert len(set(found)) == len(found)
    showing = {
        str(account.native_id)
        for account in bench.connector.accounts()
        if bench.held
        in {each.entitlement for each in bench.connector.grants(str(account.native_id))}
    }
    assert set(found) == showing
