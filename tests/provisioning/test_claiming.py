"""Equal POSTs: one creates, the others wait for it, and then it is a conflict or it is theirs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scimbridge.errors import TemporarilyUnavailable, Uniqueness
from scimbridge.provisioning.claims import ANSWERING_MS, Claims
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener


def answered(bench: Bench, user: str) -> None:
    bench.provider.endpoints["Users"].answered(user)


def test_a_second_post_waits_for_the_first_and_then_conflicts(open_bench: Opener) -> None:
    bench = open_bench(deadline_s=5)
    is_creating, may_create = threading.Event(), threading.Event()

    def create_slowly() -> None:
        is_creating.set()
        assert may_create.wait(5)

    bench.vendor.meanwhile["create_account"] = create_slowly
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(bench.post_user)
        assert is_creating.wait(5)
        second = pool.submit(bench.post_user)
        may_create.set()
        answered(bench, first.result())

        with pytest.raises(Uniqueness):
            second.result()
    assert bench.vendor.calls.count("create_account") == 1


def test_a_post_whose_rival_does_not_end_is_to_come_again(bench: Bench) -> None:
    bench.post_user()  # and its answer is never heard of

    with pytest.raises(TemporarilyUnavailable, match="being created by another request"):
        bench.post_user()


def test_a_post_whose_rival_was_not_answered_in_time_takes_over(bench: Bench) -> None:
    jane = bench.post_user()
    bench.clock.advance(ANSWERING_MS / 1000)

    assert bench.post_user(title="CISO") == jane
    assert bench.shown("Users", jane)["title"] == "CISO"


def test_a_post_whose_rival_failed_takes_over_at_once(bench: Bench) -> None:
    with bench.failing("create_account"), pytest.raises(TemporarilyUnavailable):
        bench.post_user()

    assert bench.post_user()


def test_a_post_whose_rival_died_takes_over_once_the_background_would(bench: Bench) -> None:
    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    bench.vendor.meanwhile["create_account"] = die
    with pytest.raises(Died):
        bench.post_user()
    del bench.vendor.meanwhile["create_account"]
    with pytest.raises(TemporarilyUnavailable):
        bench.post_user()

    bench.clock.advance(60)

    assert bench.post_user()


def test_a_post_that_was_overtaken_between_waiting_and_writing_waits_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []

    def await_rivals(claims: Claims, target: str, resource_type: str, key: str) -> None:
        waited.append(key)
        if len(waited) == 2:  # until then another rival begins right after nobody was seen
            bench.clock.advance(60)

    bench.post_user()
    monkeypatch.setattr(Claims, "await_rivals", await_rivals)

    assert bench.post_user()
    assert waited == [JANE] * 2


def test_a_deleted_users_name_is_free_once_the_deletion_is_done(bench: Bench) -> None:
    jane = bench.post_user()
    answered(bench, jane)
    with bench.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        bench.users.delete(jane, CALLER)
    bench.clock.advance(60)
    with pytest.raises(TemporarilyUnavailable, match="being deleted"):
        bench.post_user()

    bench.recover()

    assert bench.post_user() != jane
