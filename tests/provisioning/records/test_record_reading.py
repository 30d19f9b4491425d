"""Further resource types: the vendor's own records, shown, searched and listed."""

from __future__ import annotations

import pytest

from scimbridge.connectors.interface import RecordPage
from scimbridge.errors import (
    InvalidValue,
    NotFound,
    ScimError,
    ServerFault,
    TemporarilyUnavailable,
    VendorDenied,
)
from scimbridge.provisioning.query import Query
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filters import parse_filter
from scimbridge.scim.listing import Page
from scimbridge.scim.projection import parse_projection
from tests.provisioning.conftest import DOWN, found, parsed
from tests.provisioning.records.conftest import BOOK, SHELF, Shelves


def test_a_record_is_shown_with_the_vendors_id_and_a_version_of_its_content(
    three: Shelves,
) -> None:
    shown = three.get("s1")

    assert shown["schemas"] == ["urn:test:Shelf"]
    assert (shown["id"], shown["name"]) == ("s1", "Maps")
    assert shown["meta"]["resourceType"] == "Shelf"
    assert shown["meta"]["location"] == "https://b/Shelves/s1"
    three.vendor.shelves["s1"]["height"] = 9
    assert three.get("s1")["meta"]["version"] != shown["meta"]["version"]


def test_what_the_vendor_tells_of_a_records_age_is_shown(three: Shelves) -> None:
    three.vendor.shelves["s1"]["meta"] = {"created": "2026-01-01T00:00:00Z"}

    meta = three.get("s1")["meta"]

    assert meta["created"] == "2026-01-01T00:00:00Z"
    assert meta["resourceType"] == "Shelf"


def test_an_id_that_names_nothing_is_not_found(three: Shelves) -> None:
    with pytest.raises(NotFound, match="no Shelf s9"):
        three.get("s9")


def test_records_are_filtered_sorted_and_paged_here_if_the_vendor_does_not(three: Shelves) -> None:
    assert three.names("height gt 1") == ["atlases", "Novels"]
    assert three.names(sort_by="name") == ["atlases", "Maps", "Novels"]
    page = three.find("height ge 1", sort_by="height", sort_order="descending", start=2, count=1)
    assert (page.total, [each["name"] for each in page.resources]) == (3, ["atlases"])


def test_a_page_of_the_vendor_is_taken_as_it_is(three: Shelves) -> None:
    three.vendor.page = RecordPage([{"id": "x", "name": "Maps"}], total=7)

    page = three.find('name sw "M"', sort_by="name", sort_order="descending", start=3, count=1)

    assert (page.total, [each["id"] for each in page.resources]) == (7, ["x"])
    (asked,) = three.vendor.pages
    assert (asked.sort_by, asked.descending, asked.offset, asked.count) == ("name", True, 2, 1)
    assert asked.where == parse_filter('name sw "M"', SHELF)
    assert "records" not in three.vendor.calls


@pytest.mark.parametrize(
    "page",
    [
        RecordPage([{"id": "x", "name": "Atlases"}], total=1),
        RecordPage([{"id": "x", "name": "Maps"}], total=2),
        RecordPage([{"id": "x", "name": "Maps"}, {"id": "y", "name": "Maps"}], total=1),
    ],
    ids=["one that does not match", "too short", "too long"],
)
def test_a_page_of_the_vendor_that_cannot_be_right_is_not_believed(
    three: Shelves, page: RecordPage
) -> None:
    three.vendor.page = page

    assert three.names('name sw "M"') == ["Maps"]


def test_what_cannot_be_sorted_by_is_refused_before_the_vendor_is_asked(three: Shelves) -> None:
    with pytest.raises(InvalidValue, match="sortBy"):
        three.find(sort_by="light")

    assert three.vendor.pages == []


def test_a_clients_own_identifier_is_no_attribute_of_a_record() -> None:
    assert SHELF.find("externalId") is None
    assert BOOK.find("id") is not None


@pytest.mark.parametrize(
    ("error", "answer"),
    [(DOWN, TemporarilyUnavailable), (VendorDenied("no scope"), ServerFault)],
)
def test_a_vendor_that_does_not_answer_a_read_keeps_nothing_of_it(
    three: Shelves, error: Exception, answer: type[ScimError]
) -> None:
    with three.bench.failing("read_record", error), pytest.raises(answer, match="is not kept"):
        three.get("s1")
    with three.bench.failing("records", error), pytest.raises(answer, match="send it again"):
        three.find()


# --- nested types ----------------------------------------------------------------------------


def test_what_belongs_to_a_record_is_found_below_it(shelves: Shelves) -> None:
    shelf = shelves.post(name="Maps", books=[{"value": "a"}, {"value": "b"}])
    nested = shelves.bench.provider.nested["Shelves", "books"].of(shelf)
    everything = parse_projection(None, None, BOOK)

    query = Query(Page(1, 10), parse_filter('title co "b"', BOOK), "title", "descending")
    listed = found(nested.search(query, everything, "https://b"))
    one = parsed(nested.get("b", everything, "https://b"))

    assert [each["id"] for each in listed.resources] == ["b", "a"]
    assert one["meta"]["location"] == f"https://b/Shelves/{shelf}/books/b"
    assert one["meta"]["resourceType"] == "Book"
    with pytest.raises(NotFound, match="no Book c"):
        nested.get("c", everything, "https://b")


def test_what_would_belong_to_nothing_is_not_found(shelves: Shelves) -> None:
    nested = shelves.bench.provider.nested["Shelves", "books"].of("s9")
    everything = parse_projection(None, None, BOOK)

    with pytest.raises(NotFound, match="there is no /Shelves/s9"):
        nested.search(Query(Page(1, 10)), everything, "https://b")
    with pytest.raises(NotFound, match="there is no /Shelves/s9"):
        nested.get("a", everything, "https://b")


def test_a_nested_type_is_no_endpoint_of_its_own(shelves: Shelves) -> None:
    assert "books" not in str(shelves.bench.provider.endpoints.keys())
    kinds: list[ResourceType] = [
        each.resource_type for each in shelves.bench.provider.endpoints.values()
    ]
    assert BOOK not in kinds
