"""Request log, faults and latency, through the in-process transport."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from counting_vendor import BASE, Counter, vendor

from scimbridge.errors import ConfigError
from scimbridge.simulation.faults import parse_fault
from scimbridge.simulation.request_log import RecordedRequest, RequestLog
from scimbridge.simulation.simulator import Simulator
from scimbridge.simulation.wsgi_adapter import WsgiAdapter


def session_for(simulator: Simulator[Counter]) -> requests.Session:
    session = requests.Session()
    session.mount(BASE, WsgiAdapter(simulator.app))
    return session


def fail(session: requests.Session, **fault: Any) -> None:
    response = session.post(f"{BASE}/_sim/faults", json=fault)
    assert response.status_code == 201, response.text


def test_a_request_is_recorded_as_it_came_with_the_status_it_got() -> None:
    simulator = vendor()
    session = session_for(simulator)

    session.get(
        f"{BASE}/count",
        params={"ids": ["b", "a"], "q": "é+ "},
        headers={"User-Agent": "tests/1", "Content-Type": "application/json"},
    )

    assert simulator.log.requests() == (
        RecordedRequest(
            method="GET",
            route="/count",
            path="/count",
            query={"ids": ["b", "a"], "q": ["é+ "]},
            content_type="application/json",
            user_agent="tests/1",
            body="",
            at=1000.0,
            status=200,
        ),
    )


def test_the_route_is_a_template_and_none_for_an_unknown_path() -> None:
    simulator = vendor()
    session = session_for(simulator)

    session.post(f"{BASE}/count/3")
    session.get(f"{BASE}/nowhere")

    seen = [(each.route, each.path, each.status) for each in simulator.log.requests()]
    assert seen == [("/count/{by}", "/count/3", 200), (None, "/nowhere", 404)]


@pytest.mark.parametrize(
    ("sent", "recorded"),
    [
        ({"data": {"client_id": "x", "client_secret": "s"}}, "client_id=x&client_secret=***"),
        ({"data": {"token": "s", "a": "b"}}, "token=***&a=b"),
        ({"json": {"password": "s", "uid": "x"}}, '{"password": "***", "uid": "x"}'),
        ({"json": {"password": 's"t'}}, '{"password": "***"}'),
    ],
)
def test_secrets_are_not_recorded(sent: dict[str, Any], recorded: str) -> None:
    simulator = vendor()

    session_for(simulator).post(f"{BASE}/count/1", **sent)

    assert simulator.log.requests()[0].body == recorded


def test_a_body_that_is_a_secret_as_a_whole_is_not_recorded() -> None:
    simulator = vendor()

    session_for(simulator).put(f"{BASE}/secret", data="s3cret")

    assert simulator.log.requests()[0].body == "***"


def test_the_log_forgets_the_oldest_and_takes_late_answers_for_what_it_forgot() -> None:
    log = RequestLog()
    entry = RecordedRequest("GET", None, "/", {}, None, None, "", 0.0)

    first = log.begin(entry)
    for _ in range(20_000):
        log.begin(entry)
    log.finish(first, 200)

    assert len(log.requests()) == 20_000
    assert all(each.status is None for each in log.requests())


def test_a_status_comes_instead_of_the_effect_and_in_the_vendors_words() -> None:
    simulator = vendor()
    session = session_for(simulator)
    fail(session, match="POST /count/{by}", status=503)

    answers = [session.post(f"{BASE}/count/1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [503, 200]
    assert answers[0].text == "vendor says 503"
    assert simulator.state.value == 1
    assert [each.status for each in simulator.log.requests()] == [503, 200]


def test_a_status_can_come_after_the_effect() -> None:
    simulator = vendor()
    session = session_for(simulator)
    fail(session, match="POST *", status=504, when="after")

    answer = session.post(f"{BASE}/count/1")

    assert answer.status_code == 504
    assert simulator.state.value == 1


@pytest.mark.parametrize(
    ("body", "text", "content_type"),
    [
        ("<html>", "<html>", "text/html; charset=utf-8"),
        ("", "", "text/html; charset=utf-8"),
        ({"a": 1}, '{"a":1}\n', "application/json"),
    ],
)
def test_a_fault_can_bring_a_body_and_headers(body: Any, text: str, content_type: str) -> None:
    session = session_for(vendor())
    fail(session, match="* *", status=502, body=body, headers={"Retry-After": "7"})

    answer = session.get(f"{BASE}/count")

    assert (answer.status_code, answer.text) == (502, text)
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Retry-After"] == "7"


def test_headers_alone_leave_the_answer_as_it_is() -> None:
    session = session_for(vendor())
    fail(session, match="* /count", headers={"X-Region": "us-2"})

    answer = session.get(f"{BASE}/count")

    assert answer.json()["value"] == 0
    assert answer.headers["X-Region"] == "us-2"


@pytest.mark.parametrize(("when", "value"), [("before", 0), ("after", 1)])
def test_a_connection_is_dropped_before_or_after_the_effect(when: str, value: int) -> None:
    simulator = vendor()
    session = session_for(simulator)
    fail(session, match="POST *", drop=True, when=when)

    with pytest.raises(requests.ConnectionError):
        session.post(f"{BASE}/count/1")

    assert simulator.state.value == value
    assert simulator.log.requests()[0].status is None


def test_a_fault_happens_as_often_as_it_says_and_the_oldest_comes_first() -> None:
    session = session_for(vendor())
    fail(session, match="GET *", status=500, count=2)
    fail(session, match="GET *", status=502)

    statuses = [session.get(f"{BASE}/count").status_code for _ in range(4)]

    assert statuses == [500, 500, 502, 200]


def test_a_fault_befalls_only_what_it_matches() -> None:
    session = session_for(vendor())
    fail(session, match="POST /count/{by}", status=500)

    assert session.get(f"{BASE}/count").status_code == 200
    assert session.post(f"{BASE}/count/1").status_code == 500


def test_faults_can_be_called_off() -> None:
    session = session_for(vendor())
    fail(session, match="* *", status=500)

    session.delete(f"{BASE}/_sim/faults")

    assert session.get(f"{BASE}/count").status_code == 200


def test_a_hang_beyond_the_timeout_ends_in_a_read_timeout_after_the_effect() -> None:
    simulator = vendor()
    session = session_for(simulator)
    fail(session, match="* *", hang_s=60)

    with pytest.raises(requests.ReadTimeout):
        session.post(f"{BASE}/count/1", timeout=(5, 30))

    assert simulator.state.value == 1


@pytest.mark.parametrize("timeout", [None, 61, (5, None)])
def test_a_hang_within_the_timeout_costs_no_time_in_process(timeout: Any) -> None:
    session = session_for(vendor())
    fail(session, match="* *", hang_s=60)

    assert session.get(f"{BASE}/count", timeout=timeout).status_code == 200


def test_a_body_that_drips_beyond_the_timeout_ends_in_a_read_timeout_after_the_effect() -> None:
    simulator = vendor()
    session = session_for(simulator)
    fail(session, match="* *", drip_s=5)

    with pytest.raises(requests.ReadTimeout):
        session.post(f"{BASE}/count/1", timeout=(5, 30))

    assert simulator.state.value == 1


def test_latency_makes_every_answer_late() -> None:
    session = session_for(vendor())
    session.post(f"{BASE}/_sim/latency", json={"ms": 2000})

    with pytest.raises(requests.ReadTimeout):
        session.get(f"{BASE}/count", timeout=1)

    assert session.get(f"{BASE}/count", timeout=3).status_code == 200


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ([], "a fault is a JSON object"),
        ({"match": "GET"}, "write 'METHOD /route/template'"),
        ({"match": "* *"}, "needs one of"),
        ({"status": 42}, "HTTP status from 200 to 599"),
        ({"status": "500"}, "HTTP status from 200 to 599"),
        ({"hang_s": -1}, "seconds, 0 or more"),
        ({"drip_s": "1"}, "seconds, 0 or more"),
        ({"drop": "yes"}, "true or false"),
        ({"truncate": 1}, "'truncate' is true or false"),
        ({"drop": True, "when": "during"}, "'before' or 'after'"),
        ({"drop": True, "count": 0}, "whole number from 1"),
        ({"status": 500, "headers": "x"}, "object of strings"),
        ({"status": 500, "colour": "red"}, "unknown keys ['colour']"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_the_remedy(raw: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_fault(raw)

    assert complaint in str(caught.value)


def test_a_bug_in_a_simulator_reaches_the_test_that_found_it() -> None:
    with pytest.raises(RuntimeError, match="a bug in the simulator"):
        session_for(vendor()).get(f"{BASE}/broken")
