"""Linking many accounts at once: the same comes of it as of one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Select, select

from scimbridge.connectors.interface import Account
from scimbridge.directory import grants
from scimbridge.directory.engine import Directory
from scimbridge.directory.schema import operations, resources
from scimbridge.errors import VendorUnavailable
from scimbridge.provisioning.linking import batches
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener
from tests.provisioning.fake_vendor import PLAIN

NAMES = [JANE, "JANE@example.com", "roe@example.com", "new@example.com", "waiting@example.com"]


def accounts(*names: str) -> list[Account]:
    return [Account(name, native_id=f"x{number}") for number, name in enumerate(names)]


def user_names(bench: Bench) -> list[str]:
    with bench.directory.read() as connection:
        rows = connection.execute(select(resources.c.confirmed_key).order_by(resources.c.pk))
        return list(rows.scalars())


def stock(bench: Bench, found: list[Account]) -> None:
    bench.vendor.people = {str(each.native_id): each for each in found}


def left_by(bench: Bench, act: Callable[[Connection], None]) -> list[set[tuple[Any, ...]]]:
    """The users and the operations that there are after ``act``, which is taken back."""
    users: Select[Any] = select(*(each for each in resources.c if each.name != "pk"))
    work: Select[Any] = select(operations.c.resource_pk, operations.c.kind)
    found: list[set[tuple[Any, ...]]] = []
    with suppress(InterruptedError), bench.directory.write() as connection:
        act(connection)
        found += [set(map(tuple, connection.execute(each))) for each in (users, work)]
        raise InterruptedError
    return found


@pytest.fixture
def known(open_bench: Opener) -> Bench:
    """Jane was written, Roe only seen, and somebody's account is waited for or about to go."""
    bench = open_bench(replace(PLAIN, can_create_accounts=False), missing_user="pending")
    stock(bench, accounts(JANE, "roe@example.com"))
    bench.provider.observer.observe()
    bench.post_user(JANE, displayName="Jane")
    waiting = bench.row(bench.post_user("waiting@example.com"))
    with bench.directory.write() as connection:
        grants.retire(connection, waiting.pk, "x2", confirmed=False)
    return bench


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    found=st.lists(
        st.builds(
            Account,
            user_name=st.sampled_from(NAMES),
            given_name=st.sampled_from(["", "Ada"]),
            native_id=st.sampled_from([f"x{number}" for number in range(5)]),
        ),
        max_size=6,
    )
)
def test_many_at_once_are_linked_as_one_after_another(known: Bench, found: list[Account]) -> None:
    linking = known.provider.observer.linking

    def singly(connection: Connection) -> None:
        for account in found:
            linking.link(connection, account)

    def together(connection: Connection) -> None:
        for batch in batches(found):
            linking.link_all(connection, batch)

    assert left_by(known, together) == left_by(known, singly)


def test_an_import_takes_the_one_write_lock_once_for_hundreds(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    write = Directory.write
    monkeypatch.setattr(Directory, "write", lambda self: (taken.append(1), write(self))[1])
    stock(bench, accounts(*(f"u{number}@example.com" for number in range(1200))))

    bench.provider.observer.observe()

    assert len(user_names(bench)) == 1200
    assert len(taken) == 6  # the target's lease, taken and given back; the catalogue; the accounts


def test_what_was_imported_before_the_vendor_failed_stays_and_the_next_run_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = accounts(*(f"u{number}@example.com" for number in range(700)))

    def failing() -> Iterator[Account]:
        yield from found[:600]
        raise VendorUnavailable("maintenance")

    monkeypatch.setattr(bench.vendor, "accounts", failing)
    with pytest.raises(VendorUnavailable):
        bench.provider.observer.observe()
    assert len(user_names(bench)) == 500

    monkeypatch.undo()
    stock(bench, found)
    bench.provider.observer.observe()

    assert sorted(user_names(bench)) == sorted(each.user_name for each in found)


def test_who_is_deleted_while_the_list_is_read_is_not_seen_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = accounts(JANE, "roe@example.com")
    stock(bench, listed)
    jane = bench.post_user(JANE)

    def outdated() -> Iterator[Account]:
        bench.users.delete(jane, CALLER)
        yield from listed

    monkeypatch.setattr(bench.vendor, "accounts", outdated)
    bench.provider.observer.observe()

    assert user_names(bench) == ["roe@example.com"]
