"""How often one may fail, from where one may call, and how much of the bridge one target takes."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder

from scimbridge.directory import tokens
from scimbridge.web.addresses import client_address, counted_as, networks
from scimbridge.web.limits import Failures, Slots
from tests.conftest import World, open_world
from tests.web.callers import new_token

HERE = "/falcon/scim/v2/Users?count=0"


class Clock:
    seconds = 1_000_000.0

    def __call__(self) -> int:
        return round(self.seconds * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def call(world: World, token: str, *, peer: str = "192.0.2.1", **headers: str) -> tuple[int, str]:
    """The status and the Retry-After of a request from ``peer``."""
    answer = world.bridge.app.test_client().get(
        HERE,
        headers={"Authorization": f"Bearer {token}"}
        | {name.replace("_", "-"): value for name, value in headers.items()},
        environ_overrides={"REMOTE_ADDR": peer},
    )
    return answer.status_code, answer.headers.get("Retry-After", "")


def test_after_a_burst_one_failure_is_free_each_interval(clock: Clock) -> None:
    failures = Failures(burst=3, seconds=10, now=clock)
    assert [failures.count("a") for _ in range(4)] == [0, 0, 0, 10]
    assert failures.count("b") == 0

    clock.seconds += 4
    assert failures.count("a") == 6
    clock.seconds += 6

    assert [failures.count("a") for _ in range(2)] == [0, 10]


def test_a_burst_is_free_again_after_a_while(clock: Clock) -> None:
    failures = Failures(burst=3, seconds=10, now=clock)
    for _ in range(100):
        failures.count("a")

    clock.seconds += 30

    assert [failures.count("a") for _ in range(4)] == [0, 0, 0, 10]


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(clock: Clock) -> None:
    failures = Failures(burst=1, seconds=10, now=clock)
    failures.count("a")

    clock.seconds -= 100_000
    assert failures.count("a") == 10
    clock.seconds += 10

    assert failures.count("a") == 0


def test_made_up_keys_take_a_bounded_amount_of_memory(clock: Clock) -> None:
    failures = Failures(burst=1, seconds=10, now=clock)

    for number in range(11_000):
        failures.count(str(number))

    assert len(failures._forgotten_at) == 10_000


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        # On a slow machine so many requests take longer than the time that frees one failure.
        world.clock.stop()
        yield world


def test_very_many_failures_of_an_address_are_told_to_wait(limited: World) -> None:
    seen = [call(limited, "nonsense") for _ in range(101)]

    assert seen[:100] == [(401, "")] * 100
    assert seen[100] == (429, "1")
    assert call(limited, "nonsense", peer="192.0.2.2") == (401, "")


def test_failures_lock_out_nobody_who_has_a_valid_token(limited: World) -> None:
    own = tokens.client_of(limited.scim.token)[0]
    for _ in range(150):
        call(limited, f"scb_{own}_{'x' * 43}")
    assert call(limited, f"scb_{own}_{'x' * 43}")[0] == 429

    # Behind the same address, and even under the id that somebody else guesses at.
    assert call(limited, new_token(limited)) == (200, "")
    assert call(limited, limited.scim.token) == (200, "")


def test_guesses_at_one_token_from_many_addresses_are_told_to_wait(limited: World) -> None:
    guess = f"scb_{tokens.client_of(limited.scim.token)[0]}_{'x' * 43}"

    seen = [call(limited, guess, peer=f"192.0.2.{n}") for n in range(21)]

    assert seen[:20] == [(401, "")] * 20
    assert seen[20] == (429, "5")


def test_the_token_endpoint_counts_failures_too(limited: World) -> None:
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    client = limited.bridge.app.test_client()

    seen = [client.post("/falcon/oauth/token", data=form).status_code for _ in range(101)]

    assert seen == [401] * 100 + [429]


def test_an_ipv6_network_of_one_subscriber_counts_as_one_address() -> None:
    one, other = (counted_as(ip_address(f"2001:db8:1:2::{n}")) for n in (1, 2))

    assert one == other == "2001:db8:1:2::/64"
    assert counted_as(ip_address("192.0.2.1")) == "192.0.2.1"
    assert counted_as(None) == "None"


PROXIES = networks(["10.0.0.1", "10.0.1.0/24"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.0.1.9", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7,192.0.2.9,10.0.1.9", "192.0.2.9"),
        ("10.0.0.1", "10.0.1.1, 10.0.1.2", "10.0.1.1"),
        ("10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7,", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
        ("", "203.0.113.7", "None"),
    ],
)
def test_forwarded_for_is_believed_as_far_as_our_proxies_wrote_it(
    peer: str, forwarded: str | None, found: str
) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    environ = EnvironBuilder(headers=headers, environ_overrides={"REMOTE_ADDR": peer}).get_environ()

    with Flask("any").request_context(environ):
        assert str(client_address(PROXIES)) == found


def test_a_target_is_called_from_its_networks_alone(tmp_path: Path) -> None:
    policy = 'allowed_networks = ["203.0.113.0/24"]'
    with open_world(tmp_path, policy=policy, bridge='trusted_proxies = ["127.0.0.1"]') as world:
        token = world.scim.token
        behind = {"peer": "127.0.0.1", "X_Forwarded_For": "203.0.113.7"}
        spoofed = {"peer": "127.0.0.1", "X_Forwarded_For": "203.0.113.7, 192.0.2.1"}

        assert call(world, token, **behind)[0] == 200
        assert call(world, token, peer="203.0.113.9")[0] == 200
        assert call(world, token, **spoofed)[0] == 403
        assert call(world, token, peer="192.0.2.1", X_Forwarded_For="203.0.113.7")[0] == 403
        # Before the credential is looked at, and for the token endpoint too.
        assert call(world, "nonsense", peer="192.0.2.1")[0] == 403
        answer = world.bridge.app.test_client().post(
            "/falcon/oauth/token", environ_overrides={"REMOTE_ADDR": "192.0.2.1"}
        )
        assert answer.status_code == 403


def test_slots_are_counted_for_each_target() -> None:
    slots = Slots()

    assert [slots.take("a", 2), slots.take("a", 2), slots.take("a", 2)] == [True, True, False]
    assert slots.take("b", 2)
    slots.give("a")
    assert slots.take("a", 2)


def test_one_target_cannot_take_every_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_world(tmp_path, policy="max_concurrent_requests = 2") as world:
        inside, leave = threading.Barrier(3), threading.Event()
        searched = world.provider.endpoints["Users"].search

        def wait(_self: object, *arguments: object) -> object:
            inside.wait(10)
            leave.wait(10)
            return searched(*arguments)

        monkeypatch.setattr(type(world.provider.endpoints["Users"]), "search", wait)
        with ThreadPoolExecutor(2) as pool:
            held = [pool.submit(call, world, world.scim.token) for _ in range(2)]
            inside.wait(10)
            refused = call(world, world.scim.token)
            # Who has no token takes no slot, and is told so as ever.
            unknown = call(world, "nonsense")
            probe = world.bridge.app.test_client().get("/readyz").status_code
            leave.set()
            done = [each.result()[0] for each in held]
        monkeypatch.undo()

        assert (refused, unknown[0], probe, done) == ((429, "5"), 401, 200, [200, 200])
        assert call(world, world.scim.token)[0] == 200


def test_a_request_that_fails_gives_its_slot_back(tmp_path: Path) -> None:
    with open_world(tmp_path, policy="max_concurrent_requests = 1") as world:
        for path in ("/Nothing", "/Users/none", "/Users?filter=x", "/Me"):
            assert world.scim("GET", path).status_code >= 400

        assert world.scim("GET", "/Users?count=0").status_code == 200


@pytest.mark.parametrize(("threads", "expected"), [(32, 24), (4, 3), (1, 1)])
def test_by_default_a_quarter_of_the_threads_is_left_to_others(
    tmp_path: Path, threads: int, expected: int
) -> None:
    with open_world(tmp_path) as world:
        served = world.bridge.app.extensions["scimbridge"]
        config = dataclasses.replace(served.config, threads=threads)

        assert dataclasses.replace(served, config=config).slots_of("falcon") == expected
