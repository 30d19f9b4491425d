"""Renames to an account that exists: the vendor refuses, or the former account is gone by then."""

from __future__ import annotations

import pytest

from scimbridge.connectors.interface import Account, Entitlement
from scimbridge.errors import InvalidValue, TemporarilyUnavailable, VendorRejected
from tests.provisioning.conftest import JANE, Bench, Opener
from tests.provisioning.fake_vendor import ADOPTING

NEW = "new@example.com"


def with_account(bench: Bench, user_name: str, native_id: str, *roles: str) -> None:
    bench.vendor.people[native_id] = Account(user_name, native_id=native_id)
    bench.vendor.held[native_id] = {Entitlement("role", role) for role in roles}


def refuse_to_rename(bench: Bench, jane: str, call: str) -> None:
    refused = VendorRejected("she is the last administrator")
    with bench.failing(call, refused), pytest.raises(InvalidValue, match="last administrator"):
        bench.patch_user(jane, userName=NEW)


def test_an_account_that_a_refused_rename_adopted_is_released(open_bench: Opener) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with_account(bench, NEW, "x2", "auditor")

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
    with_account(bench, NEW, "x2")
    refuse_to_rename(bench, jane, "delete_account")
    with bench.failing("revoke"):
        bench.recover()
    with pytest.raises(TemporarilyUnavailable, match="being deleted"):
        bench.post_user(NEW)
    bench.recover()

    assert bench.vendor.roles(NEW) == set()
    assert bench.post_user(NEW) != jane


def test_a_refused_rename_is_undone_where_accounts_cannot_be_deleted(open_bench: Opener) -> None:
    bench = open_bench(ADOPTING, rename="recreate")
    with_account(bench, JANE, "n1")
    with_account(bench, NEW, "n2")
    jane = bench.post_user()
    bench.post_group("Readers", jane)

    refuse_to_rename(bench, jane, "set_active")
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.vendor.roles(NEW) == set()
    assert bench.pending() == []


def test_a_former_account_that_is_gone_does_not_hinder_the_rename(open_bench: Opener) -> None:
    bench = open_bench(ADOPTING, rename="recreate")
    with_account(bench, JANE, "n1")
    with_account(bench, NEW, "n2")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=NEW)
    del bench.vendor.people["n1"]

    bench.recover()

    assert bench.shown("Users", jane)["userName"] == NEW
    assert bench.vendor.roles(NEW) == {"reader"}
    assert bench.pending() == []
