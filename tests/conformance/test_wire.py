from __future__ import annotations

import gzip
import socket
from dataclasses import replace

import pytest

from conformance.wire import MAX_THROTTLED_TRIES, ForeignUrlError, Wire
from tests.conformance.small_server import SmallServer


def test_the_target_leaves_as_it_is_written(wire: Wire, server: SmallServer) -> None:
    wire.send("GET", '/Users?filter=a+b%20c%2f%22[x]"@', headers={})

    assert server.requests[-1]["query"] == 'filter=a+b%20c%2f%22[x]"@'


def test_only_the_given_headers_leave(wire: Wire, server: SmallServer) -> None:
    wire.send("GET", "/Users", headers={"X-Only": "this"})

    sent = {k for k in server.requests[-1] if k.startswith("HTTP_")}
    assert sent == {"HTTP_HOST", "HTTP_X_ONLY"}


def test_the_body_leaves_byte_for_byte(wire: Wire, server: SmallServer) -> None:
    server.fault = lambda method, path: (204, None, {})

    wire.send("POST", "/Users", headers={}, body=b'{"a" : \xff')

    assert server.requests[-1]["body"] == b'{"a" : \xff'


def test_a_compressed_answer_is_inflated(wire: Wire, server: SmallServer) -> None:
    packed = gzip.compress(b'{"a": 1}')
    server.fault = lambda method, path: (200, packed, {"Content-Encoding": "gzip"})

    response = wire.send("GET", "/Users", headers={}).response

    assert response is not None
    assert response.json == {"a": 1}


def test_an_answer_that_only_claims_to_be_compressed_is_kept(
    wire: Wire, server: SmallServer
) -> None:
    server.fault = lambda method, path: (200, b"plain", {"Content-Encoding": "gzip"})

    response = wire.send("GET", "/Users", headers={}).response

    assert response is not None
    assert (response.text, response.json) == ("plain", None)


def test_headers_of_the_answer_are_found_in_any_case(wire: Wire, server: SmallServer) -> None:
    server.fault = lambda method, path: (200, {}, {"ETag": 'W/"1"'})

    response = wire.send("GET", "/Users", headers={}).response

    assert response is not None
    assert response.header("etag") == 'W/"1"'
    assert response.header("absent") is None


def test_an_absolute_url_of_the_same_server_is_followed(wire: Wire, server: SmallServer) -> None:
    wire.send("GET", f"{server.url}/Users?count=1", headers={})

    assert (server.requests[-1]["path"], server.requests[-1]["query"]) == ("/Users", "count=1")


def test_the_token_is_not_sent_to_another_origin(wire: Wire) -> None:
    with pytest.raises(ForeignUrlError, match=r"evil\.example"):
        wire.send("GET", "https://evil.example/scim/Users/1", headers={})


def test_no_answer_is_reported_and_not_raised(wire: Wire) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = replace(wire, base_url=f"http://127.0.0.1:{unused.getsockname()[1]}/scim")

        exchange = nowhere.send("GET", "/Users", headers={})

    assert exchange.response is None
    assert "Error" in exchange.error


def test_a_throttled_request_is_repeated_after_the_time_the_server_asks_for(
    wire: Wire, server: SmallServer
) -> None:
    waits: list[float] = []
    answers = [(429, None, {"Retry-After": "7"}), (429, None, {"Retry-After": "999"}), None]
    server.fault = lambda method, path: answers.pop(0)

    exchange = replace(wire, sleep=waits.append).send("GET", "/ServiceProviderConfig", headers={})

    assert exchange.response is not None
    assert exchange.response.status == 401
    assert waits == [7, 60]


@pytest.mark.parametrize("header", [{}, {"Retry-After": "Sat, 21 Nov 2026 00:00:00 GMT"}])
def test_a_429_that_names_no_seconds_is_the_answer(
    wire: Wire, server: SmallServer, header: dict[str, str]
) -> None:
    server.fault = lambda method, path: (429, None, header)

    exchange = wire.send("GET", "/Users", headers={})

    assert exchange.response is not None
    assert exchange.response.status == 429
    assert len(server.requests) == 1


def test_a_server_that_throttles_for_ever_is_given_up(wire: Wire, server: SmallServer) -> None:
    server.fault = lambda method, path: (429, None, {"Retry-After": "1"})

    wire.send("GET", "/Users", headers={})

    assert len(server.requests) == MAX_THROTTLED_TRIES


def test_the_token_is_not_in_the_representation(wire: Wire) -> None:
    assert wire.token not in repr(wire)
