"""What every connector owes to whoever creates, changes and deletes accounts."""

from __future__ import annotations

import dataclasses

import pytest
from bench import Bench

from scimbridge.connectors.interface import Account
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorNotFound,
    VendorRejected,
)


@pytest.fixture
def creating(bench: Bench) -> Bench:
    if not bench.connector.capabilities.can_create_accounts:
        pytest.skip("the vendor cannot create accounts")
    bench.warm_up()
    return bench


@pytest.fixture
def deleting(bench: Bench) -> Bench:
    if not bench.connector.capabilities.can_delete_accounts:
        pytest.skip("the vendor cannot delete accounts")
    bench.warm_up()
    return bench


def test_a_created_account_shows_all_that_the_vendor_stores(creating: Bench) -> None:
    created = creating.connector.create_account(creating.newcomer, frozenset())

    found = creating.connector.find_account(creating.newcomer.user_name)
    assert found is not None
    assert found.native_id == created.native_id
    for attribute in creating.connector.capabilities.account_attributes:
        assert getattr(found, attribute) == getattr(creating.newcomer, attribute)


def test_entitlements_that_come_with_the_creation_are_reported(creating: Bench) -> None:
    created = creating.connector.create_account(creating.newcomer, frozenset({creating.free}))

    assert created.granted <= {creating.free}
    assert created.granted <= creating.held_by(created.native_id)


def test_creating_takes_one_call(creating: Bench) -> None:
    creating.connector.create_account(creating.newcomer, frozenset({creating.free}))

    assert creating.writes() == [" ".join(creating.create)]


def test_a_login_that_is_taken_is_a_conflict(creating: Bench) -> None:
    taken = dataclasses.replace(creating.newcomer, user_name=creating.user_name.upper())

    with pytest.raises(VendorConflict):
        creating.connector.create_account(taken, frozenset())


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_without_a_clear_answer_is_not_repeated(
    creating: Bench, status: int, when: str
) -> None:
    method, route = creating.create
    creating.fails(method=method, route=route, status=status, when=when)

    with pytest.raises(OutcomeUnknown):
        creating.connector.create_account(creating.newcomer, frozenset())

    assert creating.writes() == [f"{method} {route}"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_whose_connection_breaks_is_not_repeated(creating: Bench, when: str) -> None:
    method, route = creating.create
    creating.fails(method=method, route=route, drop=True, when=when)

    with pytest.raises(OutcomeUnknown):
        creating.connector.create_account(creating.newcomer, frozenset())

    assert creating.writes() == [f"{method} {route}"]
    assert (creating.newcomer.user_name in creating.user_names()) is (when == "after")


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{"])
def test_a_creation_answered_by_garbage_may_have_happened(creating: Bench, body: str) -> None:
    method, route = creating.create
    creating.fails(method=method, route=route, status=201, body=body, when="after")

    with pytest.raises(OutcomeUnknown):
        creating.connector.create_account(creating.newcomer, frozenset())


def changed(bench: Bench) -> tuple[Account, str]:
    # Of those that every vendor could store, the text that nothing else hangs on.
    attributes = bench.connector.capabilities.account_attributes & {
        "given_name",
        "family_name",
        "display_name",
    }
    if not attributes:
        pytest.skip("the vendor stores no attribute that could be changed")
    attribute = sorted(attributes)[0]
    account = bench.connector.read_account(bench.account_id)
    assert account is not None
    bench.forget()
    return dataclasses.replace(account, **{attribute: "Changed"}), attribute


def test_an_update_makes_the_account_equal_to_what_is_wanted(bench: Bench) -> None:
    wanted, attribute = changed(bench)

    bench.connector.update_account(wanted, frozenset({attribute}))

    found = bench.connector.read_account(bench.account_id)
    assert found is not None
    for name in bench.connector.capabilities.account_attributes:
        assert getattr(found, name) == getattr(wanted, name)


def test_an_update_takes_no_grant_away(bench: Bench) -> None:
    wanted, attribute = changed(bench)
    before = bench.held_by(bench.account_id)

    bench.connector.update_account(wanted, frozenset({attribute}))

    assert bench.held_by(bench.account_id) == before


def test_an_update_of_what_the_vendor_does_not_store_makes_no_call(bench: Bench) -> None:
    wanted, _ = changed(bench)

    bench.connector.update_account(wanted, frozenset({"external_id"}))

    assert bench.asked() == []


def test_an_account_that_is_gone_cannot_be_updated(bench: Bench) -> None:
    wanted, attribute = changed(bench)
    gone = dataclasses.replace(wanted, native_id=bench.unknown_id)

    with pytest.raises(VendorNotFound):
        bench.connector.update_account(gone, frozenset({attribute}))


def test_a_deleted_account_is_gone(deleting: Bench) -> None:
    deleting.connector.delete_account(deleting.account_id)

    assert deleting.user_name not in deleting.user_names()
    assert deleting.connector.read_account(deleting.account_id) is None
    assert deleting.connector.find_account(deleting.user_name) is None


def test_deleting_again_is_success(deleting: Bench) -> None:
    deleting.connector.delete_account(deleting.account_id)
    deleting.connector.delete_account(deleting.account_id)
    deleting.connector.delete_account(deleting.unknown_id)


def test_a_deletion_whose_answer_is_lost_is_tried_again_and_succeeds(deleting: Bench) -> None:
    deleting.fails(method="DELETE", drop=True, when="after")

    deleting.connector.delete_account(deleting.account_id)

    assert deleting.user_name not in deleting.user_names()


def test_a_deletion_that_the_vendor_refuses_is_not_success(deleting: Bench) -> None:
    deleting.fails(method="DELETE", status=400)

    with pytest.raises(VendorRejected):
        deleting.connector.delete_account(deleting.account_id)


def test_what_cannot_be_an_id_is_refused_before_a_request_is_made(bench: Bench) -> None:
    bench.warm_up()
    attributes = bench.connector.capabilities.account_attributes

    for no_id in bench.no_ids:
        nobody = dataclasses.replace(bench.newcomer, native_id=no_id)
        with pytest.raises(VendorRejected, match="is not the id of"):
            bench.connector.update_account(nobody, attributes)
        if bench.connector.capabilities.can_delete_accounts:
            with pytest.raises(VendorRejected, match="is not the id of"):
                bench.connector.delete_account(no_id)

    assert bench.asked() == []


def test_disabling_and_enabling_again_is_idempotent(bench: Bench) -> None:
    if not bench.connector.capabilities.can_disable_accounts:
        pytest.skip("the vendor cannot disable accounts")

    for active in (False, False, True, True):
        bench.connector.set_active(bench.account_id, active=active)

        account = bench.connector.read_account(bench.account_id)
        assert account is not None
        assert account.active is active
