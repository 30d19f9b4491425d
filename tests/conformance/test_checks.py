"""The checks that are code: each sees the fault it is made for, and passes without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.conversation import Conversation
from conformance.model import Case, Outcome
from conformance.rfc import bulk, concurrency, discovery, locations, paging
from conformance.runner import Runner
from conformance.variables import URNS
from tests.conformance.small_server import SmallServer

CHECKS = {
    case.info.id: case
    for module in (bulk, concurrency, discovery, locations, paging)
    for case in module.CHECKS
}
ATTRIBUTE: dict[str, Any] = {
    "name": "userName",
    "type": "string",
    "multiValued": False,
    "description": "d",
    "required": True,
    "caseExact": False,
    "mutability": "readWrite",
    "returned": "default",
    "uniqueness": "server",
}


def played(runner: Runner, identity: str) -> tuple[str, ...]:
    case = CHECKS[identity]
    (result,) = runner.run([case], case.requires)
    assert result.outcome in {Outcome.PASSED, Outcome.FAILED}
    return result.problems


def listing(*resources: Any) -> tuple[int, Any, dict[str, str]]:
    return 200, {"totalResults": len(resources), "Resources": list(resources)}, {}


@pytest.mark.parametrize(
    "identity",
    [
        "okta.import.users",
        "okta.import.groups",
        "entra.parallel.members",
        "entra.parallel.creates",
        "rfc.location.resolves",
        "rfc.location.in-lists",
    ],
)
def test_a_right_server_passes(runner: Runner, server: SmallServer, identity: str) -> None:
    assert played(runner, identity) == ()
    assert server.empty


def paged(change: Callable[[dict[str, Any]], Any]) -> Callable[[str, str], Any]:
    pages = iter([{"a": 1}] * 99)

    def fault(method: str, path: str) -> Any:
        next(pages)
        page = {
            "totalResults": 3,
            "itemsPerPage": 3,
            "Resources": [{"id": "1"}, {"id": "2"}, {"id": "3"}],
        }
        return (200, page | change(page), {}) if method == "GET" else (201, {"id": "1"}, {})

    return fault


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"itemsPerPage": 100}, "itemsPerPage 100, 3 resources"),
        ({"totalResults": "3"}, "expected a page of /Users, got 200"),
        ({"totalResults": 9, "Resources": [], "itemsPerPage": 0}, "an empty page at 1"),
        ({"Resources": [{"id": "1"}] * 3}, "a resource is on two pages"),
        ({"Resources": [{"id": "7"}, {"id": "8"}, {"id": "9"}]}, "1, 1, 1 is on no page"),
    ],
)
def test_a_wrong_page_is_seen(
    runner: Runner, server: SmallServer, change: dict[str, Any], problem: str
) -> None:
    server.fault = paged(lambda page: change)

    assert any(problem in found for found in played(runner, "okta.import.users"))


def test_pages_in_another_order_each_time_are_seen(runner: Runner, server: SmallServer) -> None:
    shuffles = iter([0, 1] * 99)

    def fault(method: str, path: str) -> None:
        if next(shuffles):
            server.store["Users"] = dict(reversed(server.store["Users"].items()))

    server.fault = fault

    assert played(runner, "okta.import.users")


def test_members_lost_by_parallel_patches_are_seen(runner: Runner, server: SmallServer) -> None:
    def fault(method: str, path: str) -> Any:
        return (200, {}, {}) if method == "PATCH" else None

    server.fault = fault

    assert played(runner, "entra.parallel.members") == ("6 of 6 accepted members are lost",)


def test_twins_made_by_parallel_creates_are_seen(runner: Runner, server: SmallServer) -> None:
    ids = iter("123456")
    server.fault = lambda method, path: (201, {"id": next(ids)}, {}) if method == "POST" else None

    (problem,) = played(runner, "entra.parallel.creates")

    assert problem.startswith("expected one new user, got 6: [201, 201")


def test_a_create_that_is_answered_twice_with_one_id_is_no_twin(
    runner: Runner, server: SmallServer
) -> None:
    server.fault = lambda method, path: (201, {"id": "1"}, {}) if method == "POST" else None

    assert played(runner, "entra.parallel.creates") == ()


@pytest.mark.parametrize(
    ("headers", "body", "problem"),
    [
        ({}, {"id": "1"}, "expected 201 with Location, got 201"),
        ({"Location": "http://elsewhere/1"}, {"id": "1"}, "is not on http://127.0.0.1"),
    ],
)
def test_a_location_that_leads_nowhere_is_seen(
    runner: Runner, server: SmallServer, headers: dict[str, str], body: Any, problem: str
) -> None:
    server.fault = lambda method, path: (201, body, headers) if method == "POST" else None

    assert any(problem in found for found in played(runner, "rfc.location.resolves"))


@pytest.mark.parametrize(("answer", "failed"), [(413, False), (200, True)])
def test_a_bulk_limit_is_tried(
    runner: Runner, server: SmallServer, answer: int, failed: bool
) -> None:
    server.config = {"bulk": {"maxOperations": 3}}
    error = {"schemas": [URNS["Error"]]}
    server.fault = lambda method, path: (answer, error, {}) if path == "/Bulk" else None

    assert bool(played(runner, "rfc.bulk.too-many-operations")) is failed
    assert len(json.loads(server.requests[-1]["body"])["Operations"]) == 4


def test_an_enormous_bulk_limit_is_not_tried(runner: Runner, server: SmallServer) -> None:
    server.config = {"bulk": {"maxOperations": 10**9}}

    assert played(runner, "rfc.bulk.too-many-operations") == ()
    assert [r["method"] for r in server.requests] == ["GET"]


def published(*attributes: Any, **schema: Any) -> Callable[[str, str], Any]:
    listed = {"id": URNS["User"], "attributes": list(attributes)} | schema
    return lambda method, path: listing(listed) if path == "/Schemas" else None


def test_a_complete_schema_passes(runner: Runner, server: SmallServer) -> None:
    server.fault = published(ATTRIBUTE)

    assert played(runner, "rfc.discovery.characteristics") == ()


@pytest.mark.parametrize(
    ("attribute", "problem"),
    [
        (ATTRIBUTE | {"returned": None}, ":userName lacks returned"),
        ({"name": "active", "type": "boolean"}, ":active lacks multiValued, description, required"),
        (ATTRIBUTE | {"type": "reference"}, "is a reference without referenceTypes"),
        (ATTRIBUTE | {"subAttributes": [{"name": "x"}]}, ":userName:x lacks type"),
    ],
)
def test_an_incomplete_attribute_is_seen(
    runner: Runner, server: SmallServer, attribute: dict[str, Any], problem: str
) -> None:
    server.fault = published(attribute)

    assert any(problem in found for found in played(runner, "rfc.discovery.characteristics"))


def test_an_attribute_that_no_schema_defines_is_seen(runner: Runner, server: SmallServer) -> None:
    server.fault = published(ATTRIBUTE)

    problems = played(runner, "rfc.discovery.attributes-published")

    assert "the user has emails, which no published schema defines" in problems
    assert not any("userName" in problem or "meta" in problem for problem in problems)


def test_an_error_is_not_taken_for_a_user(runner: Runner, server: SmallServer) -> None:
    server.fault = lambda method, path: (500, {"status": "500"}, {}) if method == "POST" else None

    assert played(runner, "rfc.discovery.attributes-published") == (
        "POST /Users: expected 201 and the user, got 500",
    )


def test_a_published_message_schema_is_seen(runner: Runner, server: SmallServer) -> None:
    server.fault = published(id=URNS["PatchOp"])

    assert played(runner, "rfc.discovery.no-message-schemas") == (
        f"/Schemas publishes {URNS['PatchOp']}",
    )


def test_a_resource_type_whose_schema_is_not_published_is_seen(
    runner: Runner, server: SmallServer
) -> None:
    kind = {
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "schema": URNS["User"],
        "schemaExtensions": [{"schema": "urn:x"}],
    }
    answers: dict[str, Any] = {
        "/Schemas": listing({"id": URNS["User"]}),
        "/ResourceTypes": listing(kind),
        "/ResourceTypes/User": (200, kind, {}),
    }
    server.fault = lambda method, path: answers[path]

    assert played(runner, "rfc.discovery.types-resolve") == (
        "User uses urn:x, which /Schemas lacks",
    )


def test_a_check_says_so_when_the_server_has_no_such_list(
    runner: Runner, server: SmallServer
) -> None:
    server.fault = lambda method, path: (200, {}, {})

    assert played(runner, "rfc.discovery.no-message-schemas") == (
        "GET /Schemas: expected a list of resources",
    )


def test_a_user_that_cannot_be_created_abandons_the_check(
    conversation: Conversation, runner: Runner, server: SmallServer
) -> None:
    server.fault = lambda method, path: (400, {}, {}) if method == "POST" else None

    assert played(runner, "okta.import.users") == ("POST /Users: expected 201 and an id, got 400",)


def test_every_check_in_code_is_played_here() -> None:
    assert all(isinstance(case, Case) for case in CHECKS.values())
    assert len(CHECKS) == 11
