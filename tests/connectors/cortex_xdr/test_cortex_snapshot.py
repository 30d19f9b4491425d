from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from scimbridge.connectors.cortex_xdr.snapshot import Snapshot
from scimbridge.connectors.deadline import deadline
from scimbridge.errors import VendorUnavailable


def counting(clock: Any) -> Snapshot[int]:
    numbers = itertools.count(1)
    return Snapshot(lambda: next(numbers), seconds=5, clock=clock)


def test_a_list_is_kept_for_its_time(clock: Any) -> None:
    snapshot = counting(clock)
    assert snapshot.recent() == 1

    clock.seconds += 5
    assert snapshot.recent() == 1
    clock.seconds += 0.1
    assert snapshot.recent() == 2


def test_a_fresh_list_takes_the_place_of_the_one_that_is_kept(clock: Any) -> None:
    snapshot = counting(clock)
    snapshot.recent()

    assert snapshot.fresh() == 2
    assert snapshot.recent() == 2


def test_what_is_forgotten_is_read_anew(clock: Any) -> None:
    snapshot = counting(clock)
    snapshot.recent()

    snapshot.forget()

    assert snapshot.recent() == 2


def test_its_time_runs_from_the_beginning_of_the_reading(clock: Any) -> None:
    numbers = itertools.count(1)

    def load() -> int:
        clock.seconds += 4
        return next(numbers)

    snapshot = Snapshot(load, seconds=5, clock=clock)
    snapshot.recent()

    clock.seconds += 2
    assert snapshot.recent() == 2


def test_a_list_that_was_being_read_during_a_change_is_not_kept(clock: Any) -> None:
    numbers = itertools.count(1)

    def load() -> int:
        number = next(numbers)
        if number == 1:
            snapshot.forget()  # somebody changes something now
        return number

    snapshot = Snapshot(load, seconds=5, clock=clock)

    assert snapshot.recent() == 1
    assert snapshot.recent() == 2


def test_a_failure_is_not_kept(clock: Any) -> None:
    answers = iter([VendorUnavailable("down"), 1])

    def load() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    snapshot = Snapshot(load, seconds=5, clock=clock)
    with pytest.raises(VendorUnavailable):
        snapshot.recent()

    assert snapshot.recent() == 1


def test_one_thread_reads_and_the_others_wait_for_it(clock: Any) -> None:
    numbers, waiting = itertools.count(1), threading.Barrier(8)

    def look(_: int) -> int:
        waiting.wait()
        return snapshot.recent()

    snapshot = Snapshot(lambda: next(numbers), seconds=5, clock=clock)
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(look, range(8)))

    assert seen == {1}


def test_waiting_ends_at_the_deadline(clock: Any) -> None:
    begun, done = threading.Event(), threading.Event()

    def load() -> int:
        begun.set()
        done.wait(5)
        return 1

    snapshot = Snapshot(load, seconds=5, clock=clock)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(snapshot.recent)
        begun.wait(5)
        with deadline(0.01), pytest.raises(VendorUnavailable, match="no time was left"):
            snapshot.recent()
        done.set()

        assert reading.result() == 1
