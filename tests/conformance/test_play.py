from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.conversation import Abandoned, Conversation
from conformance.model import Case
from conformance.variables import URNS
from tests.conformance.small_server import TOKEN, SmallServer

Written = Callable[..., list[Case]]
USER = {"schemas": ["${User}"], "userName": "${self}@${domain}"}


def play(conversation: Conversation, cases: list[Case]) -> list[str]:
    for case in cases:
        case.play(conversation)
    return conversation.problems


def test_a_name_becomes_a_unique_login_and_keeps_the_id(
    conversation: Conversation, written: Written
) -> None:
    steps = [
        {"send": "POST /Users", "as": "boss", "body": USER},
        {"send": "GET /Users/${boss}", "expect": {"body": {"userName": "${boss.name}@${domain}"}}},
    ]

    assert play(conversation, written({"steps": steps})) == []
    assert conversation.variables.get("boss.name") == "boss-run1-007"


def test_a_repeated_step_numbers_its_names(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    step = {"send": "POST /Users", "as": "user", "body": USER | {"title": "${n}"}, "repeat": 3}

    assert play(conversation, written({"steps": [step]})) == []

    users = server.store["Users"]
    assert [users[conversation.variables.get(f"user{n}")]["title"] for n in (1, 2, 3)] == [1, 2, 3]


def test_a_wrong_status_ends_the_case(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    steps = [{"send": "GET /Users/none", "expect": [200, "5xx"]}, {"send": "GET /Users"}]

    with pytest.raises(Abandoned):
        play(conversation, written({"steps": steps}))

    assert conversation.problems == ["expected status 200 or 5xx, got 404"]
    assert len(server.requests) == 1


def test_wrong_values_are_all_collected_and_the_case_goes_on(
    conversation: Conversation, written: Written
) -> None:
    steps = [
        {"send": "GET /Users", "expect": {"body": {"totalResults": 7, "startIndex": 9}}},
        {"send": "GET /Groups"},
    ]

    assert len(play(conversation, written({"steps": steps}))) == 2
    assert conversation.blamed == {0}
    assert len(conversation.exchanges) == 2


def test_a_class_of_status_is_accepted(conversation: Conversation, written: Written) -> None:
    assert play(conversation, written({"steps": [{"send": "GET /x", "expect": "4xx"}]})) == []


@pytest.mark.parametrize(
    ("shape", "target", "status"),
    [("full list", "/Users", 200), ("empty list", "/Users", 200), ("error", "/Users/none", 404)],
)
def test_a_shape_holds_for_what_it_describes(
    conversation: Conversation, written: Written, shape: str, target: str, status: int
) -> None:
    step = {"send": f"GET {target}", "expect": {"status": status, "is": shape}}

    assert play(conversation, written({"steps": [step]})) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"schemas": [URNS["Error"]], "status": 404}, 'status: expected "404", got 404'),
        ({"schemas": [], "status": "404"}, f'schemas: expected contains "{URNS["Error"]}", got []'),
    ],
)
def test_an_error_that_is_no_scim_error_is_a_problem(
    conversation: Conversation, written: Written, server: SmallServer, body: Any, problem: str
) -> None:
    server.fault = lambda method, path: (404, body, {})
    step = {"send": "GET /Users/x", "expect": {"status": 404, "is": "error"}}

    assert play(conversation, written({"steps": [step]})) == [problem]


def test_a_list_with_counters_as_text_is_a_problem(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    body = {"schemas": [URNS["ListResponse"]], "totalResults": "0", "startIndex": 1}
    server.fault = lambda method, path: (200, body, {})
    step = {"send": "GET /Users", "expect": {"is": "full list"}}

    problems = play(conversation, written({"steps": [step]}))

    assert [problem.split(":")[0] for problem in problems] == [
        "totalResults",
        "itemsPerPage",
        "Resources",
    ]


def test_headers_are_matched_and_may_have_to_be_absent(
    conversation: Conversation, written: Written
) -> None:
    wanted = {"Content-Type": "^text/", "X-None": None, "Server": None, "Location": "/Users/"}
    step = {"send": "GET /Users", "expect": {"headers": wanted}}

    problems = play(conversation, written({"steps": [step]}))

    assert [problem.split(":")[0] for problem in problems] == [
        "header Content-Type",
        "header Server",
        "header Location",
    ]


def test_a_text_that_must_not_occur_is_a_problem(
    conversation: Conversation, written: Written
) -> None:
    step = {"send": "GET /Users", "expect": {"lacks": ["ListResponse", "absent"]}}

    assert play(conversation, written({"steps": [step]})) == [
        "the response contains 'ListResponse', which must never be shown"
    ]


def test_a_slow_answer_is_a_problem(conversation: Conversation, written: Written) -> None:
    step = {"send": "GET /Users", "expect": {"within_ms": -1}}

    (problem,) = play(conversation, written({"steps": [step]}))

    assert problem.startswith("expected an answer within -1 ms")


def test_a_204_has_no_body_to_compare(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    server.fault = lambda method, path: (204, None, {})
    step = {"send": "PATCH /Users/1", "patch": [], "expect": {"body": {"active": True}}}

    assert play(conversation, written({"steps": [step]})) == []


def test_what_is_kept_comes_from_the_body_or_a_header(
    conversation: Conversation, written: Written
) -> None:
    step = {
        "send": "POST /Users",
        "body": {"userName": "a"},
        "keep": {"login": "userName", "place": "header:Location"},
    }

    assert play(conversation, written({"steps": [step, {"send": "GET ${place}"}]})) == []
    assert conversation.variables.get("login") == "a"


@pytest.mark.parametrize("source", ["nothing.here", "header:X-None"])
def test_a_case_without_the_value_it_needs_is_abandoned(
    conversation: Conversation, written: Written, source: str
) -> None:
    with pytest.raises(Abandoned):
        play(conversation, written({"steps": [{"send": "GET /Users", "keep": {"a": source}}]}))

    assert conversation.problems == [f"{source}: expected a value to go on with, got nothing"]


def test_a_variable_that_no_step_supplied_abandons_the_case(
    conversation: Conversation, written: Written
) -> None:
    with pytest.raises(Abandoned, match=r"GET /Users/\$\{ghost\}: no earlier step supplied"):
        play(conversation, written({"steps": [{"send": "GET /Users/${ghost}"}]}))


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("percent", "a%5Bb%20eq%20%22c%2Bd%40e%22%5D"),
        ("form", "a%5Bb+eq+%22c%2Bd%40e%22%5D"),
        ("loose", "a[b%20eq%20%22c%2Bd@e%22]"),
    ],
)
def test_a_query_is_encoded_as_the_client_does(
    conversation: Conversation, written: Written, server: SmallServer, encoding: str, sent: str
) -> None:
    step = {
        "send": "GET /Groups",
        "query": {"filter": 'a[b eq "c+d@e"]', "count": 2},
        "expect": "4xx",
    }

    play(conversation, written({"steps": [step]}, query_encoding=encoding))

    assert server.requests[-1]["query"] == f"filter={sent}&count=2"


def test_a_body_of_text_leaves_as_it_is_and_json_leaves_compact(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    server.fault = lambda method, path: (201, {}, {})
    steps = [
        {"send": "POST /Users", "body": '{"a": '},
        {"send": "POST /Users", "body": {"a": ["é", None]}},
        {"send": "POST /Users", "body": ""},
    ]

    play(conversation, written({"steps": steps}))

    assert [r["body"] for r in server.requests] == [b'{"a": ', '{"a":["é",null]}'.encode(), b""]


def test_a_header_of_null_is_not_sent_and_the_token_is_sent_otherwise(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    steps = [
        {"send": "GET /Users"},
        {"send": "GET /Users", "headers": {"Authorization": None}, "expect": 401},
        {"send": "GET /Users", "headers": {"Authorization": "Basic ${unique}"}, "expect": 401},
    ]

    play(conversation, written({"steps": steps}, headers={"User-Agent": "Okta"}))

    assert [r.get("HTTP_AUTHORIZATION") for r in server.requests] == [
        f"Bearer {TOKEN}",
        None,
        "Basic run1-007",
    ]
    assert server.requests[0]["HTTP_USER_AGENT"] == "Okta"


def test_a_media_type_goes_only_with_a_body(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    steps = [{"send": "GET /Users"}, {"send": "POST /Users", "body": {"userName": "a"}}]

    play(conversation, written({"steps": steps}, content_type="text/json"))

    # wsgiref gives a request without a media type the default of its era.
    assert [r["CONTENT_TYPE"] for r in server.requests] == ["text/plain", "text/json"]


def test_an_answer_that_is_not_json_breaks_every_demand_and_nothing_else(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    server.fault = lambda method, path: (200, b"<html>", {"Content-Type": "text/html"})
    step = {"send": "GET /Users", "expect": {"body": {"totalResults": 0}}}

    assert play(conversation, written({"steps": [step]})) == [
        "totalResults: expected 0, got nothing"
    ]


def test_the_patch_message_is_complete(
    conversation: Conversation, written: Written, server: SmallServer
) -> None:
    server.fault = lambda method, path: (200, {}, {})

    play(conversation, written({"steps": [{"send": "PATCH /Users/1", "patch": [{"op": "Add"}]}]}))

    assert json.loads(server.requests[-1]["body"]) == {
        "schemas": [URNS["PatchOp"]],
        "Operations": [{"op": "Add"}],
    }
