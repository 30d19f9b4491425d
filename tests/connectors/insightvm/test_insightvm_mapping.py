"""The console's users in the bridge's words and back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.connectors.insightvm.mapping import (
    Edit,
    Source,
    edited,
    to_account,
    to_edit,
    user_role,
)
from scimbridge.connectors.insightvm.role_rules import Role, to_role
from scimbridge.connectors.interface import Account
from scimbridge.connectors.registry import VENDORS
from scimbridge.scim.attributes import parse_schema

SCHEMA = VENDORS["insightvm"].schemas["User"]

USER_ROLE = Role("user", "User", "", frozenset({"create-reports"}))
TAGGER = Role("Tagger", "Tagger", "", frozenset({"manage-tags"}))
GLOBAL = Role("global-admin", "Global Administrator", "", frozenset({"all-permissions"}))

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)
roles = st.sampled_from([USER_ROLE, TAGGER, GLOBAL])
sources = st.sampled_from([Source("normal", 2), Source("admin", 1), Source("saml", 7, "SSO")])
edits = st.builds(
    Edit,
    login=texts.filter(bool),
    name=texts.filter(bool),
    email=texts,
    enabled=st.booleans(),
    locale=st.sampled_from(["", "en-US"]),
    report_locale=st.sampled_from(["", "en-GB"]),
    source=sources,
    role_id=st.sampled_from(["user", "Tagger", "global-admin"]),
    all_sites=st.booleans(),
    all_asset_groups=st.booleans(),
    superuser=st.booleans(),
)


@given(edits)
def test_what_is_sent_reads_back_as_the_same(edit: Edit) -> None:
    shown = to_edit({"id": 3, "locked": False, **edit.body()})

    assert edit.shown_by(shown)


@given(edits, edits)
def test_what_reads_back_otherwise_is_noticed(edit: Edit, other: Edit) -> None:
    fields = {each.name for each in dataclasses.fields(Edit)} - {
        "source",
        "locale",
        "report_locale",
    }
    same = all(getattr(edit, name) == getattr(other, name) for name in fields)
    same_source = edit.source.type == other.source.type

    if not same or not same_source:
        assert not edit.shown_by(other)


@given(edits, roles, roles)
def test_a_move_to_a_role_obeys_it_and_leaves_the_rest(edit: Edit, old: Role, new: Role) -> None:
    moved = edit.moved(old, new)

    assert moved.role_id == new.id
    assert moved.superuser is (new.id == "global-admin")
    assert moved.all_sites >= new.all_sites
    assert moved.all_asset_groups >= new.all_asset_groups
    assert not moved.all_sites or new.all_sites or (edit.all_sites and not old.all_sites)
    assert moved.source.local is edit.source.local
    if edit.source.local:
        assert moved.source.type == ("admin" if new.superuser else "normal")
    for name in ("login", "name", "email", "enabled", "locale", "report_locale"):
        assert getattr(moved, name) == getattr(edit, name)


@given(edits, roles)
def test_a_move_that_is_undone_gives_no_more_than_there_was(edit: Edit, new: Role) -> None:
    back = edit.moved(USER_ROLE, new).moved(new, USER_ROLE)

    assert back.all_sites <= edit.all_sites
    assert back.all_asset_groups <= edit.all_asset_groups


@given(edits, st.frozensets(st.sampled_from(["user_name", "display_name", "email"])))
def test_only_changed_fields_are_edited(edit: Edit, changed: frozenset[str]) -> None:
    account = Account(user_name="new", display_name="New", email="New@example.com")

    result = edited(edit, account, changed, USER_ROLE)

    assert result.login == ("new" if "user_name" in changed else edit.login)
    assert result.name == ("New" if "display_name" in changed else edit.name)
    assert result.email == ("New@example.com" if "email" in changed else edit.email)


def test_a_body_never_holds_what_can_only_be_read() -> None:
    user = {
        "id": 3,
        "login": "ada",
        "name": "Ada",
        "locked": True,
        "links": [],
        "role": {"id": "user", "name": "User", "privileges": ["create-reports"]},
        "authentication": {"id": 2, "type": "normal", "name": "Builtin Users", "external": False},
        "locale": {"default": "en-US", "reports": "en-US", "links": []},
    }

    assert to_edit(user).body() == {
        "login": "ada",
        "name": "Ada",
        "enabled": True,
        "role": {"id": "user", "allSites": False, "allAssetGroups": False, "superuser": False},
        "authentication": {"type": "normal", "id": 2},
        "locale": {"default": "en-US", "reports": "en-US"},
    }


def test_an_account_shows_what_the_console_does() -> None:
    user = {
        "id": 3,
        "login": "Ada",
        "name": "Ada L.",
        "email": "Ada@Example.com",
        "enabled": False,
        "locked": True,
        "role": {"id": "user", "allSites": True, "privileges": ["create-reports"]},
        "authentication": {"id": 7, "type": "saml", "name": "SSO"},
        "locale": {"default": "en-US"},
    }

    assert to_account(user) == Account(
        native_id="3",
        user_name="Ada",
        display_name="Ada L.",
        email="Ada@Example.com",
        active=False,
        attributes={
            "locked": True,
            "authenticationSource": "SSO",
            "locale": "en-US",
            "allSites": True,
        },
    )


@pytest.mark.parametrize(
    "user",
    [
        {"id": 3, "login": "ada"},
        {"id": 3, "login": "ada", "role": None, "authentication": None, "locale": None},
        {"id": 3, "login": "ada", "email": None, "name": None, "role": {}, "authentication": {}},
    ],
)
def test_a_sparse_record_is_an_account_too(user: dict[str, Any]) -> None:
    assert to_account(user) == Account(
        native_id="3",
        user_name="ada",
        attributes={"locked": False},
    )


@pytest.mark.parametrize(
    ("privileges", "forced"),
    [
        (["all-permissions"], (True, True)),
        (["manage-sites"], (True, False)),
        (["manage-tags"], (True, False)),
        (["manage-dynamic-asset-groups"], (False, True)),
        (["manage-static-asset-groups", "create-reports"], (False, False)),
        ([], (False, False)),
    ],
)
def test_what_a_role_forces(privileges: list[str], forced: tuple[bool, bool]) -> None:
    assert to_role({"id": "Ops", "privileges": privileges}).forced == forced


def test_the_one_superuser_role_forces_all_even_if_its_privileges_do_not_show() -> None:
    assert user_role({"role": {"id": "global-admin"}}).forced == (True, True)


def test_the_extension_s_schema_names_what_an_account_shows_and_takes() -> None:
    schema = parse_schema(json.loads(SCHEMA.read_text()))
    user = {
        "id": 3,
        "login": "ada",
        "authentication": {"name": "SSO"},
        "locale": {"default": "en"},
        "role": {"id": "user", "allSites": True, "allAssetGroups": True},
    }

    attributes = {each.name: each for each in schema.attributes}

    assert set(attributes) - {"twoFactorKey"} == set(to_account(user).attributes)
    assert attributes["twoFactorKey"].returned == "never"


@pytest.mark.parametrize("name", ["User", {"key": "role.user", "defaultValue": "User"}])
def test_the_name_of_a_role_may_be_an_object(name: Any) -> None:
    assert to_role({"id": "user", "name": name}).name == "User"
