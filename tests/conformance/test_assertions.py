from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.assertions import DEMANDS, broken_demands, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WANTED: dict[str, Any] = {
    "equals": 1,
    "ignoring_case": "x",
    "not": 1,
    "one_of": [1, None],
    "present": True,
    "absent": True,
    "empty": True,
    "type": "string",
    "length": 1,
    "contains": "x",
    "at_most_once": True,
    "lacks": "x",
    "matches": "x",
    "at_least": 1,
    "at_most": 1,
}


@pytest.mark.parametrize(
    ("document", "demand", "holds"),
    [
        ({"a": 1}, 1, True),
        ({"a": "1"}, 1, False),
        ({"a": True}, 1, False),
        ({"a": 1}, True, False),
        ({"a": False}, 0, False),
        ({"a": 1.0}, 1, True),
        ({}, None, False),
        ({"a": "NoRa"}, {"ignoring_case": "nora"}, True),
        ({"a": 5}, {"ignoring_case": "5"}, False),
        ({"a": 2}, {"not": 1}, True),
        ({}, {"not": 1}, False),
        ({}, {"one_of": [False, None]}, True),
        ({"a": 0}, {"one_of": [False, None]}, False),
        ({"a": ""}, {"present": True}, False),
        ({"a": 0}, {"present": True}, True),
        ({"a": None}, {"absent": True}, False),
        ({}, {"absent": True}, True),
        ({"a": 1}, {"absent": False}, True),
        ({"a": {"b": None}}, {"empty": True}, True),
        ({"a": [None]}, {"empty": True}, False),
        ({"a": True}, {"type": "integer"}, False),
        ({"a": 1.5}, {"type": "number"}, True),
        ({"a": {}}, {"type": "object"}, True),
        ({}, {"type": "string"}, False),
        ({}, {"length": 0}, True),
        ({"a": None}, {"length": 0}, True),
        ({"a": 7}, {"length": 0}, False),
        ({"a": [1]}, {"length": 1}, True),
        ({"a": ["x"]}, {"contains": "x"}, True),
        ({"a": "axb"}, {"contains": "x"}, True),
        ({"a": "axb"}, {"contains": 1}, False),
        ({}, {"contains": "x"}, False),
        ({}, {"lacks": "x"}, True),
        ({"a": [1]}, {"lacks": True}, True),
        ({"a": [True, False, True]}, {"at_most_once": True}, False),
        ({"a": [True, 1]}, {"at_most_once": True}, True),
        ({}, {"at_most_once": True}, True),
        ({"a": "2026-01"}, {"matches": r"^\d{4}"}, True),
        ({"a": 2026}, {"matches": r"^\d{4}"}, False),
        ({"a": 3}, {"at_least": 3, "at_most": 3}, True),
        ({"a": "3"}, {"at_least": 3}, False),
        ({"a": True}, {"at_most": 3}, False),
    ],
)
def test_a_demand_holds_or_is_broken(document: Any, demand: Any, holds: bool) -> None:
    assert (not list(broken_demands(document, {"a": demand}))) is holds


def test_every_broken_demand_is_worded_with_what_was_found() -> None:
    document = {"a": [1], "b": "x"}
    demands = {"a": {"length": 2, "contains": 3}, "b": "y", "c": {"present": True}}

    assert list(broken_demands(document, demands)) == [
        "a: expected length 2, got [1]",
        "a: expected contains 3, got [1]",
        'b: expected "y", got "x"',
        "c: expected present, got nothing",
    ]


def test_a_value_is_cut_where_it_is_shown() -> None:
    assert shown("x" * 50, limit=10) == '"xxxxxxxxx ...'


def test_every_demand_is_exercised_against_unforeseen_values() -> None:
    assert WANTED.keys() == DEMANDS.keys()


@given(JSON, st.sampled_from(sorted(WANTED)))
def test_no_body_whatever_makes_a_demand_raise(document: Any, name: str) -> None:
    list(broken_demands(document, {"a": {name: WANTED[name]}, "a[0].b": {name: WANTED[name]}}))


@given(JSON)
def test_a_literal_accepts_itself(value: Any) -> None:
    assert not list(broken_demands({"a": value}, {"a": {"equals": value}}))
