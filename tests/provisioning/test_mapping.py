"""Between a User document and an account."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.connectors.interface import Account
from scimbridge.provisioning.mapping import (
    display_of,
    from_account,
    primary_email,
    take_secrets,
    to_account,
)
from scimbridge.scim import urns
from scimbridge.scim.attributes import user_type

URN = "urn:example:User"
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
    lambda text: text == text.strip()
)


def account(**document: Any) -> Account:
    return to_account({"userName": "jane", **document}, extension=URN)


def test_what_a_document_does_not_say_is_empty_and_the_person_active() -> None:
    assert account() == Account("jane")


@pytest.mark.parametrize(
    ("document", "display"),
    [
        ({"displayName": "JD", "name": {"formatted": "Jane Doe"}}, "JD"),
        ({"name": {"formatted": "Dr. Jane Doe", "givenName": "Jane"}}, "Dr. Jane Doe"),
        ({"name": {"givenName": "Jane", "familyName": "Doe"}}, "Jane Doe"),
        ({"name": {"familyName": "Doe"}}, "Doe"),
        ({"displayName": None, "name": None}, ""),
    ],
    ids=["display", "formatted", "parts", "family", "nothing"],
)
def test_the_display_name_is_the_best_there_is(document: dict[str, Any], display: str) -> None:
    assert account(**document).display_name == display


@pytest.mark.parametrize(
    ("emails", "address"),
    [
        (None, ""),
        ([], ""),
        ([{"type": "work"}], ""),
        ([{"value": "a@x"}, {"value": "b@x"}], "a@x"),
        ([{"value": "a@x"}, {"value": "b@x", "primary": True}], "b@x"),
        ([{"primary": True}, {"value": "b@x"}], "b@x"),
    ],
    ids=["none", "empty", "valueless", "first", "primary", "valueless-primary"],
)
def test_the_address_is_the_primary_one_else_the_first(emails: Any, address: str) -> None:
    assert primary_email({"emails": emails}) == address


@pytest.mark.parametrize(("active", "expected"), [(True, True), (None, True), (False, False)])
def test_only_an_outspoken_false_makes_inactive(active: bool | None, expected: bool) -> None:
    assert account(active=active).active is expected


def test_the_vendors_own_attributes_are_those_of_its_extension() -> None:
    document = {"userName": "jane", URN: {"status": "x"}}

    assert to_account(document, extension=URN).attributes == {"status": "x"}
    assert to_account(document, extension=None).attributes == {}


def test_secrets_are_taken_out_of_the_document_and_go_with_the_account() -> None:
    public = {"schemas": [urns.USER], "userName": "jane"}

    document, secrets = take_secrets({**public, "password": "p"}, user_type())

    assert document == public
    assert to_account(document, extension=None, secrets=secrets).secrets == {"password": "p"}


@given(TEXT, TEXT | st.just(""), TEXT | st.just(""), TEXT | st.just(""), st.booleans())
def test_an_account_shown_as_a_document_is_the_same_account(
    login: str, given_name: str, family_name: str, email: str, active: bool
) -> None:
    before = Account(
        login,
        given_name=given_name,
        family_name=family_name,
        display_name=f"{given_name} {family_name}".strip(),
        email=email,
        active=active,
        attributes={"status": login},
    )

    document = from_account(before, extension=URN)

    assert to_account(document, extension=URN) == before
    assert document["schemas"] == [urns.USER, URN]


def test_an_account_without_any_attribute_has_a_document_without_any() -> None:
    assert from_account(Account("jane"), extension=URN) == {
        "schemas": [urns.USER],
        "userName": "jane",
        "active": True,
    }


@pytest.mark.parametrize(
    ("document", "display"),
    [
        ({"displayName": "JD", "userName": "jane"}, "JD"),
        ({"displayName": "", "userName": "jane"}, "jane"),
        ({}, ""),
    ],
    ids=["display", "login", "nothing"],
)
def test_others_call_a_resource_by_its_display_name(document: dict[str, Any], display: str) -> None:
    assert display_of(document) == display
