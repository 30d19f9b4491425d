"""Pages of a list while it changes: each is a window on the list as it is at that moment."""

from __future__ import annotations

import pytest

from scimbridge.provisioning import paging
from scimbridge.provisioning.paging import PageStarts
from scimbridge.provisioning.query import Query
from scimbridge.scim.attributes import user_type
from scimbridge.scim.listing import Page
from scimbridge.scim.projection import parse_projection
from tests.provisioning.conftest import CALLER, Bench, found

WHOLE = Page(1, 1000)


def names(bench: Bench, page: Page) -> list[str]:
    projection = parse_projection("userName", None, user_type())
    listing = bench.reader.search(user_type(), Query(page), projection, "https://b")
    return [each["userName"] for each in found(listing).resources]


def test_pages_are_windows_on_the_list_whoever_comes_and_goes_between_them(bench: Bench) -> None:
    users = [bench.post_user(f"{number}@example.com") for number in range(7)]

    def every_page() -> list[list[str]]:
        return [names(bench, Page(start, 2)) for start in range(1, 10)]

    def windows() -> list[list[str]]:
        everybody = names(bench, WHOLE)
        return [everybody[start - 1 : start + 1] for start in range(1, 10)]

    assert every_page() == windows()
    assert every_page() == windows()
    bench.users.delete(users[1], CALLER)
    assert every_page() == windows()
    bench.post_user("new@example.com")
    assert every_page() == windows()
    assert len(names(bench, WHOLE)) == 7


def test_what_a_reader_saw_of_an_older_list_is_not_taken_for_the_newer() -> None:
    starts = PageStarts()

    starts.note("User", 2, 100, 7)
    starts.note("User", 1, 100, 6)

    assert starts.before("User", 2, 100) == (100, 7)
    assert starts.before("User", 1, 100) == (0, 0)
    assert starts.before("Group", 2, 100) == (0, 0)


def test_a_page_is_walked_to_from_the_last_start_before_it() -> None:
    starts = PageStarts()

    for offset in (300, 100, 200, 100):
        starts.note("User", 1, offset, 10 * offset)

    assert starts.before("User", 1, 99) == (0, 0)
    assert starts.before("User", 1, 250) == (200, 2000)
    assert starts.before("User", 1, 9_999) == (300, 3000)


def test_what_is_known_of_a_list_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_MOST", 3)
    starts = PageStarts()

    for offset in (1, 2, 3):
        starts.note("User", 1, offset, 10 * offset)

    assert [starts.before("User", 1, offset) for offset in (1, 2, 3)] == [(0, 0), (0, 0), (3, 30)]
