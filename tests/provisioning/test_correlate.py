"""Which names are the same, and which id belongs to what."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from precis_i18n import get_profile

from scimbridge.provisioning.correlate import derived_id, group_key, random_id, user_key
from scimbridge.scim.matching import comparison_key

NAMES = st.text(min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane@Example.COM", "jane@example.com"),
        ("o'brien@example.com", "O'BRIEN@example.com"),
        ("CORP\\bob", "corp\\BOB"),
        ("jos\u00e9@example.com", "jose\u0301@example.com"),
        ("\uff4a\uff41\uff4e\uff45@example.com", "jane@example.com"),
        ("\u212aelvin@example.com", "kelvin@example.com"),
        ("Jane Doe", "jane doe"),
        ("\ufb01nn doe", "finn doe"),
    ],
    ids=["case", "apostrophe", "domain", "composed", "fullwidth", "kelvin", "spaces", "ligature"],
)
def test_these_name_the_same_user(one: str, other: str) -> None:
    assert user_key(one) == user_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stra\u00dfe@example.com", "strasse@example.com"),
        ("jane@example.com", "j\u0430ne@example.com"),
        ("jane+a@example.com", "jane@example.com"),
        ("jane@example.com ", "jane@example.com"),
    ],
    ids=["sharp-s", "cyrillic", "tag", "space"],
)
def test_these_name_different_users(one: str, other: str) -> None:
    assert user_key(one) != user_key(other)


@given(NAMES)
def test_a_key_is_the_key_of_itself(name: str) -> None:
    assert user_key(user_key(name)) == user_key(name)
    assert group_key(group_key(name)) == group_key(name)


@given(st.text(st.characters(max_codepoint=127), max_size=30))
def test_the_short_way_for_ascii_gives_what_the_profile_gives(name: str) -> None:
    try:
        prepared = get_profile("UsernameCaseMapped").enforce(name)
    except UnicodeEncodeError:
        prepared = name.casefold()

    assert user_key(name) == prepared


@given(NAMES)
def test_names_that_a_filter_takes_for_equal_are_looked_up_by_the_same_key(name: str) -> None:
    for key in (user_key, group_key):
        assert key(comparison_key(name, case_exact=False)) == key(name)


@given(st.from_regex(r"[a-zA-Z0-9._%+'-]{1,20}@[a-zA-Z0-9-]{1,20}\.(com|org)", fullmatch=True))
def test_the_case_of_an_address_never_matters(address: str) -> None:
    assert user_key(address.upper()) == user_key(address.lower()) == user_key(address)


@given(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_ids_differ_exactly_if_what_they_are_derived_from_does(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    ids = {derived_id("t", "User", f"{a}-{b}") for a, b in (one, other)}

    assert len(ids) == len({"-".join(one), "-".join(other)})


def test_the_id_of_an_account_never_changes_between_releases() -> None:
    assert derived_id("falcon", "User", "n1") == "592f89eb-114e-5a04-98fd-fad86cc0d748"


def test_an_id_depends_on_target_and_type() -> None:
    ids = {derived_id(t, k, "n1") for t in ("a", "b") for k in ("User", "Group")}

    assert len(ids) == 4


def test_what_has_no_native_id_gets_an_id_of_its_own() -> None:
    assert uuid.UUID(random_id()).version == 4
    assert random_id() != random_id()
