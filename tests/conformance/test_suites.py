from __future__ import annotations

import importlib.util
from io import BytesIO
from typing import Any, NamedTuple

import pytest

from conformance.ledger import Ledger
from conformance.masking import Masker
from conformance.model import Level, Outcome
from conformance.relay import Relay
from conformance.suites import run_scim2_tester, run_scim_sanity
from conformance.variables import URNS
from conformance.wire import Wire
from tests.conformance.small_server import TOKEN, SmallServer

MASKER = Masker(TOKEN)


def test_each_check_of_scim2_tester_is_a_result(
    wire: Wire, ledger: Ledger, server: SmallServer
) -> None:
    results = run_scim2_tester(wire, ledger, MASKER)

    assert len({result.info.id for result in results}) == len(results) > 5
    assert all(result.info.client == "scim2-tester" for result in results)
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert failed
    assert all(result.problems and result.info.level is not Level.MAY for result in failed)
    assert server.empty


def test_each_check_of_scim_sanity_is_a_result(wire: Wire, server: SmallServer) -> None:
    results = run_scim_sanity(wire, MASKER)

    by_id = {result.info.id: result for result in results}
    assert len(by_id) == len(results) > 20
    assert by_id["scim-sanity.GET-/Schemas"].outcome is Outcome.FAILED
    assert by_id["scim-sanity.GET-/Schemas"].problems == ("Expected 200, got 404",)
    assert any(result.outcome is Outcome.SKIPPED and result.reason for result in results)
    assert server.empty


def test_a_suite_that_is_not_installed_is_skipped(
    wire: Wire, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    results = [*run_scim2_tester(wire, ledger, MASKER), *run_scim_sanity(wire, MASKER)]

    assert [r.outcome for r in results] == [Outcome.SKIPPED, Outcome.SKIPPED]
    assert [r.reason for r in results] == [
        "scim2-tester is not installed; `pip install scim2-tester scim2-client` brings it",
        "scim-sanity is not installed; `pip install scim-sanity` brings it",
    ]


def test_a_suite_that_stops_is_a_failure_and_cleans_up(
    wire: Wire, ledger: Ledger, server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(client: Any) -> None:
        client.request("POST", "/Users", json={"userName": "a"})
        raise RuntimeError(f"no idea what {TOKEN} is")

    monkeypatch.setattr("scim2_tester.check_server", stop)
    monkeypatch.setattr("scim_sanity.probe.runner.run_probe_api", lambda url, **options: 1 / 0)

    (tester,), (sanity,) = run_scim2_tester(wire, ledger, MASKER), run_scim_sanity(wire, MASKER)

    assert tester.problems == ("the suite stopped with RuntimeError('no idea what ******** is')",)
    assert (sanity.outcome, sanity.info.level) == (Outcome.FAILED, Level.MUST)
    assert len([r for r in server.requests if r["method"] == "POST"]) == 1
    assert server.empty


class Check(NamedTuple):
    """What scim2-tester reports of one check."""

    status: Any
    title: str
    reason: str
    data: Any = None
    resource_type: str | None = "User"


def test_a_failed_check_shows_the_request_that_it_must_be_about(
    wire: Wire, ledger: Ledger, server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = importlib.import_module("scim2_tester").Status

    def check_server(client: Any) -> list[Check]:
        for path in ("title", "nickName"):
            operations = {"Operations": [{"op": "add", "path": path, "value": "x"}]}
            client.request("PATCH", "/Users/1", json=operations)
        client.request("GET", "/Nothing")
        gone = {"schemas": [URNS["Error"]], "status": "404", "detail": "no such end point"}
        return [
            Check(status.ERROR, "check_add_attribute", "r", {"urn": "nickName", "e": object()}),
            Check(status.DEVIATION, "random_url", "r", gone, None),
            Check(status.CRITICAL, "unknown", "r", {"other": object()}),
            Check(status.ERROR, "silent", "r"),
            Check(status.SKIPPED, "left_out", "not asked for"),
        ]

    monkeypatch.setattr("scim2_tester.check_server", check_server)

    patch, unknown_url, unknown, silent, skipped = run_scim2_tester(wire, ledger, MASKER)

    assert patch.info.id == "scim2-tester.check_add_attribute.User.nickName"
    assert '"path": "nickName"' in patch.evidence[0].request
    assert unknown_url.evidence[0].label == "GET /Nothing"
    assert unknown_url.info.level is Level.SHOULD
    assert unknown.evidence[0].label == "what the suite reports"
    assert silent.evidence == ()
    assert (skipped.outcome, skipped.reason) == (Outcome.SKIPPED, "not asked for")


def call(relay: Relay, path: str, query: str = "") -> tuple[str, bytes, dict[str, str]]:
    started: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.input": BytesIO(),
        "HTTP_ACCEPT": "application/scim+json",
        "HTTP_HOST": "ignored",
        "CONTENT_TYPE": "application/scim+json",
    }
    body = b"".join(relay(environ, lambda *given: started.append(given)))  # type: ignore[arg-type]
    return started[0][0], body, dict(started[0][1])


def test_the_relay_forwards_path_query_headers_and_token(
    wire: Wire, ledger: Ledger, server: SmallServer
) -> None:
    relay = Relay(wire, ledger)

    status, body, headers = call(relay, "/scim/Users", "count=1")

    sent = server.requests[-1]
    assert (sent["path"], sent["query"]) == ("/Users", "count=1")
    assert sent["HTTP_AUTHORIZATION"] == f"Bearer {TOKEN}"
    assert sent["HTTP_ACCEPT"] == "application/scim+json"
    assert status == "200 OK"
    assert b"ListResponse" in body
    assert headers["Content-Type"] == "application/scim+json"
    assert len(relay.exchanges) == 1


def test_the_relay_quotes_what_wsgi_has_unquoted(
    wire: Wire, ledger: Ledger, server: SmallServer
) -> None:
    call(Relay(wire, ledger), "/scim/Users/a b%")

    assert server.requests[-1]["path"] == "/Users/a b%"


def test_the_relay_answers_502_where_there_is_no_server(ledger: Ledger) -> None:
    nowhere = Wire("http://127.0.0.1:1/scim", TOKEN)

    status, body, _ = call(Relay(nowhere, ledger), "/scim/Users")

    assert status == "502 Bad Gateway"
    assert b"Error" in body
