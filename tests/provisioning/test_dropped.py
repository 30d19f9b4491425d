"""A vendor whose every write drops a person's sites, to put them back a moment later."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from threading import Event, Thread

import pytest

from scimbridge.connectors.dropped import dropping, restored
from scimbridge.connectors.interface import Account, Capabilities, Entitlement
from scimbridge.directory import grants
from scimbridge.directory.leases import LEASE_MARGIN_S
from scimbridge.errors import TemporarilyUnavailable, VendorRejected
from tests.provisioning.conftest import DOWN, JANE, Bench, Opener, once, raiser
from tests.provisioning.fake_vendor import FakeVendor

CONSOLE = Capabilities(
    frozenset({"display_name"}),
    ("role", "site"),
    single_valued_kinds=frozenset({"role"}),
    dependent_kinds=frozenset({"site"}),
    can_disable_accounts=True,
    revoke_on_disable=False,
)
SITE = Entitlement("site", "by-hand")
GROUPS = {"Sites": ("site:by-hand", "site:other")}


@dataclass
class Console(FakeVendor):
    """Calls ``read`` before it drops anything, and ``put_back`` afterwards."""

    def update_account(self, account: Account, changed: frozenset[str]) -> None:
        self._replace(str(account.native_id))
        super().update_account(account, changed)

    def set_active(self, native_id: str, *, active: bool) -> None:
        self._replace(native_id)
        super().set_active(native_id, active=active)

    def _replace(self, native_id: str) -> None:
        sites = frozenset(each for each in self.held[native_id] if each.kind == "site")
        self._call("read")
        dropping(native_id, sites)
        self.held[native_id] -= sites
        self._call("put_back")
        self.held[native_id] |= sites
        restored(native_id, sites)


@pytest.fixture
def bench(open_bench: Opener) -> Bench:
    return open_bench(vendor=Console(CONSOLE), groups=GROUPS)


@pytest.fixture
def jane(bench: Bench) -> str:
    """Somebody gave her a site by hand."""
    user = bench.post_user(displayName="Jane")
    bench.vendor.held["n1"].add(SITE)
    return user


def interrupt(bench: Bench, user: str) -> None:
    """Have a change fail after her site was dropped, and before it was put back."""
    with bench.failing("put_back"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(user, displayName="Joan")
    assert bench.vendor.held["n1"] == set()


def recorded(bench: Bench, user: str) -> dict[Entitlement, str]:
    pk = bench.row(user).pk
    with bench.directory.read() as connection:
        states = grants.of_resources(connection, [pk], settling_since=bench.clock())[pk]
    return {Entitlement(*key): state for key, state in states.items()}


def test_what_was_dropped_is_given_back_by_whoever_goes_on(bench: Bench, jane: str) -> None:
    interrupt(bench, jane)

    bench.recover()

    assert bench.vendor.held["n1"] == {SITE}
    assert bench.pending() == []


def test_what_was_put_back_is_not_remembered(bench: Bench, jane: str) -> None:
    bench.patch_user(jane, displayName="Joan")
    assert bench.vendor.held["n1"] == {SITE}

    bench.vendor.held["n1"].clear()
    bench.patch_user(jane, displayName="Jane")

    assert bench.vendor.held["n1"] == set()


def test_what_was_put_back_is_not_remembered_although_the_change_failed_later(
    bench: Bench, jane: str
) -> None:
    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, displayName="Joan")
    bench.vendor.held["n1"].clear()

    bench.recover()

    assert bench.vendor.held["n1"] == set()


def test_what_was_given_back_once_is_not_given_again(bench: Bench, jane: str) -> None:
    interrupt(bench, jane)
    bench.recover()

    bench.vendor.held["n1"].clear()
    bench.patch_user(jane, displayName="Jane")

    assert bench.vendor.held["n1"] == set()


def test_who_was_deactivated_meanwhile_is_given_it_back_with_the_activation(
    bench: Bench, jane: str
) -> None:
    interrupt(bench, jane)

    bench.patch_user(jane, active=False)
    assert bench.vendor.held["n1"] == set()
    assert recorded(bench, jane) == {SITE: grants.SUSPENDED}
    bench.patch_user(jane, active=True, displayName="Jane")

    assert bench.vendor.held["n1"] == {SITE}


def test_what_the_idp_took_meanwhile_is_not_given_back(bench: Bench, jane: str) -> None:
    interrupt(bench, jane)
    group = bench.post_group("Sites", jane)

    bench.leave(group, jane)

    assert bench.vendor.held["n1"] == set()


def test_what_a_group_gives_is_given_again_with_the_activation_alone(
    bench: Bench, jane: str
) -> None:
    bench.vendor.held["n1"].clear()
    bench.post_group("Sites", jane)
    with bench.failing("put_back"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, active=False)

    bench.recover()
    assert bench.vendor.held["n1"] == set()
    bench.patch_user(jane, active=True)

    assert len(bench.vendor.held["n1"]) == 2


def test_who_lost_the_lease_drops_nothing(bench: Bench, jane: str) -> None:
    once(bench, "read", lambda: bench.patch_user(jane, displayName="Second"))
    calls = bench.vendor.calls

    bench.patch_user(jane, displayName="First")
    bench.recover()

    assert bench.vendor.people["n1"].display_name == "Second"
    assert bench.vendor.held["n1"] == {SITE}
    assert calls.count("read") == calls.count("put_back") + 1


def test_what_a_late_worker_dropped_is_given_back(bench: Bench, jane: str) -> None:
    def overtaken() -> None:
        bench.patch_user(jane, displayName="Second")
        bench.vendor.held["n1"].clear()  # by the late call
        raise DOWN

    once(bench, "put_back", overtaken)

    bench.patch_user(jane, displayName="First")
    bench.recover()

    assert bench.vendor.held["n1"] == {SITE}
    assert bench.pending() == []


def test_what_a_late_worker_put_back_although_it_was_revoked_meanwhile_is_taken_again(
    bench: Bench,
) -> None:
    user = bench.post_user(displayName="Jane")
    group = bench.post_group("Sites", user)
    once(bench, "put_back", lambda: bench.leave(group, user))

    bench.patch_user(user, displayName="Joan")
    assert len(bench.vendor.held["n1"]) == 2
    bench.recover()

    assert bench.vendor.held["n1"] == set()
    assert bench.pending() == []


def test_a_late_grant_that_somebody_took_for_given_by_hand_is_taken_again(bench: Bench) -> None:
    user = bench.post_user(displayName="Jane")
    group = bench.post_group("Sites")
    sent, arrived = Event(), Event()

    def grant_late() -> None:
        del bench.vendor.meanwhile["grant"]
        sent.set()
        assert arrived.wait(10)

    bench.vendor.meanwhile["grant"] = grant_late
    late = Thread(target=lambda: bench.join(group, user))
    late.start()
    assert sent.wait(10)
    bench.clock.advance(LEASE_MARGIN_S + 60)
    bench.leave(group, user)
    bench.vendor.held["n1"].add(SITE)

    def end_the_late_one() -> None:
        del bench.vendor.meanwhile["put_back"]
        arrived.set()
        late.join()

    bench.vendor.meanwhile["put_back"] = end_the_late_one
    bench.patch_user(user, displayName="Joan")
    bench.recover()

    assert bench.vendor.held["n1"] == set()
    assert bench.pending() == []


def test_what_cannot_be_given_back_any_more_is_told_and_stops_nothing(
    bench: Bench, jane: str, caplog: pytest.LogCaptureFixture
) -> None:
    interrupt(bench, jane)

    with (
        caplog.at_level(logging.WARNING),
        bench.failing("grant", VendorRejected("there is no such site")),
    ):
        bench.recover()

    assert bench.vendor.people["n1"].display_name == "Joan"
    assert bench.pending() == []
    assert f"{JANE}: grant site:by-hand to n1: there is no such site" in caplog.text


def test_an_account_that_is_let_go_again_has_it_back(bench: Bench) -> None:
    bench.vendor.make("n1", JANE, SITE)
    with bench.failing("put_back"), pytest.raises(TemporarilyUnavailable):
        bench.post_user(displayName="Jane")
    assert bench.vendor.held["n1"] == set()

    bench.vendor.meanwhile["read"] = raiser(VendorRejected("no such name"))
    bench.recover()
    bench.recover()

    assert bench.vendor.held["n1"] == {SITE}
    assert bench.pending() == []
