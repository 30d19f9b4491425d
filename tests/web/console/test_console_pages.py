"""Activity, people, groups, guard and tokens, over a bridge in front of a simulated Falcon."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from scimbridge.connectors.trace import Exchange
from scimbridge.directory import audit, passes, schema, tokens
from scimbridge.web.console import forms
from tests.bridge.test_by_hand_grants import take_by_hand
from tests.conftest import CORE_USER, World
from tests.web.console.conftest import Browser, open_console

HOSTILE = "<script>alert(1)</script>\"'&"


@dataclass
class Scene:
    world: World
    browser: Browser
    jane: dict[str, Any]
    readers: str
    idle: str

    def text(self, path: str) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return " ".join(answer.text.split())


@pytest.fixture(scope="module")
def scene(consoled: World, signed_in: str) -> Scene:
    browser = Browser(consoled.bridge.app.test_client())
    browser.cookie = signed_in
    scim = consoled.scim
    jane = scim.create_user("jane@example.com", displayName="Jane Roe")
    gone = scim.create_user("gone@example.com")
    readers = scim.create_group("SEC Falcon Readers", jane["id"])
    idle = scim.create_group("Choir", jane["id"], "nobody-known")
    scim("DELETE", f"/Users/{gone['id']}")
    scim.add_members(scim.create_group("SEC Broken"), jane["id"])
    return Scene(consoled, browser, jane, readers, idle)


@pytest.fixture
def paused(tmp_path: Path) -> Iterator[Scene]:
    """A world of its own, with a person whose removal waits for the vendor."""
    with open_console(tmp_path, deadline_s=1) as world:
        world.provider.observer.refresh_catalogue()
        readers = world.scim.create_group("SEC Falcon Readers")
        jane = world.scim.create_user("jane@example.com")
        world.scim.add_members(readers, jane["id"])
        browser = Browser(world.bridge.app.test_client())
        browser.sign_in()
        yield Scene(world, browser, jane, readers, "")


ALL_PAGES = ["/", "/activity", "/people", "/groups", "/groups?nothing=1", "/guard", "/tokens"]


@pytest.mark.parametrize("path", ALL_PAGES[1:])
def test_a_stranger_sees_no_page(stranger: Browser, path: str) -> None:
    assert stranger.get(path).status_code == 303


@pytest.mark.parametrize("path", ALL_PAGES)
def test_a_page_marks_its_place_in_the_navigation(scene: Scene, path: str) -> None:
    text = scene.text(path)

    assert text.count('aria-current="page"') == 1
    assert text.count("<main") == text.count("<h1") == 1


def test_activity_lists_what_was_asked_newest_first(scene: Scene) -> None:
    text = scene.text("/activity")

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


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists whose pages hold two rows."""
    monkeypatch.setattr(forms, "A_PAGE", 2)


def leaf(text: str, words: str) -> str:
    """Where a link to another page of a list leads, without the prefix."""
    found = re.search(rf'href="/console([^"]+)">{words}</a>', text)
    return html.unescape(found[1]) if found else ""


@pytest.fixture(scope="module")
def paged(scene: Scene) -> str:
    """Three people, and three groups that grant nothing; gives the one that all are in."""
    scim = scene.world.scim
    people = [scim.create_user(f"paged{number}@example.com")["id"] for number in range(3)]
    first, *_ = [scim.create_group(f"Paged {number}", *people) for number in range(3)]
    return first


@pytest.mark.usefixtures("short", "paged")
@pytest.mark.parametrize(
    ("path", "first", "further", "row"),
    [
        ("/activity?kind=User&text=paged", "Newest", "Older", "create user"),
        ("/people?text=paged", "First page", "Next page", "as asked"),
        (
            "/groups?target=falcon&nothing=1&text=paged",
            "First page",
            "Next page",
            "grants nothing<",
        ),
    ],
)
def test_lists_go_on_with_the_same_filters(
    scene: Scene, path: str, first: str, further: str, row: str
) -> None:
    one = scene.text(path)
    two = scene.text(leaf(one, further))

    assert (one.count(row), two.count(row)) == (2, 1)
    assert scene.text(leaf(two, first)) == one
    assert not leaf(one, first)
    assert not leaf(two, further)


@pytest.mark.usefixtures("short")
def test_members_of_a_group_go_on(scene: Scene, paged: str) -> None:
    one = scene.text(f"/groups/falcon/{paged}")
    two = scene.text(leaf(one, "Next members"))

    listed = [re.findall(r">(paged\d@example.com)</a>", text) for text in (one, two)]
    assert listed == [["paged0@example.com", "paged1@example.com"], ["paged2@example.com"]]
    assert "3 members" in two


@pytest.mark.parametrize("after", ["no-number", "9" * 40, "²"])
def test_a_page_that_begins_nowhere_is_the_first(scene: Scene, after: str) -> None:
    assert "jane@example.com" in scene.text(f"/people?after={after}")


def test_a_page_whose_beginning_is_gone_says_so(scene: Scene) -> None:
    answer = scene.browser.get("/people?after=999999")

    assert answer.status_code == 404
    assert "begin at the first one" in answer.text


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


def test_a_nul_is_refused_in_a_filter(scene: Scene) -> None:
    assert scene.browser.get("/people?text=%00").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/activity/999999",
        f"/activity/{2**70}",
        "/people/falcon/no-such",
        "/people/no-such/no-such",
        "/groups/falcon/no-such",
        "/groups/no-such/no-such",
    ],
)
def test_what_does_not_exist_is_told(scene: Scene, path: str) -> None:
    assert scene.browser.get(path).status_code == 404


def test_people_are_found_by_a_part_of_a_name(scene: Scene) -> None:
    assert "jane@example.com" in scene.text("/people?text=jane+roe")
    assert "Nobody fits." in scene.text("/people?text=no+such&target=falcon")


def test_a_person_is_shown_with_access_reasons_and_history(scene: Scene) -> None:
    text = scene.text(f"/people/falcon/{scene.jane['id']}")

    assert "role:falconhost_read_only" in text
    assert "SEC Falcon Readers" in text
    assert "given by the bridge, confirmed" in text
    assert "create done" in text
    assert "Try again now" not in text


def test_attributes_are_shown_as_asked_beside_those_of_the_vendor(paused: Scene) -> None:
    user = f"/Users/{paused.jane['id']}"
    name = {"op": "add", "path": "name", "value": {"givenName": "Jane", "familyName": "Roe"}}
    assert paused.world.scim.patch(user, name).status_code == 200
    page = f"/people/falcon/{paused.jane['id']}"
    assert attributes(paused.text(page)) == {
        "userName": ("jane@example.com", "jane@example.com"),
        "name.givenName": ("Jane", "Jane"),
        "name.familyName": ("Roe", "Roe"),
        "displayName": ("Jane Roe", "Jane Roe"),
        "active": ("true", "true"),
    }

    paused.world.vendor.fault("* *", status=503, count=100)
    given = {"op": "replace", "path": "name.givenName", "value": "Joan"}
    assert paused.world.scim.patch(user, given).status_code == 429

    found = attributes(paused.text(page))
    assert found["name.givenName"] == ("Joan", 'Jane <span class="badge warn">differs</span>')
    with paused.world.bridge.directory.write() as connection:
        connection.execute(update(schema.resources).values(dirty=1))
    assert "not known" in attributes(paused.text(page))["active"][1]


def attributes(text: str) -> dict[str, tuple[str, str]]:
    """What is asked for and what the vendor has, by attribute."""
    rows = re.findall(
        r'"Attribute"><code>(.*?)</code></td> <td data-label="Asked">(.*?)</td> '
        r'<td data-label="Vendor">(.*?)</td>',
        text,
    )
    return {name: (asked, held) for name, asked, held in rows}


def test_a_difference_is_shown_on_the_page_of_the_person(paused: Scene) -> None:
    take_by_hand(paused.world, "jane@example.com", "falconhost_read_only")
    paused.world.clock.advance(3600)
    list(paused.world.provider.reconciler.run("report"))

    assert "grant role:falconhost_read_only to" in paused.text(
        f"/people/falcon/{paused.jane['id']}"
    )


@pytest.mark.parametrize("page", ["people", "groups"])
def test_unfinished_work_is_tried_again_at_once(paused: Scene, page: str) -> None:
    world, person = paused.world, f"/people/falcon/{paused.jane['id']}"
    subject = person if page == "people" else f"/groups/falcon/{paused.readers}"
    world.vendor.fault("* *", status=503, count=100)
    assert world.scim.remove_member(paused.readers, paused.jane["id"]).status_code == 429
    world.vendor.simulator.faults.clear()
    world.provider.operations.recover()
    assert world.vendor.roles("jane@example.com") == {"falconhost_read_only"}

    answer = paused.browser.post(f"{subject}/try-again", seen_on=subject)
    world.provider.operations.recover()

    assert (answer.status_code, answer.location) == (303, f"/console{subject}")
    assert world.vendor.roles("jane@example.com") == set()
    with world.bridge.directory.read() as connection:
        [line] = [each for each in audit.lines(connection) if each.action == "try again"]
    assert line.actor == "operator:ada"


def test_where_nothing_is_unfinished_nothing_is_noted(scene: Scene) -> None:
    person = f"/people/falcon/{scene.jane['id']}"

    assert scene.browser.post(f"{person}/try-again", seen_on="/").status_code == 303

    assert "try again" not in scene.text(person)


def test_nobody_is_tried_again(scene: Scene) -> None:
    answer = scene.browser.post("/people/falcon/no-such/try-again", seen_on="/")

    assert answer.status_code == 404


def test_groups_say_what_they_grant(scene: Scene) -> None:
    text = scene.text(f"/groups/falcon/{scene.readers}")

    assert "role:falconhost_read_only" in text
    assert "1 member" in text
    assert "jane@example.com" in text or "Jane Roe" in text


def test_a_group_is_not_mistaken_for_one_that_is_called_like_its_id(scene: Scene) -> None:
    scene.world.scim.create_group(f"A {scene.readers}")

    assert "<h1>SEC Falcon Readers" in scene.text(f"/groups/falcon/{scene.readers}")


def test_groups_that_grant_nothing_are_marked_and_found(scene: Scene) -> None:
    listed = scene.text("/groups?nothing=1")

    assert "Choir" in listed
    assert "SEC Falcon Readers" not in listed
    page = scene.text(f"/groups/falcon/{scene.idle}")
    assert "This group grants nothing." in page
    assert "names nobody known" in page


def test_an_operator_pauses_and_resumes_a_target(paused: Scene) -> None:
    paused.browser.post("/guard/falcon/pause", seen_on="/guard")
    refused = paused.world.scim.set_active(paused.jane["id"], False)
    assert "All writes are paused since" in paused.text("/guard")
    assert "An operator has paused all writes." in paused.text("/")

    paused.browser.post("/guard/falcon/resume", seen_on="/guard", allow="600")

    assert refused.status_code == 429
    assert "0 of 600 accounts" in paused.text("/guard")
    assert paused.world.scim.set_active(paused.jane["id"], False).status_code == 200
    with paused.world.bridge.directory.read() as connection:
        actors = {each.action: each.actor for each in audit.lines(connection)}
    assert actors["target paused"] == actors["target resumed"] == "operator:ada"


@pytest.mark.parametrize("allow", ["0", "-1", "many", "\u00b2", "9" * 30])
def test_an_allowance_that_is_no_number_is_refused(scene: Scene, allow: str) -> None:
    answer = scene.browser.post("/guard/falcon/resume", seen_on="/guard", allow=allow)

    assert answer.status_code == 400
    assert "is no number of accounts" in answer.text


@pytest.mark.parametrize(
    "path", ["/guard/falcon/pause", "/guard/falcon/resume", "/people/falcon/x/try-again"]
)
def test_nothing_is_done_without_the_token_of_the_form(scene: Scene, path: str) -> None:
    assert scene.browser.client.post(f"/console{path}").status_code == 403


def test_removals_that_were_stopped_are_explained(tmp_path: Path) -> None:
    policy = "removal_budget_percent = 1\nremoval_budget_accounts = 1"
    with open_console(tmp_path, policy=policy) as world:
        world.provider.observer.refresh_catalogue()
        people = world.scim.create_users(2)
        group = world.scim.create_group("SEC Falcon Readers", *people)
        assert world.scim("DELETE", f"/Groups/{group}").status_code == 403
        browser = Browser(world.bridge.app.test_client())
        browser.sign_in()

        assert "more access was to go than the budget allows" in browser.get("/").text
        assert "asked to take access from 2 accounts" in browser.get("/guard").text


def test_tokens_are_listed_without_what_they_are(scene: Scene) -> None:
    with scene.world.bridge.directory.read() as connection:
        [token] = tokens.listing(connection)

    text = scene.text("/tokens")

    assert token.id in text
    assert "in force" in text
    assert token.digest not in text
    assert scene.world.scim.token.split("_", 2)[2] not in text


def test_a_name_with_markup_is_text_on_every_page(scene: Scene) -> None:
    scim = scene.world.scim
    user = scim.create_user("hostile@example.com", displayName=HOSTILE)["id"]
    group = scim.create_group(f"Choir {HOSTILE}", user)
    pages = [
        f"/people?text={user}",
        f"/people/falcon/{user}",
        f"/groups?text={group}",
        f"/groups/falcon/{group}",
        f"/activity?text={group}",
        "/activity?text=%22%3E%3Cscript%3Ealert(1)&since=&target=%22%3E%3Cscript%3E",
        "/people/falcon/%3Cscript%3E",
    ]

    for path in pages:
        text = scene.browser.get(path).text
        assert "<script" not in text, path
    assert "&lt;script&gt;alert(1)" in scene.text(f"/groups/falcon/{group}")
