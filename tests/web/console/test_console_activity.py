"""What was asked for, filtered and listed, and what came of an entry."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import delete

from scimbridge.connectors.trace import Exchange
from scimbridge.directory import passes, schema
from tests.conftest import CORE_USER
from tests.web.console.conftest import Scene


def test_activity_lists_what_was_asked_newest_first(scene: Scene) -> None:
    text = scene.text("/activity?text=gone@")

    assert text.index("delete user") < text.index("create user")


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("text=JANE@", "jane@example.com", "SEC Falcon Readers"),
        ("text=Falcon+Read", "SEC Falcon Readers", "jane@example.com"),
        ("text=gone@", "gone@example.com", "jane@example.com"),
        ("outcome=done", "jane@example.com", "refused</span>"),
        ("kind=User", "jane@example.com", "SEC Falcon Readers"),
        ("kind=Group", "SEC Falcon Readers", ">jane@example.com<"),
        ("target=falcon", "jane@example.com", "Nothing that was asked for fits."),
        ("since=2100-01-01", "Nothing that was asked for fits.", "jane@example.com"),
        ("until=2000-01-01", "Nothing that was asked for fits.", "jane@example.com"),
        ("since=2000-01-01&until=2100-01-01", "jane@example.com", "Nothing that was asked"),
        ("text=100%25", "Nothing that was asked for fits.", "jane@example.com"),
        ("target=no-such&outcome=no-such", "jane@example.com", "Nothing that was asked for fits."),
    ],
)
def test_activity_is_filtered(scene: Scene, query: str, shown: str, hidden: str) -> None:
    text = scene.text(f"/activity?{query}").partition('aria-label="Operations"')[2]

    assert shown in text
    assert hidden not in text


def test_activity_is_found_by_scim_id(scene: Scene) -> None:
    assert "jane@example.com" in scene.text(f"/activity?text={scene.jane['id']}")


def test_a_day_that_is_none_is_told(scene: Scene) -> None:
    answer = scene.browser.get("/activity?since=tomorrow")

    assert answer.status_code == 400
    assert "is no day" in answer.text


def entry(scene: Scene, query: str) -> str:
    listed = scene.text(f"/activity?{query}")
    found = listed.partition('aria-label="Operations"')[2].partition('href="/console/activity/')[2]
    return scene.text(f"/activity/{found.partition(chr(34))[0]}")


def test_an_entry_opens_to_request_plan_calls_outcome_and_audit_lines(scene: Scene) -> None:
    text = entry(scene, "text=gone@")

    assert "token:" in text
    assert "Request id" in text
    assert re.search(r"<li> delete \S+ <span class=\"badge ok\">done</span>", text)
    called, answered = re.findall(r'<td data-label="(?:Call|Answer)">(.*?)</td>', text)
    assert called == "<code>DELETE /user-management/entities/users/v1</code>"
    assert ">200<" in answered
    assert re.search(r'"Took" class="number">[0-9.]+ m?s<', text)
    assert re.search(r"Finished</dt><dd>.* after [0-9.]+ m?s</dd>", text)
    assert "delete wanted" in text
    assert "delete done" in text


def test_an_entry_that_was_refused_says_why_and_what_to_do(scene: Scene) -> None:
    text = entry(scene, "outcome=failed")

    assert "no_such_role" in text
    assert '<span class="badge warn">400</span>' in text
    assert "have it ask once more" in text


def test_an_unfinished_entry_says_that_it_goes_on(paused: Scene) -> None:
    paused.world.vendor.fault("* *", status=503, count=100)
    assert paused.world.scim.set_active(paused.jane["id"], False).status_code == 429

    text = entry(paused, "outcome=pending")

    assert "A removal is tried until it succeeds." in text
    assert "the next one" in text
    assert '<span class="badge bad">503</span>' in text
    assert f'action="/console/people/falcon/{paused.jane["id"]}/try-again"' in text
    assert '<span class="badge warn">attempt 2</span>' in text


def test_attempts_are_told_one_after_the_other_with_what_was_cut_off(paused: Scene) -> None:
    with paused.world.bridge.directory.write() as connection:
        for made in (101, 1):
            steps = [{"step": "revoke role:x", "error": "no"}, {"step": "grant role:y", "left": 1}]
            call = Exchange("GET", "/route", None, 1500, 200_000, 1)
            passes.add(connection, 1, began=1, steps=60 * steps, calls=[call], calls_made=made)

    text = paused.text("/activity/1")

    assert re.findall(r"Pass \d, begun", text) == ["Pass 1, begun", "Pass 2, begun"]
    assert "The first 100 of 120 steps." in text
    assert "The last 1 of 101 calls." in text
    assert '<span class="badge">not reached</span>' in text
    assert '<span class="badge bad">none</span>' in text
    assert "1.50 s" in text
    assert "3 minutes" in text
    assert "1970-01-01" in text


def test_what_is_not_kept_any_more_is_told_by_its_steps(paused: Scene) -> None:
    with paused.world.bridge.directory.write() as connection:
        connection.execute(delete(schema.passes))

    text = entry(paused, "text=jane@")

    assert "The calls are not kept" in text
    assert "create jane@example.com as " in text


def test_an_addition_that_was_given_up_is_explained(paused: Scene) -> None:
    user = paused.world.scim.create_user("late@example.com")["id"]
    paused.world.vendor.fault("* *", status=503, count=100)
    assert paused.world.scim.add_members(paused.readers, user).status_code == 429
    assert "An addition is given up after abandon_after_s." in entry(paused, "outcome=pending")
    paused.world.clock.advance(86_400)
    paused.world.recover()

    # The operator's session is over by then, too.
    paused.browser.sign_in()

    assert "The addition was given up" in entry(paused, "outcome=abandoned")


def test_what_the_vendor_refuses_is_explained(paused: Scene) -> None:
    paused.world.vendor.fault("POST /user-management/entities/users/v1", status=400, count=50)
    body = {"schemas": [CORE_USER], "userName": "refused@example.com"}
    assert paused.world.scim("POST", "/Users", body).status_code == 400

    assert "have it ask once more" in entry(paused, "text=refused@")
