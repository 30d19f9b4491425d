"""The loopback server and the in-process transport: the same application, the same answers."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from counting_vendor import BASE, vendor
from flask import Flask, Response, jsonify, request
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.simulation.server import serve
from scimbridge.simulation.wsgi_adapter import WsgiAdapter


def echo() -> Flask:
    """An application that answers with what it got."""
    app = Flask("echo")

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def answer(path: str) -> Response:
        response = jsonify(
            method=request.method,
            path=path,
            query=request.args.to_dict(flat=False),
            body=request.get_data(as_text=True),
            content_type=request.content_type or None,
            custom=request.headers.get("X-Custom"),
            caller=request.remote_addr,
            scheme=request.scheme,
        )
        response.headers.add("Set-Cookie", "a=1")
        response.headers.add("Set-Cookie", "b=2")
        return response

    return app


@contextmanager
def over_a_socket(app: Flask) -> Iterator[tuple[requests.Session, str]]:
    with serve(app) as served, requests.Session() as session:
        yield session, served.url


@contextmanager
def in_process(app: Flask) -> Iterator[tuple[requests.Session, str]]:
    with requests.Session() as session:
        session.mount(BASE, WsgiAdapter(app))
        yield session, BASE


TRANSPORTS = pytest.mark.parametrize("transport", [over_a_socket, in_process])


@TRANSPORTS
def test_the_application_sees_the_request_as_it_was_sent(transport: Any) -> None:
    with transport(echo()) as (session, url):
        answer = session.patch(
            f"{url}/a/b%20c/é",
            params={"ids": ["1", "2"], "filter": "a:'x'+b:'é'"},
            json={"name": "Tomás"},
            headers={"X-Custom": "yes"},
        )

    assert answer.json() == {
        "method": "PATCH",
        "path": "a/b c/é",
        "query": {"ids": ["1", "2"], "filter": ["a:'x'+b:'é'"]},
        "body": '{"name": "Tom\\u00e1s"}',
        "content_type": "application/json",
        "custom": "yes",
        "caller": "127.0.0.1",
        "scheme": "http",
    }


@TRANSPORTS
def test_a_delete_may_have_a_body(transport: Any) -> None:
    with transport(echo()) as (session, url):
        assert session.delete(url, json={"ids": [1]}).json()["body"] == '{"ids": [1]}'


@TRANSPORTS
def test_repeated_response_headers_stay_apart(transport: Any) -> None:
    with transport(echo()) as (session, url):
        answer = session.get(url)

    assert answer.raw.headers.getlist("Set-Cookie") == ["a=1", "b=2"]


@TRANSPORTS
def test_a_dropped_connection_is_a_connection_error(transport: Any) -> None:
    simulator = vendor()
    with transport(simulator.app) as (session, url):
        session.post(f"{url}/_sim/faults", json={"match": "GET /count", "drop": True})

        with pytest.raises(requests.ConnectionError):
            session.get(f"{url}/count")


@TRANSPORTS
def test_an_answer_that_breaks_off_is_an_error_after_the_effect(transport: Any) -> None:
    simulator = vendor()
    with transport(simulator.app) as (session, url):
        session.post(f"{url}/_sim/faults", json={"match": "POST *", "truncate": True})

        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            session.post(f"{url}/count/1")

        assert session.get(f"{url}/count").json()["value"] == 1


@TRANSPORTS
def test_an_answer_that_drips_comes_whole_to_who_waits(transport: Any) -> None:
    simulator = vendor()
    with transport(simulator.app) as (session, url):
        session.post(f"{url}/_sim/faults", json={"match": "GET *", "drip_s": 0.0001})

        assert session.get(f"{url}/count", timeout=30).json()["value"] == 0


def test_an_answer_that_drips_over_a_socket_is_not_silent_for_long() -> None:
    with over_a_socket(vendor().app) as (session, url):
        session.post(f"{url}/_sim/faults", json={"match": "GET *", "drip_s": 0.001})

        with session.get(f"{url}/count", stream=True) as answer:
            first = answer.raw.read1(65536)

        assert len(first) < int(answer.headers["Content-Length"])


def test_both_transports_show_the_application_the_same_request() -> None:
    app = echo()

    @settings(deadline=None)
    @given(
        path=st.text(st.characters(codec="utf-8", exclude_characters="/\\"), max_size=20),
        query=st.dictionaries(st.text(min_size=1, max_size=5), st.lists(st.text(), min_size=1)),
        body=st.binary(max_size=200),
    )
    def same(path: str, query: dict[str, list[str]], body: bytes) -> None:
        answers = [
            session.post(f"{url}/x{path}x", params=query, data=body).text for session, url in both
        ]
        assert answers[0] == answers[1]

    with in_process(app) as inside, over_a_socket(app) as outside:
        both = (inside, outside)
        same()


def test_a_connection_is_kept_for_the_next_request() -> None:
    app = Flask("port")

    @app.get("/")
    def caller() -> str:
        return str(request.environ["REMOTE_PORT"])

    with serve(app) as served, requests.Session() as session:
        ports = {session.get(served.url).text for _ in range(3)}

    assert len(ports) == 1


def test_requests_are_answered_side_by_side() -> None:
    app = Flask("barrier")
    barrier = threading.Barrier(8, timeout=10)

    @app.get("/")
    def meet() -> str:
        barrier.wait()
        return "met"

    with serve(app) as served, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: requests.get(served.url, timeout=10).text, range(8)))

    assert answers == ["met"] * 8


def test_tls_is_served_with_a_certificate_that_a_client_can_trust() -> None:
    with serve(echo(), tls=True) as served:
        trusted = requests.get(served.url, verify=str(served.certificate), timeout=10)

        with pytest.raises(requests.exceptions.SSLError):
            requests.get(served.url, timeout=10)

    assert trusted.json()["scheme"] == "https"
    assert served.certificate is not None
    assert not served.certificate.exists()


def test_a_server_stops_at_once_although_a_request_hangs_and_connections_are_open() -> None:
    simulator = vendor()
    with requests.Session() as session, ThreadPoolExecutor(1) as threads:
        with serve(simulator.app) as served:
            session.post(f"{served.url}/_sim/faults", json={"match": "POST *", "hang_s": 60})
            hanging = threads.submit(requests.post, f"{served.url}/count/1", timeout=60)
            while not simulator.log.requests():
                time.sleep(0.001)
            started = time.monotonic()
        stopped_after = time.monotonic() - started
        hanging.exception()

    assert stopped_after < 30


def test_a_bug_in_the_application_is_a_500_and_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serve(vendor().app) as served:
        answer = requests.get(f"{served.url}/broken", timeout=10)

    assert answer.status_code == 500
    assert "a bug in the simulator" in caplog.text


def say(served_url: str, raw: bytes) -> bytes:
    """Send bytes, end the sending, and return what comes back."""
    host, port = served_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def test_a_caller_that_goes_away_half_way_has_no_effect_and_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    simulator = vendor()
    with serve(simulator.app) as served:
        heard = say(served.url, b"POST /count/1 HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort")

    assert heard == b""
    assert simulator.state.value == 0
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


def test_a_request_that_cannot_be_read_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with serve(echo()) as served:
        answer = say(served.url, b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert "the simulator failed on GET /" in caplog.text


def test_a_head_request_gets_no_body() -> None:
    with serve(echo()) as served:
        answer = requests.head(served.url, timeout=5)

    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 0
    assert answer.content == b""
