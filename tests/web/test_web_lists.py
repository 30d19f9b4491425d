"""Lists: paging by index and by cursor, sorting, and searches by POST."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Scim, World, open_world
from tests.web.conftest import dump

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
TITLES = ["delta", "Alpha", None, "charlie", "Bravo", None, "echo"]
"""Of seven users, in the order of their creation."""


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    limits = "page_size = 3\nmax_page_size = 5"
    with open_world(tmp_path_factory.mktemp("lists"), bridge=limits) as world:
        for number, title in enumerate(TITLES):
            attributes = {} if title is None else {"title": title}
            world.scim.create_user(f"u{number}@example.com", **attributes)
        world.scim.create_group("SEC Listed")
        yield world


@pytest.fixture(autouse=True)
def _nothing_is_written(seven: World) -> Iterator[None]:
    before = dump(seven)
    seven.vendor.forget_calls()
    yield
    assert dump(seven) == before
    assert seven.vendor.calls() == []


def listed(world: World, query: str) -> dict[str, Any]:
    answer = world.scim("GET", f"/Users?{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body["schemas"] == [LIST]
    assert body["itemsPerPage"] == len(body["Resources"])
    return body


def names(body: dict[str, Any]) -> list[str]:
    return [user["userName"].partition("@")[0] for user in body["Resources"]]


ALL = [f"u{number}" for number in range(7)]
FILTERS = ["", '&filter=userName sw "u"']
unfiltered_and_filtered = pytest.mark.parametrize("where", FILTERS, ids=["all", "filtered"])


# --- by index ------------------------------------------------------------------------------


@unfiltered_and_filtered
def test_pages_by_index_give_everybody_once_in_the_order_of_creation(
    seven: World, where: str
) -> None:
    pages = [listed(seven, f"startIndex={start}&count=3{where}") for start in (1, 4, 7)]

    assert [name for page in pages for name in names(page)] == ALL
    assert [page["startIndex"] for page in pages] == [1, 4, 7]
    assert [page["totalResults"] for page in pages] == [7, 7, 7]


@unfiltered_and_filtered
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL[:3]),
        ("count=0", []),
        ("count=-1", []),
        ("count=1000000", ALL[:5]),
        ("startIndex=0", ALL[:3]),
        ("startIndex=-7&count=2", ALL[:2]),
        ("startIndex=7", ALL[6:]),
        ("startIndex=8", []),
        ("startIndex=99999999999999999999", []),
        ("nonsense=1&aadOptscim062020", ALL[:3]),
    ],
)
def test_a_page_out_of_bounds_is_brought_within(
    seven: World, query: str, expected: list[str], where: str
) -> None:
    body = listed(seven, query + where)

    assert names(body) == expected
    assert body["totalResults"] == 7


@pytest.mark.parametrize("query", ["count=x", "startIndex=1.5", "count=", "startIndex=%00"])
def test_what_is_no_whole_number_is_invalid(seven: World, query: str) -> None:
    answer = seven.scim("GET", f"/Users?{query}")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


# --- sorted --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sortBy=title", ["u1", "u4", "u3", "u0", "u6"]),
        ("sortBy=TITLE&sortOrder=ascending", ["u1", "u4", "u3", "u0", "u6"]),
        ("sortBy=title&sortOrder=descending", ["u2", "u5", "u6", "u0", "u3"]),
        ("sortBy=userName&sortOrder=Descending", ["u6", "u5", "u4", "u3", "u2"]),
        ("sortBy=meta.created&sortOrder=descending", ["u6", "u5", "u4", "u3", "u2"]),
        ("sortBy=title&startIndex=4", ["u0", "u6", "u2", "u5"]),
        ("sortBy=title&attributes=userName", ["u1", "u4", "u3", "u0", "u6"]),
    ],
)
def test_a_list_is_sorted_by_the_rules_of_the_attribute(
    seven: World, query: str, expected: list[str]
) -> None:
    assert names(listed(seven, f"count=5&{query}")) == expected


@pytest.mark.parametrize(
    "query",
    [
        "sortBy=shoeSize",
        "sortBy=name",
        "sortBy=password",
        "sortBy=title&sortOrder=up",
        "sortBy=%00",
    ],
)
def test_what_cannot_be_sorted_by_is_invalid(seven: World, query: str) -> None:
    answer = seven.scim("GET", f"/Users?{query}")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


# --- by cursor (RFC 9865) ------------------------------------------------------------------


def walk(world: World, query: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = listed(world, f"cursor={cursor}&{query}")
        yield page
        cursor = page.get("nextCursor")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("count=3", [ALL[:3], ALL[3:6], ALL[6:]]),
        ("", [ALL[:3], ALL[3:6], ALL[6:]]),
        ("count=5", [ALL[:5], ALL[5:]]),
        ("sortBy=userName&sortOrder=descending&count=4", [ALL[:2:-1], ALL[2::-1]]),
        ('filter=userName eq "u3@example.com"', [["u3"]]),
        ('filter=title eq "nobody"', [[]]),
        ("count=0", [[]]),
    ],
)
def test_cursors_lead_through_all_pages_and_end(
    seven: World, query: str, expected: list[list[str]]
) -> None:
    pages = list(walk(seven, query))

    assert [names(page) for page in pages] == expected
    assert "startIndex" not in pages[0]
    assert all(page["totalResults"] == pages[0]["totalResults"] for page in pages)


def test_the_previous_cursor_leads_back_and_the_first_page_has_none(seven: World) -> None:
    first, second, third = walk(seven, "count=3")

    back = listed(seven, f"cursor={third['previousCursor']}&count=3")

    assert names(back) == names(second)
    assert names(listed(seven, f"cursor={back['previousCursor']}&count=3")) == names(first)
    assert "previousCursor" not in first


def test_the_size_of_a_page_may_change_on_the_way(seven: World) -> None:
    first = listed(seven, "cursor=&count=2")

    assert names(listed(seven, f"cursor={first['nextCursor']}&count=4")) == ALL[2:6]


@pytest.mark.parametrize("path", ["/Groups?", "/Users?sortBy=title&", "/Users?attributes=title&"])
def test_a_cursor_works_for_its_own_query_alone(seven: World, path: str) -> None:
    cursor = listed(seven, "cursor=")["nextCursor"]

    answer = seven.scim("GET", f"{path}cursor={cursor}")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidCursor")


def flipped(cursor: str) -> str:
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-1] ^= 1
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("cursor", ["x", "AAAA", "*", "é", "1", "%00", "A" * 3000])
def test_a_cursor_that_was_not_issued_is_invalid(seven: World, cursor: str) -> None:
    answer = seven.scim("GET", f"/Users?cursor={cursor}")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidCursor")


def test_a_cursor_that_was_tampered_with_is_invalid(seven: World) -> None:
    cursor = listed(seven, "cursor=")["nextCursor"]

    answer = seven.scim("GET", f"/Users?cursor={flipped(cursor)}")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidCursor")


def test_a_cursor_is_good_for_as_long_as_is_advertised(seven: World) -> None:
    advertised = seven.scim("GET", "/ServiceProviderConfig").json()["pagination"]["cursorTimeout"]
    cursor = listed(seven, "cursor=")["nextCursor"]

    seven.clock.advance(advertised - 5)
    assert names(listed(seven, f"cursor={cursor}")) == ALL[3:6]
    seven.clock.advance(10)
    answer = seven.scim("GET", f"/Users?cursor={cursor}")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "expiredCursor")


def test_a_count_above_the_maximum_is_refused_with_a_cursor(seven: World) -> None:
    answer = seven.scim("GET", "/Users?cursor=&count=6")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidCount")


# --- by POST -------------------------------------------------------------------------------


def search(world: World, path: str, **query: Any) -> dict[str, Any]:
    answer = world.scim("POST", path, {"schemas": [SEARCH], **query})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ({}, ""),
        ({"startIndex": 3, "count": 2}, "startIndex=3&count=2"),
        ({"filter": 'title co "a"'}, 'filter=title co "a"'),
        ({"sortBy": "title", "sortOrder": "descending"}, "sortBy=title&sortOrder=descending"),
        ({"attributes": ["userName", "title"]}, "attributes=userName,title"),
        ({"excludedAttributes": ["meta"]}, "excludedAttributes=meta"),
    ],
)
def test_a_search_of_one_type_finds_what_a_get_finds(
    seven: World, query: dict[str, Any], parameters: str
) -> None:
    assert search(seven, "/Users/.search", **query) == listed(seven, parameters)


def test_a_search_may_go_by_cursor(seven: World) -> None:
    first = search(seven, "/Users/.search", cursor="", count=5)
    second = search(seven, "/Users/.search", cursor=first["nextCursor"], count=5)

    assert names(first) + names(second) == ALL


def test_a_search_at_the_root_finds_all_types_one_after_the_other(seven: World) -> None:
    pages = [search(seven, "/.search", startIndex=start, count=5) for start in (1, 6)]

    found = [each for page in pages for each in page["Resources"]]
    assert [each["meta"]["resourceType"] for each in found] == ["User"] * 7 + ["Group"]
    assert [page["totalResults"] for page in pages] == [8, 8]


@pytest.mark.parametrize(
    ("filter", "total"),
    [
        ('displayName eq "SEC Listed"', 1),
        ('userName eq "u1@example.com"', 1),
        ('meta.resourceType eq "Group"', 1),
        ("id pr", 8),
    ],
)
def test_an_attribute_that_a_type_does_not_have_finds_nothing_of_it(
    seven: World, filter: str, total: int
) -> None:
    assert search(seven, "/.search", filter=filter)["totalResults"] == total


def test_an_attribute_that_no_type_has_is_an_error(seven: World) -> None:
    body = {"schemas": [SEARCH], "filter": 'shoeSize eq "44"'}

    answer = seven.scim("POST", "/.search", body)

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


def test_a_cursor_at_the_root_is_refused_and_says_what_to_do(seven: World) -> None:
    answer = seven.scim("POST", "/.search", {"schemas": [SEARCH], "cursor": ""})

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
    assert "search one resource type" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {"startIndex": "1"},
        {"count": 1.5},
        {"filter": 7},
        {"attributes": "userName"},
        {"sortBy": ["title"]},
    ],
)
def test_a_search_of_wrong_types_is_invalid_syntax(seven: World, query: dict[str, Any]) -> None:
    answer = seven.scim("POST", "/Users/.search", {"schemas": [SEARCH], **query})

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")


def test_roles_are_found_at_the_root_by_okta_alone(shared: World) -> None:
    everybody = search(shared, "/.search", count=1000)["totalResults"]
    okta = Scim(shared.scim.base_url, shared.scim.token, {"User-Agent": "Okta SCIM Client 1.0.0"})

    body = okta("POST", "/.search", {"schemas": [SEARCH], "count": 1000}).json()

    assert body["totalResults"] > everybody
    assert {each["meta"]["resourceType"] for each in body["Resources"]} >= {"Role", "Entitlement"}
