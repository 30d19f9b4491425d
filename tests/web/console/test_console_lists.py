"""Lists that are longer than a page."""

from __future__ import annotations

import html
import re

import pytest

from scimbridge.web.console import forms
from tests.web.console.conftest import Scene


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists whose pages hold two rows."""
    monkeypatch.setattr(forms, "A_PAGE", 2)


def leaf(text: str, words: str) -> str:
    """Where a link to another page of a list leads, without the prefix."""
    found = re.search(rf'href="/console([^"]+)">{words}</a>', text)
    return html.unescape(found[1]) if found else ""


@pytest.fixture(scope="package")
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
