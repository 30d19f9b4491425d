"""What memberships and attributes entitle a person to."""

from __future__ import annotations

from typing import Any

import pytest

from scimbridge.connectors.interface import Entitlement
from scimbridge.directory import grants
from scimbridge.errors import Forbidden
from scimbridge.provisioning.correlate import user_key
from scimbridge.provisioning.entitlements import (
    GroupMapping,
    attribute_entitlements,
    entitlement_id,
    parse_entitlement,
)
from scimbridge.provisioning.guard import Guard
from scimbridge.provisioning.plan import Grant, Revoke, SetActive, Step

ADMIN, SITE = Entitlement("role", "admin"), Entitlement("site", "1:a")
CATALOGUE = {("role", "admin"): 0, ("site", "1:a"): 0, ("group", "admin"): 0}


def test_an_entitlement_is_written_as_kind_and_native_id_which_may_hold_colons() -> None:
    assert parse_entitlement("site:1:a") == SITE
    assert parse_entitlement(str(SITE)) == SITE


@pytest.mark.parametrize(
    ("name", "native_id", "granted"),
    [
        ("admins", None, {ADMIN}),
        ("ADMINS", None, {ADMIN}),
        ("Others", None, set()),
        ("Others", "site:1:a", {SITE}),
        ("Admins", "site:1:a", {ADMIN, SITE}),
    ],
    ids=["mapped", "case", "unmapped", "own", "both"],
)
def test_a_group_grants_what_its_name_stands_for_and_what_it_is(
    name: str, native_id: str | None, granted: set[Entitlement]
) -> None:
    assert GroupMapping({"Admins": ["role:admin"]}).granted_by(name, native_id) == granted


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({}, set()),
        ({"roles": None, "entitlements": []}, set()),
        ({"roles": [{"display": "no value"}]}, set()),
        ({"roles": [{"value": "Engineer"}]}, set()),
        ({"roles": [{"value": "{oops"}]}, set()),
        ({"roles": [{"value": '{"display": "A", "value": "role:admin"}'}]}, {("role", "admin")}),
        ({"roles": [{"value": '{"display": "A"}'}]}, set()),
        ({"roles": [{"value": "role:admin"}]}, {("role", "admin")}),
        ({"roles": [{"value": "admin"}]}, {("role", "admin"), ("group", "admin")}),
        (
            {"entitlements": [{"value": entitlement_id("t", "site", "1:a")}]},
            {("site", "1:a")},
        ),
        ({"entitlements": [{"value": entitlement_id("u", "site", "1:a")}]}, set()),
    ],
    ids=[
        "none",
        "empty",
        "valueless",
        "unknown",
        "broken",
        "document",
        "nameless",
        "full",
        "bare",
        "scim-id",
        "other",
    ],
)
def test_attributes_name_what_the_vendor_has(
    document: dict[str, Any], named: set[tuple[str, str]]
) -> None:
    found = attribute_entitlements(document, CATALOGUE, {}, target="t")

    assert found == {Entitlement(*key) for key in named}


@pytest.mark.parametrize(
    ("state", "named"),
    [
        (grants.HELD, {ADMIN}),
        (grants.ASSERTED, {ADMIN}),
        (grants.REVOKED, set()),
        (grants.SUSPENDED, set()),
    ],
)
def test_attributes_name_what_the_bridge_gave_although_the_catalogue_lacks_it(
    state: str, named: set[Entitlement]
) -> None:
    document = {"roles": [{"value": "admin"}]}
    recorded = {("role", "admin"): state, ("site", "1:a"): grants.HELD}

    assert attribute_entitlements(document, {}, recorded, target="t") == named


GUARD = Guard("t", frozenset({user_key("Break@Glass.example")}), frozenset({ADMIN}))


def test_a_protected_account_is_not_touched_in_any_spelling() -> None:
    with pytest.raises(Forbidden, match="protected_accounts"):
        GUARD.check_account("break@glass.EXAMPLE")
    with pytest.raises(Forbidden, match="protected_accounts"):
        GUARD.check_steps("break@glass.example", [SetActive("n1", active=True)])


@pytest.mark.parametrize(
    ("step", "verb"), [(Grant("n1", ADMIN), "grant"), (Revoke("n1", ADMIN), "revoke")]
)
def test_a_protected_entitlement_is_neither_given_nor_taken(step: Step, verb: str) -> None:
    with pytest.raises(Forbidden, match=f"{verb} role:admin.*protected_entitlements"):
        GUARD.check_steps("jane", [Grant("n1", SITE), step])


def test_nothing_else_is_stopped() -> None:
    GUARD.check_account("jane")
    GUARD.check_steps("break@glass.example", [])
    GUARD.check_steps("jane", [Grant("n1", SITE), Revoke("n1", SITE), SetActive("n1", active=True)])
