"""Every line that a request writes carries its id, down to the vendor calls of worker threads."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextvars import Context
from typing import Any

import pytest

from scimbridge.logs import configure_logs, line_handler
from tests.conftest import World


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the bridge logs from now on, as it does in production."""
    stream = io.StringIO()
    handler = line_handler(stream)
    logger = logging.getLogger("scimbridge")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(level)


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_vendor_calls_of_a_request_carry_its_id(shared: World, lines: io.StringIO) -> None:
    people = [shared.scim.create_user(f"logs-{n}@example.com")["id"] for n in range(4)]
    group = shared.scim.create_group("SEC Falcon Analysts")
    lines.truncate(0)
    lines.seek(0)
    body = {
        "schemas": [],
        "Operations": [
            {"op": "add", "path": "members", "value": [{"value": one} for one in people]}
        ],
    }

    shared.scim("PATCH", f"/Groups/{group}", body, X_Request_Id="the-members")

    calls = [line for line in records(lines) if line["name"] == "scimbridge.connectors.http"]
    assert len(calls) >= 4
    assert {line["request_id"] for line in calls} == {"the-members"}


def test_each_request_writes_one_line_with_its_own_id(shared: World, lines: io.StringIO) -> None:
    for number in range(3):
        shared.scim("GET", "/Users?count=0", X_Request_Id=f"one-of-three-{number}")

    answered = [line for line in records(lines) if line["name"] == "scimbridge.web.application"]
    assert [line["request_id"] for line in answered] == [f"one-of-three-{n}" for n in range(3)]
    assert all("GET /falcon/scim/v2/Users -> 200" in line["message"] for line in answered)


def test_the_audit_trail_has_the_id_of_the_request(shared: World) -> None:
    body = {"schemas": [], "userName": "logs-audit@example.com"}

    shared.scim("POST", "/Users", body, X_Request_Id="the-creation")

    with shared.bridge.directory.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM operations WHERE request_id = 'the-creation'"
        ).scalar()
    assert found == 1


def test_neither_query_nor_token_nor_body_is_logged(
    shared: World, lines: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    shared.scim("GET", '/Users?filter=userName eq "private@example.com"')
    shared.scim("POST", "/Users", {"schemas": [], "userName": "private", "password": "pa55word"})

    text = lines.getvalue() + caplog.text
    assert "private@example.com" not in text
    assert "pa55word" not in text
    assert shared.scim.token not in text


def test_a_line_break_in_a_url_cannot_forge_a_line(shared: World, lines: io.StringIO) -> None:
    shared.scim("GET", "/Users/x%0a%7b%22forged%22:1%7d")

    assert not [line for line in records(lines) if "forged" in line]


def test_logs_are_json_on_standard_error_from_the_level_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logs("warning")
        logger = logging.getLogger("scimbridge.test")
        logger.info("left out")
        # As in a thread that serves no request.
        Context().run(logger.warning, "two\nlines")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)

    [line] = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert (record["message"], record["levelname"]) == ("two\nlines", "WARNING")
    assert record["request_id"] == "-"


def test_a_failure_is_one_line_with_its_trace(lines: io.StringIO) -> None:
    try:
        raise ValueError("Bärbel\nForged")
    except ValueError:
        logging.getLogger("scimbridge.test").exception("failed")

    [record] = records(lines)
    assert record["exc_info"].startswith("Traceback")
    assert record["exc_info"].endswith("ValueError: Bärbel\nForged")
    assert lines.getvalue().isascii()
