"""Collections that come in pages and change while they are read."""

from __future__ import annotations

from typing import Any

import pytest

from scimbridge.config import Secret
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.errors import (
    VendorDenied,
    VendorUnavailable,
)

USERS = "/api/3/users"


def client(wiring: Wiring, **changes: Any) -> InsightVMClient:
    keys: dict[str, Any] = {
        "base_url": "https://console.test:3780",
        "username": "bridge",
        "password": Secret("pä:ss"),
        **changes,
    }
    return InsightVMClient(InsightVMSettings(**keys), wiring)


def page(number: int, pages: int, *ids: int, total: int | None = None) -> dict[str, Any]:
    """One page of a collection."""
    return {
        "resources": [{"id": each} for each in ids],
        "page": {"number": number, "size": 500, "totalPages": pages, "totalResources": total},
    }


def refusal(status: int, message: str = "No.") -> dict[str, Any]:
    return {"status": str(status), "message": message, "links": []}


def ids(wiring: Wiring) -> list[int]:
    return [row["id"] for row in client(wiring).pages(USERS)]


def test_pages_are_counted(wiring: Wiring, script: Any, says: Any) -> None:
    pages = [page(0, 3, 1, 2), page(1, 3, 3, 4), page(2, 3, 5)]
    script.on("GET", USERS, *(says(200, each) for each in pages))

    assert ids(wiring) == [1, 2, 3, 4, 5]
    asked = [dict(each.query) for each in script.asked]
    assert asked == [{"page": str(number), "size": "500"} for number in range(3)]


def test_an_empty_collection_has_no_pages(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(200, page(0, 0)))

    assert ids(wiring) == []
    assert len(script.asked) == 1


def test_a_row_on_two_pages_is_given_once_and_all_is_read_again(
    wiring: Wiring, script: Any, says: Any
) -> None:
    pages = [page(0, 2, 1, 2), page(1, 2, 2, 4), page(0, 2, 1, 2), page(1, 2, 3, 4)]
    script.on("GET", USERS, *(says(200, each) for each in pages))

    assert ids(wiring) == [1, 2, 4, 3]


def test_a_total_that_moved_means_that_all_is_read_again(
    wiring: Wiring, script: Any, says: Any
) -> None:
    pages = [
        page(0, 2, 1, 2, total=4),
        page(1, 2, 4, total=3),
        page(0, 2, 2, 3, total=3),
        page(1, 2, 4, total=3),
    ]
    script.on("GET", USERS, *(says(200, each) for each in pages))

    assert ids(wiring) == [1, 2, 4, 3]


def test_a_page_that_is_gone_means_that_all_is_read_again(
    wiring: Wiring, script: Any, says: Any
) -> None:
    gone = says(404, refusal(404))
    first, again = says(200, page(0, 2, 1, 2)), says(200, page(0, 1, 1, 3))
    script.on("GET", USERS, first, gone, again)

    assert ids(wiring) == [1, 2, 3]


def test_a_collection_that_never_settles_is_given_up_aloud(
    wiring: Wiring, script: Any, says: Any, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [page(number, 2, 1, number + 2) for _ in range(3) for number in range(2)]
    script.on("GET", USERS, *(says(200, each) for each in pages))

    assert ids(wiring) == [1, 2, 3]
    assert "changes faster than it is read" in caplog.text
    assert len(script.asked) == 6


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resources": []},
        {"resources": None, "page": {"number": 0, "totalPages": 1}},
        {"resources": [], "page": {"number": 1, "totalPages": 1}},
        {"resources": [], "page": {"number": 0}},
        {"resources": [{}], "page": {"number": 0, "totalPages": 1}},
        {"resources": ["x"], "page": {"number": 0, "totalPages": 1}},
    ],
)
def test_an_answer_that_is_not_the_page_is_no_empty_list(
    wiring: Wiring, script: Any, says: Any, body: Any
) -> None:
    script.on("GET", USERS, says(200, body))

    with pytest.raises(VendorUnavailable):
        ids(wiring)


def test_a_hidden_collection_is_no_empty_list(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(404, refusal(404)))

    with pytest.raises(VendorDenied):
        ids(wiring)
