from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.paths import MISSING, PathSyntaxError, find, parse_path

USER = {
    "userName": "nora",
    "name": {"givenName": "Nora", "middleName": None},
    "emails": [{"type": "work", "value": "w"}, {"type": "Home", "value": "h"}, "odd"],
    "urn:x:2.0:User": {"department": "Lab"},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", USER),
        ("userName", "nora"),
        ("name.givenName", "Nora"),
        ("name.middleName", None),
        ("name.familyName", MISSING),
        ("userName.first", MISSING),
        ("emails[0].value", "w"),
        ("emails[9]", MISSING),
        ("name[0]", MISSING),
        ("emails[type=work].value", "w"),
        ("emails[type=home].value", "h"),
        ("emails[type=fax].value", MISSING),
        ("emails[*].value", ["w", "h"]),
        ("name[*].value", MISSING),
        ("'urn:x:2.0:User'.department", "Lab"),
        ("urn:x:2.0:User", MISSING),
    ],
)
def test_an_address_leads_to_its_value(path: str, expected: Any) -> None:
    assert find(USER, path) == expected


@pytest.mark.parametrize("path", [".a", "a..b", "a[", "a[]", "a]", "'a", "a[b", "a.'"])
def test_a_malformed_address_is_refused_with_its_place(path: str) -> None:
    with pytest.raises(PathSyntaxError, match="stopped at character"):
        parse_path(path)


KEYS = st.text(st.characters(exclude_characters="'"), min_size=1)


@given(st.lists(KEYS, min_size=1, max_size=5), st.integers())
def test_a_quoted_address_reaches_any_key_however_odd(keys: list[str], leaf: int) -> None:
    document: Any = leaf
    for key in reversed(keys):
        document = {key: document}

    assert find(document, ".".join(f"'{key}'" for key in keys)) == leaf


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.integers()), max_size=6))
def test_every_element_that_has_the_key_is_collected_in_order(rows: list[dict[str, int]]) -> None:
    assert find({"rows": rows}, "rows[*].a") == [row["a"] for row in rows if "a" in row]
