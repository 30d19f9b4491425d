"""Values that a write takes from the vendor's own records count towards the removal budget."""

from __future__ import annotations

import pytest

from scimbridge.errors import Forbidden
from tests.provisioning.conftest import CALLER
from tests.provisioning.records.conftest import EVERYTHING, Opened


def test_values_taken_from_a_record_count_like_accounts(opened: Opened) -> None:
    shelves = opened(EVERYTHING, removal_budget_accounts=2, removal_budget_percent=0.0)
    books = [{"value": name} for name in "abc"]
    shelf = shelves.post(name="Maps", books=books)

    shelves.patch(shelf, {"op": "remove", "path": 'books[value eq "c"]'})
    with pytest.raises(Forbidden, match=f"take 2 values from the Shelf {shelf} .* 1 of the 2"):
        shelves.put(shelf, name="Maps")
    with pytest.raises(Forbidden, match=r"paused until an operator decides: .* take 2 values from"):
        shelves.patch(shelf, {"op": "remove", "path": 'books[value eq "b"]'})

    assert shelves.vendor.shelves[shelf]["books"] == books[:2]
    assert shelves.lines()[-2:] == [("patch wanted", shelf), ("patch done", shelf)]


def test_a_record_that_is_deleted_counts_with_all_that_it_holds(opened: Opened) -> None:
    shelves = opened(EVERYTHING, removal_budget_accounts=3, removal_budget_percent=0.0)
    full = shelves.post(name="Novels", open=True, tags=["a"])
    shelves.endpoint.delete(shelves.post(name="Maps"), CALLER, None)

    with pytest.raises(Forbidden, match=r"take 3 values .* 1 of the 3"):
        shelves.endpoint.delete(full, CALLER, None)

    assert list(shelves.vendor.shelves) == [full]


def test_a_record_that_is_switched_off_counts_and_another_text_does_not(opened: Opened) -> None:
    shelves = opened(EVERYTHING, removal_budget_accounts=0, removal_budget_percent=0.0)
    shelf = shelves.post(name="Maps", open=True, height=3, tags=["a"])

    shelves.patch(
        shelf,
        {"op": "replace", "value": {"name": "Atlases", "height": 2}},
        {"op": "add", "path": "tags", "value": ["b"]},
    )
    with pytest.raises(Forbidden, match="take 1 value from"):
        shelves.patch(shelf, {"op": "replace", "path": "open", "value": False})


def test_where_removals_are_not_bounded_records_are_not_counted(opened: Opened) -> None:
    shelves = opened(EVERYTHING, removal_budget=False)
    shelf = shelves.post(name="Maps", tags=["a"])

    shelves.endpoint.delete(shelf, CALLER, None)

    assert shelves.bench.provider.pauses.standing().used == 0
