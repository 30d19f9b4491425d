"""What is counted, under which labels, and who may read it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from scimbridge.directory import schema, tokens
from scimbridge.web.metrics import MULTIPROCESS_VARIABLE
from tests.conftest import CORE_USER, World, open_world

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
VENDOR_USERS = "/user-management/entities/users/v1"


def scrape(world: World, **headers: str) -> requests.Response:
    root = world.scim.base_url.removesuffix("/falcon/scim/v2")
    return requests.get(f"{root}/metrics", headers=headers, timeout=5)


def samples(world: World) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(scrape(world).text)
        for sample in family.samples
    }


def value(world: World, name: str, **labels: str) -> float:
    key = (f"scimbridge_{name}", frozenset({"target": "falcon", **labels}.items()))
    return samples(world).get(key, 0.0)


def test_requests_are_counted_by_endpoint_method_and_status(shared: World, resident: str) -> None:
    labels = {"endpoint": "/Users/<scim_id>", "method": "GET"}
    ok = value(shared, "requests_total", **labels, status="200")
    missing = value(shared, "requests_total", **labels, status="404")
    seconds = value(shared, "request_seconds_count", **labels)

    shared.scim("GET", f"/Users/{resident}")
    shared.scim("GET", "/Users/no-such-user")

    assert value(shared, "requests_total", **labels, status="200") == ok + 1
    assert value(shared, "requests_total", **labels, status="404") == missing + 1
    assert value(shared, "request_seconds_count", **labels) == seconds + 2


def test_no_label_holds_what_a_client_sent(shared: World, resident: str) -> None:
    client = shared.bridge.app.test_client()
    shared.scim("GET", f"/Users/{resident}?filter=hostile")
    shared.scim("GET", "/hostile")
    shared.scim("GET", "/hostile/hostile")
    shared.scim("GET", "/Schemas/hostile")
    shared.scim("GET", "/Users/hostile/hostile")
    client.open("/falcon/scim/v2/Users", method="HOSTILE")
    client.get("/hostile/scim/v2/Users")

    text = scrape(shared).text

    assert "hostile" not in text.lower()
    assert resident not in text
    assert {
        key: sample
        for key, sample in samples(shared).items()
        if key[0] == "scimbridge_requests_total" and ("method", "other") in key[1]
    }


def test_vendor_calls_are_counted_by_route_and_status(world: World) -> None:
    world.scim.create_user("jane@example.com")
    world.vendor.fault(f"POST {VENDOR_USERS}", drop=True)
    world.scim("POST", "/Users", {"schemas": [CORE_USER], "userName": "joe@example.com"})

    labels = {"method": "POST", "route": VENDOR_USERS}
    assert value(world, "vendor_calls_total", **labels, status="201") == 1
    assert value(world, "vendor_calls_total", **labels, status="none") == 1
    assert value(world, "vendor_call_seconds_count") > 2


def test_a_tolerated_quirk_is_counted_by_name(shared: World, resident: str) -> None:
    before = value(shared, "quirks_total", quirk="op-case")

    shared.scim.patch(f"/Users/{resident}", {"op": "Replace", "path": "title", "value": "Analyst"})

    assert value(shared, "quirks_total", quirk="op-case") == before + 1


def test_a_strict_target_tolerates_nothing_and_counts_nothing(tmp_path: Path) -> None:
    with open_world(tmp_path, policy="strict = true") as world:
        user = world.scim.create_user("jane@example.com")["id"]

        answer = world.scim.patch(
            f"/Users/{user}", {"op": "Replace", "path": "title", "value": "CISO"}
        )

        assert answer.status_code == 400
        assert "quirk=" not in scrape(world).text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_through_a_proxy_there_are_no_metrics(untouched: World, header: str) -> None:
    answer = scrape(untouched, **{header: "203.0.113.7"})

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/scim+json"


def test_a_scraper_needs_no_token_and_gets_prometheus_text(untouched: World) -> None:
    answer = scrape(untouched)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")


def test_probes_and_scrapes_are_not_counted(untouched: World) -> None:
    root = untouched.scim.base_url.removesuffix("/falcon/scim/v2")
    before = {key: each for key, each in samples(untouched).items() if "requests" in key[0]}

    for path in ("/livez", "/readyz", "/metrics"):
        requests.get(f"{root}{path}", timeout=5)

    after = {key: each for key, each in samples(untouched).items() if "requests" in key[0]}
    assert after == before


def test_what_is_unfinished_is_told_with_its_age(world: World) -> None:
    jane = world.scim.create_user("jane@example.com", roles=[{"value": "falconhost_admin"}])["id"]
    world.vendor.fault("POST /user-management/entities/user-role-actions/v1", status=503, count=9)
    world.scim.set_active(jane, False)
    world.clock.advance(600)

    assert value(world, "unfinished", what="removals") == 1
    assert value(world, "unfinished", what="changes") == 1
    assert 600 <= value(world, "unfinished_oldest_seconds", what="removals") < 700


def test_a_target_at_rest_has_nothing_unfinished(world: World) -> None:
    world.scim.create_user("jane@example.com")

    assert value(world, "unfinished", what="changes") == 0
    assert value(world, "unfinished_oldest_seconds", what="changes") == 0
    assert value(world, "resources", type="User") == 1
    assert value(world, "differences") == 0


def test_looks_at_the_vendor_are_told_with_their_time(world: World) -> None:
    assert value(world, "observed_timestamp_seconds") == 0
    world.provider.observer.observe()

    now = world.clock() / 1000
    assert now - 60 < value(world, "observed_timestamp_seconds") <= now
    assert now - 60 < value(world, "reconciled_timestamp_seconds") <= now


def test_how_often_a_vendor_is_looked_at_is_told_before_the_first_look(tmp_path: Path) -> None:
    with open_world(tmp_path, policy="observe_every_s = 86400") as world:
        assert value(world, "observe_every_seconds") == 86400
        assert "scimbridge_observed_timestamp_seconds{" not in scrape(world).text


def test_a_token_that_expires_is_told_unless_another_one_stays(world: World) -> None:
    def issue(expires: int | None) -> None:
        with world.bridge.directory.write() as connection:
            tokens.issue(connection, b"key", target="falcon", name="idp", now=1, expires=expires)

    assert value(world, "token_expires_timestamp_seconds") == 0  # the first never expires
    with world.bridge.directory.write() as connection:
        connection.execute(update(schema.tokens).values(expires=world.clock() + 5000))
    issue(world.clock() + 90_000)

    expires = value(world, "token_expires_timestamp_seconds")
    assert world.clock() / 1000 + 80 < expires <= world.clock() / 1000 + 90


def test_retries_and_pauses_for_a_vendor_that_fails_are_counted(world: World) -> None:
    role = "POST /user-management/entities/user-role-actions/v1"
    jane = world.scim.create_user("jane@example.com", roles=[{"value": "falconhost_admin"}])["id"]
    world.vendor.fault(role, status=503, count=1)
    world.scim.set_active(jane, False)
    assert value(world, "vendor_events_total", event="retry") == 1

    world.vendor.fault("GET /user-management/queries/users/v1", status=503, count=50)
    for _ in range(3):
        world.scim("GET", '/Users?filter=userName eq "joe@example.com"')

    assert value(world, "vendor_events_total", event="breaker opened") == 1


ACROSS = """
import os
from scimbridge.web import metrics, multiprocess

counted = metrics.Metrics()
child = os.fork()
if not child:
    counted.vendor_shut("falcon")("failures", 3600)
    os._exit(0)
os.waitpid(child, 0)
print(*counted.shut_until("falcon").values())
multiprocess.fold(child)
print(*counted.shut_until("falcon").values())
"""


def test_a_process_tells_which_vendor_another_one_does_not_call_while_that_runs(
    tmp_path: Path,
) -> None:
    environment = os.environ | {MULTIPROCESS_VARIABLE: str(tmp_path)}

    told = subprocess.run(
        [sys.executable, "-c", ACROSS], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()

    until, held = map(float, told[0].split())
    assert 3000 < until - time.time() <= 3600
    assert held == 0
    assert told[1] == "0.0 0.0"
