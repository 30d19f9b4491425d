"""Unfinished work: when it is tried again, when it is given up, and what goes on around it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from scimbridge.connectors.interface import Assignment
from scimbridge.directory import journal, resources
from scimbridge.directory.journal import OperationRow
from scimbridge.directory.schema import operations
from scimbridge.errors import (
    DirectoryError,
    Forbidden,
    InvalidValue,
    NotYet,
    PartialFailure,
    ServerFault,
    TemporarilyUnavailable,
    VendorDenied,
    VendorRejected,
    VendorUnavailable,
)
from scimbridge.provisioning.background import Background, observe
from scimbridge.provisioning.operations import LONGEST_PAUSE_S
from tests.provisioning.conftest import CALLER, Bench, Opener, raiser


def last(bench: Bench) -> OperationRow:
    with bench.directory.read() as connection:
        rows = connection.execute(select(operations).order_by(operations.c.pk.desc()))
        return OperationRow(*rows.first() or ())


def wait_s(bench: Bench) -> float:
    return (last(bench).next_attempt - bench.clock()) / 1000


def test_the_pause_doubles_from_the_time_told_to_the_idp_up_to_the_longest(bench: Bench) -> None:
    jane = bench.post_user()
    pauses = []
    with bench.failing("delete_account"):
        with pytest.raises(TemporarilyUnavailable):
            bench.users.delete(jane, CALLER)
        for _ in range(8):
            pauses.append(wait_s(bench))
            bench.recover(after_s=LONGEST_PAUSE_S)

    for number, pause in enumerate(pauses):
        longest = min(LONGEST_PAUSE_S, 30 * 2**number)
        assert longest / 2 <= pause <= longest, pauses


def test_what_is_not_due_yet_is_left_alone(bench: Bench) -> None:
    jane = bench.post_user()
    with bench.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        bench.users.delete(jane, CALLER)

    assert bench.operations.recover() == 0
    assert set(bench.vendor.people) == {"n1"}


def test_while_the_vendor_is_ill_one_attempt_shows_it_and_the_rest_waits(bench: Bench) -> None:
    leave_unfinished(bench, 3)
    with bench.failing("delete_account"):
        bench.recover()
        assert bench.vendor.calls.count("delete_account") == 1
        bench.recover(after_s=29)
        assert bench.vendor.calls.count("delete_account") == 1
        bench.recover(after_s=1)
        # Not the one that was tried just now.
        assert bench.vendor.calls.count("delete_account") == 2
        assert sorted(attempts(bench)) == [1, 2, 2]

    bench.recover()

    assert bench.pending() == []
    assert bench.vendor.people == {}


def test_refused_credentials_are_not_tried_for_everybody(bench: Bench) -> None:
    leave_unfinished(bench, 3)

    with bench.failing("delete_account", VendorDenied("wrong password")):
        bench.recover()

    assert bench.vendor.calls.count("delete_account") == 1


def test_what_is_not_the_vendors_illness_keeps_nobody_from_their_turn(bench: Bench) -> None:
    leave_unfinished(bench, 3)

    with bench.failing("delete_account", NotYet("somebody else is at it")):
        bench.recover()

    assert bench.vendor.calls.count("delete_account") == 3


def leave_unfinished(bench: Bench, number: int) -> None:
    """So many deletions."""
    users = [bench.post_user(f"user{n}@example.com") for n in range(number)]
    with bench.failing("delete_account"):
        for user in users:
            with pytest.raises(TemporarilyUnavailable):
                bench.users.delete(user, CALLER)
    bench.vendor.calls.clear()


def attempts(bench: Bench) -> list[int]:
    with bench.directory.read() as connection:
        found = journal.due(connection, "t", now=bench.clock() + 10**10, limit=100)
    return [each.attempts for each in found]


def test_the_vendors_own_wait_decides_where_it_is_longer(bench: Bench) -> None:
    jane = bench.post_user()
    slow = VendorUnavailable("busy", retry_after=600)
    with bench.failing("delete_account", slow), pytest.raises(TemporarilyUnavailable) as caught:
        bench.users.delete(jane, CALLER)

    assert caught.value.retry_after == 600
    assert 300 <= wait_s(bench) <= 600


def test_refused_credentials_are_the_bridges_fault_and_the_change_goes_on(bench: Bench) -> None:
    jane = bench.post_user()
    denied = VendorDenied("scope missing")
    with bench.failing("update_account", denied), pytest.raises(ServerFault, match="recorded"):
        bench.patch_user(jane, displayName="Jane")

    bench.recover()

    assert bench.vendor.people["n1"].display_name == "Jane"


def test_a_refused_removal_is_told_and_tried_again_all_the_same(bench: Bench) -> None:
    jane = bench.post_user()
    refused = VendorRejected("has open incidents")
    with bench.failing("delete_account", refused), pytest.raises(InvalidValue):
        bench.users.delete(jane, CALLER)

    bench.recover()

    assert bench.vendor.people == {}


def test_a_forbidden_deletion_is_withdrawn(open_bench: Opener) -> None:
    bench = open_bench(protected_entitlements=("role:reader",), deactivate="revoke")
    jane = bench.post_user()
    with bench.directory.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO grants (resource_pk, kind, native_id, state)"
            " VALUES (1, 'role', 'reader', 'held')"
        )
    bench.vendor.held["n1"] = set()

    with pytest.raises(Forbidden):
        bench.patch_user(jane, active=False)

    assert bench.shown("Users", jane).get("active") is not False
    assert "undo" in bench.pending()  # taking it back needs no protected step, and is tried again
    bench.recover()


def test_what_ended_while_it_was_waited_for_is_told_as_it_ended(bench: Bench) -> None:
    """Another process withdrew the operation in the meantime."""
    jane = bench.post_user()

    def withdrawn() -> None:
        del bench.vendor.meanwhile["update_account"]
        with bench.directory.write() as connection:
            connection.exec_driver_sql(
                "UPDATE operations SET status = 'abandoned', "
                """error = '{"type": "Conflict", "detail": "given up"}' WHERE status = 'pending'"""
            )
        raise VendorUnavailable("down")

    bench.vendor.meanwhile["update_account"] = withdrawn

    with pytest.raises(Exception, match="given up") as caught:
        bench.patch_user(jane, displayName="Jane")
    assert type(caught.value).__name__ == "Conflict"


def test_a_refusal_is_told_before_an_outage(bench: Bench) -> None:
    """Of two members one is refused and the other cannot be reached: waiting would not help."""
    jane, roe = bench.post_user(), bench.post_user("roe@example.com")
    group = bench.post_group("Readers")
    fail = {
        bench.row(jane).native_id: VendorUnavailable("down"),
        bench.row(roe).native_id: VendorRejected("no licence"),
    }

    def partly(assignments: list[Assignment]) -> None:
        raise PartialFailure("some", {each: fail[each.account_id] for each in assignments})

    bench.vendor.__dict__["grant"] = partly

    with pytest.raises(InvalidValue, match="no licence"):
        bench.join(group, jane, roe)
    assert bench.members(group) == set()


def refuse_jane(bench: Bench) -> None:
    """The first account, Jane's, cannot be given anything now; all others can."""
    grant = type(bench.vendor).grant

    def partly(assignments: list[Assignment]) -> None:
        jane = [each for each in assignments if each.account_id == "n1"]
        grant(bench.vendor, [each for each in assignments if each not in jane])
        if jane:
            raise PartialFailure("one", dict.fromkeys(jane, VendorUnavailable("slow down")))

    bench.vendor.__dict__["grant"] = partly


def test_who_failed_is_told_of_at_once_when_all_others_are_done(bench: Bench) -> None:
    """Not after the deadline: the IdP could try again by then."""
    jane, roe = bench.post_user(), bench.post_user("roe@example.com")
    refuse_jane(bench)
    pauses: list[float] = []
    object.__setattr__(bench.converger, "pause", pauses.append)

    with pytest.raises(TemporarilyUnavailable, match="slow down"):
        bench.post_group("Readers", jane, roe)

    assert bench.vendor.roles("roe@example.com") == {"reader"}
    assert pauses == []


def test_one_failure_does_not_end_the_wait_for_whom_somebody_else_works_on(bench: Bench) -> None:
    jane, roe = bench.post_user(), bench.post_user("roe@example.com")
    refuse_jane(bench)
    pk = bench.row(roe).pk

    def lease(owner: str | None, until: int) -> None:
        with bench.directory.write() as connection:
            resources.change(connection, pk, lease_owner=owner, lease_until=until)

    lease("other", bench.clock() + 10**6)
    object.__setattr__(bench.converger, "pause", lambda _seconds: lease(None, 0))

    with pytest.raises(TemporarilyUnavailable, match="slow down"):
        bench.post_group("Readers", jane, roe)

    assert bench.vendor.roles("roe@example.com") == {"reader"}


# --- the background ----------------------------------------------------------------------------


def test_the_background_recovers_and_observes_again_and_again(bench: Bench) -> None:
    jane = bench.post_user()
    with bench.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        bench.users.delete(jane, CALLER)
    bench.clock.advance(3600)
    looked = threading.Semaphore(0)
    bench.vendor.meanwhile["accounts"] = looked.release
    background = Background([bench.provider], interval_s=0.01)

    background.start()
    try:
        for _ in range(2):
            assert looked.acquire(timeout=5)
            bench.clock.advance(3600)
    finally:
        background.stop()

    assert bench.vendor.people == {}


@pytest.mark.parametrize("error", [DirectoryError("locked"), KeyError("a fault of ours")])
@pytest.mark.parametrize("job", ["recover", "observe"])
def test_a_failing_look_does_not_end_the_background(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, job: str, error: Exception
) -> None:
    failed = threading.Semaphore(0)
    raise_it = raiser(error)

    def fail(*_: object, **__: object) -> None:
        failed.release()
        raise_it()

    part = bench.operations if job == "recover" else bench.provider.observer
    monkeypatch.setattr(type(part), job, fail)
    background = Background([bench.provider], interval_s=0.01)

    background.start()
    try:
        assert failed.acquire(timeout=5)
        assert failed.acquire(timeout=5)
    finally:
        background.stop()


def test_a_fault_of_ours_in_one_operation_does_not_keep_the_next_from_its_turn(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    jane, roe = bench.post_user(), bench.post_user("roe@example.com")
    with bench.failing("delete_account"):
        for user in (jane, roe):
            with pytest.raises(TemporarilyUnavailable):
                bench.users.delete(user, CALLER)
    fault = iter([KeyError("a fault of ours")])

    def delete(native_id: str) -> None:
        for error in fault:
            raise error
        bench.vendor.people.pop(native_id)

    bench.vendor.__dict__["delete_account"] = delete

    bench.recover()

    assert set(bench.vendor.people) == {"n1"}
    bench.recover()
    assert bench.vendor.people == {}


def test_a_vendor_that_is_down_is_looked_at_again(bench: Bench) -> None:
    with bench.failing("accounts"):
        observe(bench.provider)

    observe(bench.provider)

    assert bench.vendor.calls.count("accounts") == 2


def test_a_vendor_is_not_looked_at_before_it_is_due(bench: Bench) -> None:
    observe(bench.provider)
    observe(bench.provider)

    assert bench.vendor.calls.count("accounts") == 1
