"""What every connector owes to whoever gives and takes entitlements."""

from __future__ import annotations

import pytest
from bench import Bench

from scimbridge.connectors.interface import Assignment
from scimbridge.errors import PartialFailure, VendorNotFound, VendorRejected, VendorUnavailable


@pytest.fixture
def warm(bench: Bench) -> Bench:
    bench.warm_up()
    return bench


def test_what_is_granted_is_held(warm: Bench) -> None:
    warm.connector.grant([Assignment(warm.account_id, warm.free)])

    assert warm.free in warm.held_by(warm.account_id)
    assert warm.free in {each.entitlement for each in warm.connector.grants(warm.account_id)}


def test_one_grant_is_one_write_and_at_most_two_looks(warm: Bench) -> None:
    warm.connector.grant([Assignment(warm.account_id, warm.free)])

    assert len(warm.writes()) == 1
    assert len(warm.asked()) <= 3


def test_what_is_revoked_is_not_held_and_the_rest_is(warm: Bench) -> None:
    before = warm.held_by(warm.account_id)

    warm.connector.revoke([Assignment(warm.account_id, warm.held)])

    assert warm.held not in warm.held_by(warm.account_id)
    assert warm.held_by(warm.account_id) >= before - {warm.held}


def test_granting_the_held_is_success(warm: Bench) -> None:
    warm.connector.grant([Assignment(warm.account_id, warm.held)])

    assert warm.held in warm.held_by(warm.account_id)


def test_revoking_the_unheld_is_success(warm: Bench) -> None:
    before = warm.held_by(warm.account_id)

    warm.connector.revoke([Assignment(warm.account_id, warm.free)])

    assert warm.held_by(warm.account_id) == before


def test_nothing_to_do_makes_no_call(warm: Bench) -> None:
    warm.connector.grant([])
    warm.connector.revoke([])

    assert warm.asked() == []


def test_several_accounts_are_served_at_once(warm: Bench) -> None:
    both = [Assignment(each, warm.free) for each in (warm.account_id, warm.other_account_id)]

    warm.connector.grant(both)

    assert all(warm.free in warm.held_by(each.account_id) for each in both)


def test_an_account_that_is_gone_fails_alone(warm: Bench) -> None:
    good = Assignment(warm.account_id, warm.free)
    bad = Assignment(warm.unknown_id, warm.free)

    with pytest.raises(PartialFailure) as caught:
        warm.connector.grant([bad, good])

    assert set(caught.value.failures) == {bad}
    assert isinstance(caught.value.failures[bad], VendorNotFound)
    assert warm.free in warm.held_by(warm.account_id)


def test_an_entitlement_that_does_not_exist_fails_alone(warm: Bench) -> None:
    good = Assignment(warm.account_id, warm.free)
    bad = Assignment(warm.account_id, warm.unknown_entitlement)

    with pytest.raises(PartialFailure) as caught:
        warm.connector.grant([bad, good])

    assert set(caught.value.failures) == {bad}
    assert isinstance(caught.value.failures[bad], VendorRejected | VendorNotFound)
    assert warm.free in warm.held_by(warm.account_id)


def test_what_cannot_be_an_id_fails_alone_and_makes_no_call(warm: Bench) -> None:
    bad = [Assignment(no_id, warm.free) for no_id in warm.no_ids]

    for act in (warm.connector.grant, warm.connector.revoke):
        with pytest.raises(PartialFailure) as caught:
            act(bad)
        assert set(caught.value.failures) == set(bad)

    assert warm.asked() == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_grant_whose_answer_is_lost_is_tried_again(warm: Bench, when: str) -> None:
    warm.fails(drop=True, when=when)

    warm.connector.grant([Assignment(warm.account_id, warm.free)])

    assert warm.free in warm.held_by(warm.account_id)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_revocation_whose_answer_is_lost_is_tried_again(warm: Bench, when: str) -> None:
    warm.fails(drop=True, when=when)

    warm.connector.revoke([Assignment(warm.account_id, warm.held)])

    assert warm.held not in warm.held_by(warm.account_id)


def test_a_revocation_that_never_got_through_is_not_success(warm: Bench) -> None:
    warm.fails(status=503, count=50)
    wanted = Assignment(warm.account_id, warm.held)

    with pytest.raises(PartialFailure) as caught:
        warm.connector.revoke([wanted])

    assert isinstance(caught.value.failures[wanted], VendorUnavailable)
    assert warm.held in warm.held_by(warm.account_id)


@pytest.mark.parametrize("body", ["", "<html>login</html>", "{", "[]"])
def test_a_revocation_answered_by_garbage_is_not_success(warm: Bench, body: str) -> None:
    warm.fails(status=200, body=body, count=50)
    wanted = Assignment(warm.account_id, warm.held)

    with pytest.raises(PartialFailure) as caught:
        warm.connector.revoke([wanted])

    assert isinstance(caught.value.failures[wanted], VendorUnavailable)
