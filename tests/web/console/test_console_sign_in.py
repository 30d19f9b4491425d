"""Who is let in to the operator's pages, how long, and what their browser is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import World
from tests.web.console.conftest import OPERATOR, PASSWORD, Browser, open_console

PAGES = ["", "/", "/no-such-page"]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_sign_in(stranger: Browser, path: str) -> None:
    answer = stranger.get(path)

    assert (answer.status_code, answer.location) == (303, "/console/sign-in")


def test_the_right_password_lets_in(stranger: Browser) -> None:
    answer = stranger.sign_in()

    assert (answer.status_code, answer.location) == (303, "/console/")
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize(("name", "password"), [(OPERATOR, "wrong"), ("eve", ""), ("", PASSWORD)])
def test_any_other_password_does_not(stranger: Browser, name: str, password: str) -> None:
    answer = stranger.sign_in(name, password)

    assert answer.status_code == 403
    assert "do not belong together" in answer.text
    assert stranger.get("/").status_code == 303


def test_a_token_of_an_idp_opens_no_page(consoled: World, stranger: Browser) -> None:
    answer = stranger.client.get(
        "/console/", headers={"Authorization": f"Bearer {consoled.scim.token}"}
    )

    assert answer.status_code == 303


def test_whoever_has_signed_in_is_not_asked_again(browser: Browser) -> None:
    assert browser.get("/sign-in").location == "/console/"


def test_signing_out_takes_the_session_away(browser: Browser) -> None:
    browser.post("/sign-out", seen_on="/")

    assert browser.get("/").status_code == 303


def test_a_session_ends(tmp_path: Path) -> None:
    with open_console(tmp_path) as world:
        browser = Browser(world.bridge.app.test_client())
        browser.sign_in()
        world.clock.advance(28_799)
        assert browser.get("/").status_code == 200

        world.clock.advance(2)

        assert browser.get("/").status_code == 303


def test_a_session_of_somebody_whose_password_changed_is_over(tmp_path: Path) -> None:
    with open_console(tmp_path) as world:
        before = Browser(world.bridge.app.test_client())
        before.sign_in()
        cookie = before.cookie
    (tmp_path / "again").mkdir()
    with open_console(tmp_path / "again", hashed=f"scrypt:1024:8:1$other${'0' * 128}") as world:
        after = Browser(world.bridge.app.test_client())
        after.cookie = cookie

        assert after.get("/").status_code == 303


@pytest.mark.parametrize(
    "forge",
    [
        lambda cookie: cookie.replace("ada:", "eve:"),
        lambda cookie: cookie.replace("ada:", ":"),
        lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        lambda cookie: cookie.rpartition(":")[0],
        lambda cookie: cookie.replace("ada:", "ada:9"),
        lambda cookie: cookie.replace("ada:", "ada:\u00b2"),
        lambda cookie: cookie + "\u20ac",
    ],
)
def test_a_cookie_that_was_changed_is_no_session(
    browser: Browser, forge: Callable[[str], str]
) -> None:
    browser.cookie = forge(browser.cookie)

    assert browser.get("/").status_code == 303


def test_the_cookie_is_for_these_pages_and_for_no_script(stranger: Browser) -> None:
    cookie = stranger.sign_in().headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/console" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_and_the_links_follow_the_public_url(tmp_path: Path) -> None:
    with open_console(tmp_path, bridge='public_url = "https://example.com/bridge"') as world:
        client = world.bridge.app.test_client()
        answer = client.get("/console/sign-in")

    cookie = answer.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "Path=/bridge/console" in cookie
    assert 'href="/bridge/console/console.css"' in answer.text


def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    answers = [
        browser.client.post("/console/sign-out"),
        browser.client.post("/console/sign-out", data={"form_token": "0" * 64}),
        browser.client.post("/console/sign-out", data={"form_token": "\u20ac"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert "load the page again" in answers[0].text
    assert browser.get("/").status_code == 200


def test_a_form_to_sign_in_is_good_for_the_browser_that_got_it_alone(consoled: World) -> None:
    mine, theirs = (Browser(consoled.bridge.app.test_client()) for _ in range(2))
    theirs.get("/sign-in")
    form_token = mine.form_token("/sign-in")

    answer = theirs.client.post(
        "/console/sign-in",
        data={"form_token": form_token, "name": OPERATOR, "password": PASSWORD},
    )

    assert answer.status_code == 403
    assert theirs.get("/").status_code == 303


def test_attempts_of_one_address_are_slowed_down(tmp_path: Path) -> None:
    with open_console(tmp_path) as world:
        world.clock.stop()
        stranger = Browser(world.bridge.app.test_client())
        assert [stranger.sign_in(OPERATOR, "guess").status_code for _ in range(10)] == [403] * 10

        refused = stranger.sign_in()
        world.clock.advance(30)
        let_in = stranger.sign_in()

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    assert "Try again in 30 s" in refused.text
    assert let_in.status_code == 303


def test_attempts_with_one_name_are_slowed_down_wherever_they_come_from(tmp_path: Path) -> None:
    with open_console(tmp_path) as world:
        world.clock.stop()
        attempts = world.bridge.app.extensions["scimbridge"].console.attempts_of_name
        assert [attempts.count(OPERATOR) for _ in range(100)] == [0] * 100

        refused = Browser(world.bridge.app.test_client()).sign_in()
        world.clock.advance(10)
        let_in = Browser(world.bridge.app.test_client()).sign_in()

    assert (refused.status_code, let_in.status_code) == (429, 303)


def test_the_pages_are_reached_from_allowed_networks_alone(tmp_path: Path) -> None:
    with open_console(tmp_path, console='allowed_networks = ["10.0.0.0/8"]') as world:
        client = world.bridge.app.test_client()

        outside = client.get("/console/sign-in")
        inside = client.get("/console/sign-in", environ_base={"REMOTE_ADDR": "10.1.2.3"})

    assert (outside.status_code, inside.status_code) == (403, 200)
    assert "allowed_networks" in outside.text


def test_a_page_runs_no_script_and_loads_nothing_from_elsewhere(browser: Browser) -> None:
    headers = browser.get("/").headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_no_page_says_so(browser: Browser) -> None:
    answer = browser.get("/no-such-page")

    assert answer.status_code == 404
    assert "There is no page /console/no-such-page." in answer.text


def test_without_a_console_there_are_no_pages(world: World) -> None:
    answer = world.bridge.app.test_client().get("/console/sign-in")

    assert answer.status_code == 404
    assert answer.content_type == "application/scim+json"
