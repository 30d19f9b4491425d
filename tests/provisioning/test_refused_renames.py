"""Renames to an account that exists: the vendor refuses, or the former account is gone by then."""

from __future__ import annotations

import pytest

from scimbridge.connectors.interface import Entitlement
from scimbridge.errors import InvalidValue, TemporarilyUnavailable, VendorRejected
from tests.provisioning.conftest import JANE, Bench, Opener
from tests.provisioning.fake_vendor import ADOPTING

NEW = "new@example.com"


@pytest.fixture
def adopting(open_bench: Opener) -> Bench:
    """At a vendor whose accounts can be neither created nor deleted."""
    return open_bench(ADOPTING, rename="recreate")


def reader_with_both_accounts(bench: Bench) -> str:
    """Jane, who reads, and the account of the login that she is about to have."""
    bench.vendor.make("n1", JANE)
    bench.vendor.make("n2", NEW)
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    return jane


def refuse_to_rename(bench: Bench, jane: str, call: str) -> None:
    refused = VendorRejected("she is the last administrator")
    with bench.failing(call, refused), pytest.raises(InvalidValue, match="last administrator"):
        bench.patch_user(jane, userName=NEW)


def test_an_account_that_a_refused_rename_adopted_is_released(open_bench: Opener) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.make("x2", NEW, Entitlement("role", "auditor"))

    refuse_to_rename(bench, jane, "delete_account")
    bench.recover()

    assert bench.shown("Users", jane)["userName"] == JANE
    assert bench.vendor.roles(NEW) == {"auditor"}, "what was there before, and nothing of hers"
    assert "reader" in bench.vendor.roles(JANE)
    assert bench.pending() == []


def test_an_adopted_account_is_released_although_that_fails_at_first(open_bench: Opener) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.make("x2", NEW)
    refuse_to_rename(bench, jane, "delete_account")
    with bench.failing("revoke"):
        bench.recover()
    with pytest.raises(TemporarilyUnavailable, match="being deleted"):
        bench.post_user(NEW)
    bench.recover()

    assert bench.vendor.roles(NEW) == set()
    assert bench.post_user(NEW) != jane


def test_a_refused_rename_is_undone_where_accounts_cannot_be_deleted(adopting: Bench) -> None:
    bench, jane = adopting, reader_with_both_accounts(adopting)

    refuse_to_rename(bench, jane, "set_active")
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.vendor.roles(NEW) == set()
    assert bench.pending() == []


def test_a_former_account_that_is_gone_does_not_hinder_the_rename(adopting: Bench) -> None:
    bench, jane = adopting, reader_with_both_accounts(adopting)
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=NEW)
    del bench.vendor.people["n1"]

    bench.recover()

    assert bench.shown("Users", jane)["userName"] == NEW
    assert bench.vendor.roles(NEW) == {"reader"}
    assert bench.pending() == []
