from __future__ import annotations

import logging
import re
from typing import Any

import pytest
import requests
import urllib3

from scimbridge.connectors import http
from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.http import Answer, Http, Wiring, checked_id, open_attempts
from scimbridge.errors import OutcomeUnknown, VendorRejected, VendorUnavailable

URL = "https://vendor.example"


@pytest.fixture
def client(wiring: Wiring) -> Http:
    return Http(wiring, timeout=10)


def get(client: Http, **extra: Any) -> Answer:
    options = {"route": "/users/{id}", "repeatable": True, **extra}
    return client.send("GET", URL + "/users/1", **options)


def test_an_answer_of_any_status_is_returned(client: Http, script: Any, says: Any) -> None:
    script.on("GET", "/users/1", says(503, b"down", {"X-Cs-Region": "us-2"}))

    answer = get(client)

    assert (answer.status, answer.body, answer.headers["x-cs-region"]) == (503, b"down", "us-2")


def test_parameters_are_spelled_as_vendors_read_them(client: Http, script: Any, says: Any) -> None:
    script.on("GET", "/users/1", says(200))
    parameters = {"ids": ["a", "b"], "direct": False, "all": True, "limit": 5, "filter": None}

    get(client, params={**parameters, "q": "uid:'a+b'"})

    (asked,) = script.asked
    assert asked.query == [
        ("ids", "a"),
        ("ids", "b"),
        ("direct", "false"),
        ("all", "true"),
        ("limit", "5"),
        ("q", "uid:'a+b'"),
    ]


def test_every_request_says_who_asks_and_for_what(client: Http, script: Any, says: Any) -> None:
    script.on("GET", "/users/1", says(200))

    get(client, headers={"X-Extra": "1"})

    headers = script.asked[0].headers
    assert re.fullmatch(r"scimbridge/\d+\.\d+\.\d+", headers["User-Agent"])
    assert headers["Accept"] == "application/json"
    assert headers["X-Extra"] == "1"


def test_a_body_is_sent_as_json_in_utf_8(client: Http, script: Any, says: Any) -> None:
    script.on("GET", "/users/1", says(200))

    get(client, json={"first_name": "Zoë"})

    assert script.asked[0].body == '{"first_name":"Zoë"}'


def test_a_form_is_sent_as_a_form(client: Http, script: Any, says: Any) -> None:
    script.on("GET", "/users/1", says(200))

    get(client, form={"client_id": "a&b"})

    assert script.asked[0].body == "client_id=a%26b"


def test_a_call_gets_what_the_deadline_leaves_of_its_time(
    client: Http, script: Any, says: Any
) -> None:
    script.on("GET", "/users/1", says(200))

    with deadline(3):
        get(client)

    connect, whole = script.asked[0].timeout
    assert 0 < connect <= whole <= 3


def test_without_a_deadline_a_call_gets_its_own_time(client: Http, script: Any, says: Any) -> None:
    script.on("GET", "/users/1", says(200))

    get(client)

    assert script.asked[0].timeout == (5, 10)


def test_nothing_is_sent_when_no_time_is_left(client: Http, script: Any) -> None:
    with (
        deadline(0),
        pytest.raises(VendorUnavailable, match=r"no time was left to call GET /users"),
    ):
        get(client, repeatable=False)

    assert script.asked == []


def test_the_environments_certificates_do_not_replace_the_targets_own(
    wiring: Wiring, script: Any, says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/somewhere/else.pem")
    script.on("GET", "/users/1", says(200))

    get(Http(wiring, timeout=10, verify="/the/targets.pem"))

    assert script.asked[0].verify == "/the/targets.pem"


def test_the_environments_proxies_are_those_of_each_host(
    client: Http, script: Any, says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "near.example")
    script.on("GET", "/users/1", says(200))

    for host in ("vendor.example", "near.example", "vendor.example"):
        client.send("GET", f"https://{host}/users/1", route="/users/{id}", repeatable=True)

    used = [each.proxies.get("https") for each in script.asked]
    assert used == ["http://proxy.example:3128", None, "http://proxy.example:3128"]


def test_a_login_in_netrc_is_not_sent_to_the_vendor(
    client: Http, script: Any, says: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine vendor.example login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    script.on("GET", "/users/1", says(200))

    get(client)

    assert "Authorization" not in script.asked[0].headers


def test_redirects_are_returned_and_not_followed(client: Http, script: Any, says: Any) -> None:
    script.on("GET", "/users/1", says(302, b"", {"Location": "https://elsewhere.example/"}))

    assert get(client).status == 302
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"a":', b'"\xff"', b"NaN", b"[" * 5000, b'{"a":1}x']
)
def test_what_is_not_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\(char \d+\)"):
        Answer(200, {}, body).json()


def test_json_in_utf_8_is_read_whatever_the_headers_say() -> None:
    answer = Answer(200, {"Content-Type": "text/plain; charset=ascii"}, '{"a":"é"}'.encode())

    assert answer.json() == {"a": "é"}


def test_an_answer_beyond_the_largest_size_is_given_up(
    client: Http, script: Any, says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_BODY", 1000)
    script.on("GET", "/users/1", says(200, b"x" * 1001))

    with pytest.raises(VendorUnavailable, match="larger than 1000 bytes"):
        get(client)


NOT_CONNECTED = requests.ConnectionError(
    urllib3.exceptions.MaxRetryError(
        urllib3.HTTPConnectionPool("vendor.example"),
        "/",
        urllib3.exceptions.NewConnectionError(
            urllib3.connection.HTTPConnection("vendor.example"), "refused"
        ),
    )
)


@pytest.mark.parametrize(
    ("failure", "once"),
    [
        pytest.param(requests.ReadTimeout("slow"), OutcomeUnknown, id="no answer in time"),
        pytest.param(requests.ConnectionError("reset"), OutcomeUnknown, id="reset"),
        pytest.param(requests.exceptions.ChunkedEncodingError("cut"), OutcomeUnknown, id="cut off"),
        pytest.param(requests.exceptions.SSLError("alert"), OutcomeUnknown, id="TLS alert"),
        pytest.param(urllib3.exceptions.ProtocolError("odd"), OutcomeUnknown, id="not HTTP"),
        pytest.param(OSError("network is down"), OutcomeUnknown, id="socket error"),
        pytest.param(requests.exceptions.InvalidURL("bad"), VendorUnavailable, id="no URL"),
    ],
)
def test_a_network_error_is_a_vendor_error_that_says_whether_it_may_have_been_done(
    client: Http, script: Any, failure: Exception, once: type[Exception]
) -> None:
    script.on("GET", "/users/1", failure)

    with pytest.raises(VendorUnavailable) as repeatable:
        get(client, repeatable=True)
    with pytest.raises(VendorUnavailable) as single:
        get(client, repeatable=False)

    assert type(repeatable.value) is VendorUnavailable
    assert type(single.value) is once
    assert single.value.__cause__ is failure
    assert "prod: GET /users/{id}:" in single.value.reason


def test_a_time_out_is_told_in_words(client: Http, script: Any) -> None:
    script.on("GET", "/users/1", requests.ReadTimeout("5 s"))

    with pytest.raises(VendorUnavailable, match="no answer in time"):
        get(client)


def test_each_exchange_is_reported_with_its_status_and_duration(
    wiring: Wiring, script: Any, says: Any, clock: Any
) -> None:
    reports: list[Any] = []

    class SlowScript(type(script)):  # type: ignore[misc]
        def send(self, *args: Any, **kwargs: Any) -> Any:
            clock.seconds += 0.5
            return super().send(*args, **kwargs)

    script.__class__ = SlowScript
    script.on("GET", "/users/1", says(204), requests.ConnectionError("reset"))
    observed = Wiring(
        target="prod",
        on_call=lambda *report: reports.append(report),
        open_adapter=lambda: script,
        clock=clock,
    )
    client = Http(observed, timeout=10)

    get(client)
    with pytest.raises(VendorUnavailable):
        get(client)

    assert reports == [("GET", "/users/{id}", 204, 0.5), ("GET", "/users/{id}", None, 0.5)]


def test_the_log_names_the_route_and_neither_query_nor_body_nor_headers(
    client: Http, script: Any, says: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    script.on("GET", "/users/1", says(200, b"jane@example.com"))

    get(
        client,
        params={"filter": "jane@example.com"},
        json={"uid": "jane@example.com"},
        headers={"Authorization": "jane@example.com"},
    )

    assert caplog.messages == ["prod: GET /users/{id} -> 200 (0 ms)"]


def test_closing_closes_the_pool(client: Http, script: Any) -> None:
    client.close()

    assert script.closed


@pytest.mark.parametrize("native_id", ["..", "../users/1", "", "a/b", "1?x=1", "1\n", "é"])
def test_an_id_that_the_vendor_cannot_have_given_is_refused(native_id: str) -> None:
    with pytest.raises(VendorRejected, match="is not the id of a console user"):
        checked_id(native_id, re.compile(r"\d{1,12}"), "console user")


def test_an_id_of_the_vendors_form_passes() -> None:
    assert checked_id("42", re.compile(r"\d{1,12}"), "console user") == "42"


def test_a_target_has_one_breaker_for_all_its_calls(wiring: Wiring) -> None:
    attempts, breaker = open_attempts(wiring)

    for _ in range(2):
        with pytest.raises(VendorUnavailable):
            attempts.run(lambda: _down(), repeatable=True)

    assert breaker.state == "open"


def _down() -> None:
    raise VendorUnavailable("down")
