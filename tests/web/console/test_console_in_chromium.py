"""The pages in a real browser: at both widths, by keyboard, in the dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from scimbridge.directory import schema
from scimbridge.web.console import forms
from tests.conftest import World
from tests.web.console.chromium import EXECUTABLE, open_chromium
from tests.web.console.conftest import COOKIE, OPERATOR, PASSWORD

pytestmark = pytest.mark.skipif(
    not EXECUTABLE, reason="there is no chromium here; `apt-get install chromium` brings it"
)
LONG = "a-very-long-name-without-any-blank-" * 3


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def root(consoled: World) -> str:
    return consoled.scim.base_url.removesuffix("/falcon/scim/v2")


@pytest.fixture(scope="module")
def paths(consoled: World) -> list[str]:
    role = [{"value": "falconhost_read_only"}]
    user = consoled.scim.create_user(f"{LONG}@example.com", roles=role)["id"]
    group = consoled.scim.create_group(f"Choir {LONG}", user)
    with consoled.bridge.directory.read() as connection:
        entries = list(connection.execute(select(schema.passes.c.operation_pk)).scalars())
    return [
        *("/", "/activity", "/people", "/groups", "/guard", "/tokens"),
        f"/activity/{entries[-1]}",
        f"/people/falcon/{user}",
        f"/groups/falcon/{group}",
        "/no-such-page",
    ]


@pytest.fixture
def page(chromium: Browser, root: str, signed_in: str) -> Iterator[Page]:
    """A page of the operator's, who has signed in."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": COOKIE, "value": signed_in, "url": f"{root}/console"}])
    yield context.new_page()
    context.close()


def test_an_operator_signs_in_and_out(chromium: Browser, root: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{root}/console/activity")
    page.get_by_label("Name").fill(OPERATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview").wait_for()

    page.get_by_role("button", name="Sign out").click()

    page.get_by_role("heading", name="Sign in").wait_for()
    context.close()


def test_no_page_is_wider_than_the_screen(page: Page, root: str, paths: list[str]) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    for path in paths:
        page.goto(f"{root}/console{path}", wait_until="domcontentloaded")
        for width in (400, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path

    assert [text for text in said if "404" not in text] == []


def test_activity_is_filtered_by_its_form(page: Page, root: str, consoled: World) -> None:
    consoled.scim.create_user("filtered@example.com")
    consoled.scim.create_group("Of filtered@example.com")
    page.goto(f"{root}/console/activity")

    page.get_by_label("Person or group").fill("filtered@")
    page.get_by_label("Which").select_option("people")
    page.get_by_label("Outcome").select_option("done")
    page.get_by_role("button", name="Filter").click()

    assert page.locator("tbody tr").count() == 1
    assert page.get_by_label("Person or group").input_value() == "filtered@"


def test_an_entry_is_opened_and_the_list_is_left_by_keyboard(
    page: Page, root: str, monkeypatch: pytest.MonkeyPatch, paths: list[str]
) -> None:
    monkeypatch.setattr(forms, "A_PAGE", 1)
    assert paths
    page.goto(f"{root}/console/activity?kind=User")
    first = page.locator("tbody a").first.get_attribute("href")

    page.get_by_role("link", name="Older").press("Enter")
    page.get_by_role("link", name="Newest").wait_for()
    assert page.locator("tbody a").first.get_attribute("href") != first
    page.get_by_role("link", name="create user").press("Enter")

    page.get_by_role("heading", name="Calls to the vendor").wait_for()
    assert page.get_by_role("row", name="POST /user-management/entities/users/v1").count() == 1


def test_everything_is_reached_by_keyboard_and_its_focus_is_seen(page: Page, root: str) -> None:
    page.goto(f"{root}/console/activity")
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => {
                const at = document.activeElement, style = getComputedStyle(at);
                const label = at.labels && at.labels.length ? at.labels[0] : at;
                return [label.textContent.trim().split("\\n")[0], style.outlineStyle];
            }"""
        )
        assert outline == "solid", name
        reached.append(name)

    assert reached[0] == "Skip to the content"
    assert reached[1:9] == [
        *("scimbridge", "Overview", "Activity", "People", "Groups", "Guard", "Tokens", "Sign out")
    ]
    assert reached[9:13] == ["Person or group", "Which", "Target", "Outcome"]


def test_the_pages_are_dark_where_the_system_is(page: Page, root: str) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{root}/console/")
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert grounds == ["rgb(244, 246, 248)", "rgb(15, 20, 25)"]
