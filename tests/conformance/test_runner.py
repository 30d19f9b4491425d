from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.conversation import Conversation
from conformance.model import Case, CaseInfo, Level, Outcome, Result
from conformance.runner import Runner, UnreachableError, new_run_id
from tests.conformance.small_server import TOKEN, SmallServer

Written = Callable[..., list[Case]]
CREATE = {"send": "POST /Users", "as": "user", "body": {"userName": "${self}"}}


def case(play: Callable[[Conversation], None]) -> Case:
    return Case(CaseInfo("x", "Test", "t", Level.MUST, "w"), play)


def test_a_case_without_problems_passes_and_shows_no_evidence(
    runner: Runner, written: Written
) -> None:
    (result,) = runner.run(written({"steps": [CREATE]}), frozenset())

    assert (result.outcome, result.problems, result.evidence) == (Outcome.PASSED, (), ())


def test_a_failed_case_shows_every_exchange_and_marks_the_wrong_one(
    runner: Runner, written: Written
) -> None:
    steps = [CREATE, {"send": "GET /Users/${user}", "expect": {"body": {"active": True}}}]

    (result,) = runner.run(written({"steps": steps}), frozenset())

    assert result.outcome is Outcome.FAILED
    assert result.problems == ("active: expected true, got nothing",)
    assert [evidence.failed for evidence in result.evidence] == [False, True]
    assert TOKEN not in str(result)


@pytest.mark.parametrize(
    "last",
    [{"send": "GET /Users/none"}, {"send": "GET /Users/${ghost}"}, {"send": "GET https://a.b/c"}],
    ids=["wrong status", "missing variable", "foreign URL"],
)
def test_what_a_case_created_is_deleted_however_it_ends(
    runner: Runner, written: Written, server: SmallServer, last: dict[str, Any]
) -> None:
    (result,) = runner.run(written({"steps": [CREATE, last]}), frozenset())

    assert result.outcome is Outcome.FAILED
    assert server.empty


def test_a_check_that_trips_over_the_answer_fails_and_the_run_goes_on(
    runner: Runner, server: SmallServer
) -> None:
    def trip(conversation: Conversation) -> None:
        user = conversation.say("POST", "/Users", body={"userName": "a"}).json
        assert user["no such key"]

    first, second = runner.run([case(trip), case(lambda conversation: None)], frozenset())

    assert "could not handle the response: KeyError" in first.problems[0]
    assert second.outcome is Outcome.PASSED
    assert server.empty


def test_an_interrupted_run_cleans_up(runner: Runner, server: SmallServer) -> None:
    def interrupt(conversation: Conversation) -> None:
        conversation.say("POST", "/Users", body={"userName": "a"})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run([case(interrupt)], frozenset())

    assert server.empty


def test_a_case_that_needs_more_than_the_server_announces_is_skipped(
    runner: Runner, written: Written, server: SmallServer
) -> None:
    cases = written({"steps": [CREATE], "requires": ["etag", "bulk", "users"]})

    (result,) = runner.run(cases, frozenset({"users"}))

    assert (result.outcome, result.reason) == (Outcome.SKIPPED, "needs bulk, etag")
    assert server.requests == []


def test_each_case_has_names_of_its_own(
    runner: Runner, written: Written, server: SmallServer
) -> None:
    runner.run(written({"steps": [CREATE]}, {"steps": [CREATE]}), frozenset())

    bodies = {r["body"] for r in server.requests if r["method"] == "POST"}
    assert bodies == {b'{"userName":"user-run1-001"}', b'{"userName":"user-run1-002"}'}


def test_runs_do_not_share_names() -> None:
    assert new_run_id() != new_run_id()


def test_results_are_seen_as_they_come(runner: Runner, written: Written) -> None:
    seen: list[Result] = []

    results = runner.run(written({"steps": [CREATE]}), frozenset(), seen.append)

    assert seen == results


def test_a_server_that_does_not_answer_is_no_failed_case(runner: Runner) -> None:
    nowhere = replace(runner, wire=replace(runner.wire, base_url="http://127.0.0.1:1/scim"))

    with pytest.raises(
        UnreachableError, match=r"no SCIM server answers at http://127\.0\.0\.1:1/scim"
    ):
        nowhere.features()


@pytest.mark.parametrize(
    ("config", "feature"),
    [
        ({"bulk": {"supported": True}}, "bulk"),
        ({"sort": {"supported": True}}, "sort"),
        ({"etag": {"supported": True}}, "etag"),
        ({"patch": {"supported": True}}, "patch"),
        ({"pagination": {"cursor": True}}, "cursor"),
    ],
)
def test_features_are_what_discovery_announces(
    runner: Runner, server: SmallServer, config: dict[str, Any], feature: str
) -> None:
    server.config = config

    assert runner.features() == {"users", "groups", feature}


@pytest.mark.parametrize("supported", [False, "true", None])
def test_a_feature_that_is_not_plainly_announced_is_absent(
    runner: Runner, server: SmallServer, supported: Any
) -> None:
    server.config = {"bulk": {"supported": supported}}

    assert "bulk" not in runner.features()


@pytest.mark.parametrize(
    ("kind", "feature"),
    [
        ({"schema": "urn:okta:scim:schemas:core:1.0:Role"}, "okta-roles"),
        ({"schema": "urn:okta:scim:schemas:core:1.0:Entitlement"}, "okta-entitlements"),
        (
            {
                "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
                "schemaExtensions": [
                    {"schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}
                ],
            },
            "enterprise",
        ),
    ],
)
def test_resource_types_are_features(
    runner: Runner, server: SmallServer, kind: dict[str, Any], feature: str
) -> None:
    server.fault = lambda method, path: (200, {"Resources": [kind]}, {})

    assert feature in runner.features()


def test_a_server_without_discovery_announces_nothing(runner: Runner, server: SmallServer) -> None:
    server.fault = lambda method, path: (404, b"<html>", {})

    assert runner.features() == frozenset()
