"""PATCH of what is immutable, required or read-only, as an extension may have it."""

from __future__ import annotations

from typing import Any

import pytest
from patching import op, patched

from scimbridge.errors import InvalidValue, Mutability, NoTarget
from scimbridge.scim import urns
from scimbridge.scim.attributes import parse_schema, user_type

VENDOR = parse_schema(
    {
        "id": "urn:example:Vendor",
        "name": "Vendor",
        "attributes": [
            {"name": "origin", "type": "string", "mutability": "immutable"},
            {"name": "status", "type": "string", "mutability": "readOnly"},
            {"name": "tags", "type": "string", "multiValued": True, "required": True},
            {
                "name": "seat",
                "type": "complex",
                "subAttributes": [
                    {"name": "floor", "type": "integer", "required": True},
                    {"name": "desk", "type": "string", "mutability": "immutable"},
                ],
            },
        ],
    }
)
VENDOR_USER = user_type(VENDOR)
V = VENDOR.id


def on_vendor(*operations: Any, **container: Any) -> Any:
    before = {"schemas": [urns.USER, V], "userName": "babs", V: container}
    return patched(before, *operations, resource_type=VENDOR_USER).get(V)


def test_an_immutable_attribute_is_set_once() -> None:
    assert on_vendor(op("add", f"{V}:origin", value="a"), tags=["t"])["origin"] == "a"
    assert on_vendor(op("replace", f"{V}:origin", value="a"), origin="a") == {"origin": "a"}
    for change in (op("replace", f"{V}:origin", value="b"), op("remove", f"{V}:origin")):
        with pytest.raises(Mutability, match="origin is immutable"):
            on_vendor(change, origin="a")


def test_an_immutable_sub_attribute_is_set_once() -> None:
    desk = f"{V}:seat.desk"

    assert on_vendor(op("add", desk, value="a"), seat={"floor": 1}) == {
        "seat": {"floor": 1, "desk": "a"}
    }
    with pytest.raises(Mutability, match="desk, which is immutable"):
        on_vendor(op("add", desk, value="b"), seat={"floor": 1, "desk": "a"})


def test_a_required_sub_attribute_cannot_be_cleared_or_left_out() -> None:
    with pytest.raises(Mutability, match="floor is required"):
        on_vendor(op("remove", f"{V}:seat.floor"), seat={"floor": 1})
    with pytest.raises(InvalidValue, match=r"seat\.floor is required"):
        on_vendor(op("replace", f"{V}:seat", value={"floor": None}), seat={"floor": 1})


def test_a_required_sub_attribute_may_be_there_already() -> None:
    desk = op("add", f"{V}:seat", value={"desk": "a"})

    assert on_vendor(desk, seat={"floor": 1}) == {"seat": {"floor": 1, "desk": "a"}}
    with pytest.raises(InvalidValue, match="floor is required"):
        on_vendor(desk, origin="x")


def test_a_required_array_cannot_be_emptied() -> None:
    with pytest.raises(Mutability, match="tags is required"):
        on_vendor(op("remove", f'{V}:tags[value eq "a"]'), tags=["a"])


def test_elements_that_are_no_objects_are_added_and_removed_by_value() -> None:
    assert on_vendor(op("add", f"{V}:tags", value=["B", "c"]), tags=["b"]) == {"tags": ["b", "c"]}
    assert on_vendor(op("remove", f"{V}:tags", value=["B"]), tags=["b", "c"]) == {"tags": ["c"]}
    assert on_vendor(op("remove", f'{V}:tags[value sw "b"]'), tags=["b", "c"]) == {"tags": ["c"]}
    assert on_vendor(op("replace", f'{V}:tags[value eq "b"]', value="d"), tags=["b"]) == {
        "tags": ["d"]
    }
    with pytest.raises(NoTarget):
        on_vendor(op("add", f'{V}:tags[value eq "x"]', value="y"), tags=["b"])


def test_removing_an_extension_leaves_its_read_only_attributes() -> None:
    assert on_vendor(op("remove", V), status="locked", seat={"floor": 1}) == {"status": "locked"}
