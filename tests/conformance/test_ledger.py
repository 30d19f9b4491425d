from __future__ import annotations

import json

from conformance.conversation import Conversation
from conformance.ledger import Ledger
from conformance.variables import URNS
from tests.conformance.small_server import SmallServer

USER = {"schemas": [URNS["User"]], "userName": "nora@example.com"}


def test_what_was_created_is_deleted_newest_first(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    user = conversation.say("POST", "/Users", body=USER).json["id"]
    group = conversation.say("POST", "/Groups", body={"displayName": "g"}).json["id"]

    ledger.clear()

    deleted = [r["path"] for r in server.requests if r["method"] == "DELETE"]
    assert deleted == [f"/Groups/{group}", f"/Users/{user}"]
    assert server.empty


def test_what_the_case_deleted_itself_is_not_deleted_again(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    user = conversation.say("POST", "/Users", body=USER).json["id"]
    conversation.say("DELETE", f"/Users/{user}")
    before = len(server.requests)

    ledger.clear()

    assert len(server.requests) == before


def test_a_user_created_by_a_request_that_failed_is_found_by_name_and_deleted(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    conversation.say("POST", "/Users", body=USER)
    ledger_that_saw_500 = Ledger(conversation.wire)
    server.fault = lambda method, path: (500, None, {}) if method == "POST" else None
    Conversation(conversation.wire, ledger_that_saw_500, conversation.variables).say(
        "POST", "/Users", body=USER
    )

    ledger_that_saw_500.clear()

    assert server.empty


def test_an_unexpected_200_for_a_create_is_cleaned_up_too(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    server.store["Users"]["7"] = {"id": "7"}
    server.fault = lambda method, path: (200, {"id": "7"}, {}) if method == "POST" else None
    conversation.say("POST", "/Users", body=USER)

    ledger.clear()

    assert server.empty


def test_a_search_creates_nothing(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    server.fault = lambda method, path: (200, {"id": "7"}, {}) if method == "POST" else None
    conversation.say("POST", "/Users/.search", body={})

    ledger.clear()

    assert [r["method"] for r in server.requests] == ["POST"]


def test_what_a_bulk_request_created_is_deleted(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    server.store["Users"] = {"1": {"id": "1"}, "2": {"id": "2"}}
    done = [
        {"method": "POST", "status": "201", "location": f"{server.url}/Users/1"},
        {"method": "POST", "status": "409", "location": f"{server.url}/Users/2"},
        {"method": "DELETE", "status": "204", "location": f"{server.url}/Users/2"},
        "nonsense",
    ]
    server.fault = lambda m, path: (200, {"Operations": done}, {}) if path == "/Bulk" else None
    conversation.say("POST", "/Bulk", body={})

    ledger.clear()

    assert list(server.store["Users"]) == ["2"]


def test_what_the_server_will_not_delete_is_tried_once_more_and_then_reported(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    user = conversation.say("POST", "/Users", body=USER).json["id"]
    server.fault = lambda method, path: (405, None, {}) if method == "DELETE" else None

    ledger.clear()
    ledger.clear()
    left = ledger.sweep()

    assert left == [f"/Users/{user}"]
    assert len([r for r in server.requests if r["method"] == "DELETE"]) == 2


def test_a_sweep_deletes_what_an_earlier_attempt_could_not(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    conversation.say("POST", "/Users", body=USER)
    server.fault = lambda method, path: (503, None, {}) if method == "DELETE" else None
    ledger.clear()
    server.fault = lambda method, path: None

    assert ledger.sweep() == []
    assert server.empty


def test_an_id_with_odd_characters_is_quoted(
    conversation: Conversation, ledger: Ledger, server: SmallServer
) -> None:
    answers = {"POST": (201, {"id": "a/b c"}, {}), "DELETE": (204, None, {})}
    server.fault = lambda method, path: answers[method]
    conversation.say("POST", "/Users", body=json.dumps(USER))

    assert ledger.sweep() == []
    assert server.requests[-1]["path"] == "/Users/a/b c"
