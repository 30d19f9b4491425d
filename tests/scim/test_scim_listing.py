"""Paging by index, sorting, and cursors."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim_generators import USER, documents

from scimbridge.errors import ExpiredCursor, InvalidCursor, InvalidValue
from scimbridge.scim import urns
from scimbridge.scim.cursors import seal, unseal
from scimbridge.scim.listing import Page, parse_page, sort_resources

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("start_index", "count", "page"),
    [
        (None, None, Page(1, 100)),
        ("3", "10", Page(3, 10)),
        (3, 10, Page(3, 10)),
        ("0", "0", Page(1, 0)),
        ("-5", "-5", Page(1, 0)),
        ("1", "1000000", Page(1, 200)),
        ("9" * 30, "9" * 30, Page(2**31 - 1, 200)),
    ],
)
def test_a_page_is_read_as_the_rfc_says(start_index: Any, count: Any, page: Page) -> None:
    assert parse_page(start_index, count, default=100, maximum=200) == page
    assert page.offset == page.start_index - 1


@pytest.mark.parametrize("text", ["abc", "", "1.5", "0x10", "\uff19", "9" * 5_000])
def test_a_count_that_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"startIndex .* is not a whole number"):
        parse_page(text, None, default=1, maximum=1)
    with pytest.raises(InvalidValue, match=r"count .* is not a whole number"):
        parse_page(None, text, default=1, maximum=1)


def order(sort_by: str, direction: str | None, *resources: dict[str, Any]) -> list[str]:
    return [r["id"] for r in sort_resources(resources, sort_by, direction, USER)]


def test_resources_are_sorted_by_the_rules_of_the_attribute() -> None:
    a, b, none = {"id": "1", "userName": "B"}, {"id": "2", "userName": "a"}, {"id": "3"}

    assert order("userName", None, a, b, none) == ["2", "1", "3"]
    assert order("USERNAME", "Descending", a, b, none) == ["3", "1", "2"]
    assert order("userName", "ascending", none, b, a) == ["2", "1", "3"]
    exact = [
        {"id": "1", "externalId": "b"},
        {"id": "2", "externalId": "A"},
        {"id": "3", "externalId": "B"},
    ]
    assert order("externalId", None, *exact) == ["2", "3", "1"]


def test_of_several_values_the_primary_or_the_first_is_sorted_by() -> None:
    first = {"id": "1", "emails": [{"value": "b"}, {"value": "a"}]}
    primary = {"id": "2", "emails": [{"value": "z"}, {"value": "a", "primary": True}]}
    nameless = {"id": "3", "emails": [{"type": "work"}]}
    empty = {"id": "4", "emails": []}

    assert order("emails", None, nameless, empty, first, primary) == ["2", "1", "3", "4"]
    assert order("emails.value", None, first, primary) == ["2", "1"]
    assert order("emails.type", None, first, nameless) == ["3", "1"]


def test_extensions_instants_and_arrays_can_be_sorted_by() -> None:
    later = {
        "id": "1",
        "meta": {"created": "2011-05-13T04:42:34Z"},
        urns.ENTERPRISE_USER: {"department": "b"},
    }
    earlier = {
        "id": "2",
        "meta": {"created": "2011-05-13T05:42:34+02:00"},
        urns.ENTERPRISE_USER: {"department": "a"},
    }

    assert order("meta.created", None, later, earlier) == ["2", "1"]
    assert order(f"{urns.ENTERPRISE_USER}:department", None, later, earlier, {"id": "3"}) == [
        "2",
        "1",
        "3",
    ]
    assert order(
        "schemas", None, {"id": "1", "schemas": ["urn:b"]}, {"id": "2", "schemas": ["urn:a"]}
    ) == ["2", "1"]


def test_equal_resources_keep_their_order_in_both_directions() -> None:
    twins = [{"id": "1", "title": "x"}, {"id": "2", "title": "X"}, {"id": "3", "title": "x"}]

    assert (
        order("title", "ascending", *twins)
        == order("title", "descending", *twins)
        == ["1", "2", "3"]
    )


@pytest.mark.parametrize(
    ("sort_by", "direction", "reason"),
    [
        ("shoeSize", None, "sortBy: User has no attribute 'shoeSize'"),
        ("name", None, "is complex"),
        ("password", None, "cannot be used"),
        (urns.USER, None, "cannot be used"),
        ("userName", "sideways", "neither ascending nor descending"),
    ],
)
def test_what_cannot_be_sorted_by_is_refused(sort_by: str, direction: Any, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        sort_resources([], sort_by, direction, USER)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(documents(USER), max_size=5),
    st.sampled_from(["userName", "title", "name.familyName", "emails", "active", "manager", "addresses.locality"]),
)  # fmt: skip
def test_sorting_loses_nothing_and_descending_mirrors_ascending(
    resources: list[dict[str, Any]], sort_by: str
) -> None:
    up = sort_resources(resources, sort_by, None, USER)
    down = sort_resources(up[::-1], sort_by, "descending", USER)

    assert sorted(map(id, up)) == sorted(map(id, resources))
    assert sort_resources(up, sort_by, None, USER) == up
    assert sort_resources(down[::-1], sort_by, None, USER) == down[::-1]


def test_a_cursor_gives_back_what_was_sealed_for_the_same_query() -> None:
    payload = {"after": ["é", 7], "total": 3}

    cursor = seal(payload, KEY, query="/Users?filter=x", now=1_000.9)

    assert unseal(cursor, KEY, query="/Users?filter=x", now=1_600, max_age=600) == payload
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_a_cursor_that_is_too_old_has_expired() -> None:
    cursor = seal({}, KEY, query="q", now=1_000)

    with pytest.raises(ExpiredCursor, match="older than 600 seconds"):
        unseal(cursor, KEY, query="q", now=1_601, max_age=600)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_cursor_that_was_touched_is_invalid(data: st.DataObject) -> None:
    cursor = seal({"after": 1}, KEY, query="q", now=1_000)
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters().filter(lambda c: c != cursor[place]))
    changed = cursor[:place] + other + cursor[place + 1 :]
    if _decoded(changed) == _decoded(cursor):
        return  # the last character carries bits that stand for nothing

    with pytest.raises(InvalidCursor):
        unseal(changed, KEY, query="q", now=1_000, max_age=600)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None


@pytest.mark.parametrize("text", ["", "A", "!!!!", "AAAA", "é", "A" * 200])
def test_what_is_no_cursor_is_invalid(text: str) -> None:
    with pytest.raises(InvalidCursor):
        unseal(text, KEY, query="q", now=1_000, max_age=600)


def test_a_cursor_of_another_query_or_key_is_invalid() -> None:
    cursor = seal({}, KEY, query="q", now=1_000)

    for key, query in ((KEY, "p"), (b"other", "q")):
        with pytest.raises(InvalidCursor, match="not issued for this query"):
            unseal(cursor, key, query=query, now=1_000, max_age=600)
