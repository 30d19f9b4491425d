"""All pages, groups, guard and tokens, over a bridge in front of a simulated Falcon."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimbridge.directory import audit, tokens
from tests.web.console.conftest import Browser, Scene, open_console

HOSTILE = "<script>alert(1)</script>\"'&"
ALL_PAGES = ["/", "/activity", "/people", "/groups", "/groups?nothing=1", "/guard", "/tokens"]


@pytest.mark.parametrize("path", ALL_PAGES[1:])
def test_a_stranger_sees_no_page(stranger: Browser, path: str) -> None:
    assert stranger.get(path).status_code == 303


@pytest.mark.parametrize("path", ALL_PAGES)
def test_a_page_marks_its_place_in_the_navigation(scene: Scene, path: str) -> None:
    text = scene.text(path)

    assert text.count('aria-current="page"') == 1
    assert text.count("<main") == text.count("<h1") == 1


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
