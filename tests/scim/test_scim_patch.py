"""PATCH, cell by cell: operation, shape of the path, shape of the value, what is there before."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

import copy
from typing import Any

import pytest
from patching import op, patched
from scim_generators import GROUP

from scimbridge.errors import (
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    ScimError,
)
from scimbridge.scim import urns

E = urns.ENTERPRISE_USER
WORK, HOME = {"type": "work", "value": "w@x"}, {"type": "home", "value": "h@x"}
BEFORE: dict[str, Any] = {
    "schemas": [urns.USER, E],
    "id": "1",
    "userName": "babs",
    "name": {"givenName": "Barbara", "familyName": "Jensen"},
    "title": "Guide",
    "active": True,
    "emails": [WORK | {"primary": True}, HOME],
    "addresses": [{"type": "work", "locality": "A"}],
    E: {"department": "Tours", "manager": {"value": "m", "$ref": "../Users/m"}},
    "groups": [{"value": "g"}],
    "meta": {"resourceType": "User"},
}
CORE_ONLY = {"schemas": [urns.USER]}


def changes(*operations: Any) -> dict[str, Any]:
    """The top-level attributes that the operations change, None for those that they unassign."""
    after = patched(BEFORE, *operations)
    names = [*BEFORE, *(name for name in after if name not in BEFORE)]
    return {name: after.get(name) for name in names if after.get(name) != BEFORE.get(name)}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        # add, no path
        (op("add", value={"nickName": "Babs", "title": "x"}), {"nickName": "Babs", "title": "x"}),
        (op("add", value={"emails": [{"value": "n"}]}), {"emails": [*BEFORE["emails"], {"value": "n"}]}),
        (op("add", value={"name": {"middleName": "J"}}), {"name": BEFORE["name"] | {"middleName": "J"}}),
        (op("add", value={E: {"division": "d"}}), {E: BEFORE[E] | {"division": "d"}}),
        (op("add", value={f"{E}:division": "d"}), {E: BEFORE[E] | {"division": "d"}}),
        (op("add", value={"name.middleName": "J"}), {"name": BEFORE["name"] | {"middleName": "J"}}),
        (op("add", value={'emails[type eq "work"].value': "n"}), {"emails": [WORK | {"value": "n", "primary": True}, HOME]}),
        (op("add", value={urns.USER: {"title": "x"}}), {"title": "x"}),
        (op("add", value={"TITLE": "x"}), {"title": "x"}),
        (op("add", value={"department": "d"}), {E: BEFORE[E] | {"department": "d"}}),
        (op("add", value={}), {}),
        # replace, no path
        (op("replace", value={"active": False}), {"active": False}),
        (op("replace", value={"active": "False"}), {"active": False}),
        (op("replace", value={"emails": [{"value": "n"}]}), {"emails": [{"value": "n"}]}),
        (op("replace", value={"id": "1", "title": "x"}), {"title": "x"}),
        (op("replace", value={"groups": [], "meta": {"x": 1}, "title": "x"}), {"title": "x"}),
        (op("replace", value={"schemas": [urns.USER], "title": "x"}), {"title": "x"}),
        (op("replace", value={"shoeSize": 44, "urn:okta:custom:1.0": {"a": 1}, "name.x": 1}), {}),
        (op("replace", value={"displayName": None, "name.givenName": None, f"{E}:department": None}),
         {"name": {"familyName": "Jensen"}, E: {"manager": BEFORE[E]["manager"]}}),
        (op("replace", value={E: None}), {E: None} | CORE_ONLY),
        (op("replace", value={"name": {"givenName": None}}), {"name": {"familyName": "Jensen"}}),
        # simple attribute
        (op("add", "nickName", value="Babs"), {"nickName": "Babs"}),
        (op("add", "title", value="Guide"), {}),
        (op("add", "title", value="x"), {"title": "x"}),
        (op("add", "title", value=None), {"title": None}),
        (op("replace", "title", value="x"), {"title": "x"}),
        (op("replace", "nickName", value="x"), {"nickName": "x"}),
        (op("replace", "title", value=""), {"title": None}),
        (op("replace", "title", value=None), {"title": None}),
        (op("replace", "title", value=44), {"title": "44"}),
        (op("replace", "title", value=["x"]), {"title": "x"}),
        (op("replace", "title", value=[]), {"title": None}),
        (op("replace", f"{urns.USER}:title", value="x"), {"title": "x"}),
        (op("replace", "externalId", value="x"), {"externalId": "x"}),
        (op("remove", "title"), {"title": None}),
        (op("remove", "title", value="ignored"), {"title": None}),
        (op("remove", "nickName"), {}),
        (op("remove", "active"), {"active": None}),
        (op("replace", "timezone", value="WKLQ-RANDOM"), {"timezone": "WKLQ-RANDOM"}),
        # complex attribute
        (op("add", "name", value={"middleName": "J"}), {"name": BEFORE["name"] | {"middleName": "J"}}),
        (op("replace", "name", value={"middleName": "J"}), {"name": BEFORE["name"] | {"middleName": "J"}}),
        (op("replace", "name", value={"givenName": "Barbara"}), {}),
        (op("replace", "name", value={}), {}),
        (op("replace", "name", value=None), {"name": None}),
        (op("replace", "name", value={"givenName": "", "familyName": ""}), {"name": None}),
        (op("remove", "name"), {"name": None}),
        # sub-attribute
        (op("add", "name.middleName", value="J"), {"name": BEFORE["name"] | {"middleName": "J"}}),
        (op("replace", "name.givenName", value="B"), {"name": {"givenName": "B", "familyName": "Jensen"}}),
        (op("replace", "name.givenName", value=""), {"name": {"familyName": "Jensen"}}),
        (op("remove", "name.givenName"), {"name": {"familyName": "Jensen"}}),
        (op("remove", "name.middleName"), {}),
        # multi-valued attribute
        (op("add", "emails", value=[{"value": "n"}]), {"emails": [*BEFORE["emails"], {"value": "n"}]}),
        (op("add", "emails", value={"value": "n"}), {"emails": [*BEFORE["emails"], {"value": "n"}]}),
        (op("add", "emails", value="n"), {"emails": [*BEFORE["emails"], {"value": "n"}]}),
        (op("add", "emails", value=[HOME]), {}),
        (op("add", "emails", value=[HOME | {"value": "H@X", "display": "d"}]),
         {"emails": [BEFORE["emails"][0], HOME | {"value": "H@X", "display": "d"}]}),
        (op("add", "emails", value=[]), {}),
        (op("add", "emails", value=None), {}),
        (op("add", "addresses", value=[{"type": "work", "locality": "A"}]), {}),
        (op("add", "addresses", value=[{"type": "work", "locality": "B"}]),
         {"addresses": [{"type": "work", "locality": "A"}, {"type": "work", "locality": "B"}]}),
        (op("add", "emails", value=[{"value": "n", "primary": True}]),
         {"emails": [WORK | {"primary": False}, HOME, {"value": "n", "primary": True}]}),
        (op("replace", "emails", value=[HOME]), {"emails": [HOME]}),
        (op("replace", "emails", value=[]), {"emails": None}),
        (op("replace", "emails", value=None), {"emails": None}),
        (op("replace", "roles", value=[{"value": '{"id":"1"}', "$ref": None}]), {"roles": [{"value": '{"id":"1"}'}]}),
        (op("remove", "emails"), {"emails": None}),
        (op("remove", "emails", value=None), {"emails": None}),
        (op("remove", "emails", value=[]), {}),
        (op("remove", "emails", value=[{"value": "H@x"}]), {"emails": [BEFORE["emails"][0]]}),
        (op("remove", "emails", value=[{"value": "h@x", "type": "work"}]), {}),
        (op("remove", "emails", value=[{"type": "home"}, {"value": "w@x"}]), {"emails": None}),
        (op("remove", "roles", value=[{"value": "x"}]), {}),
        # sub-attribute of every element
        (op("replace", "emails.display", value="d"), {"emails": [{**e, "display": "d"} for e in BEFORE["emails"]]}),
        (op("remove", "emails.primary"), {"emails": [WORK, HOME]}),
        (op("add", "roles.value", value="x"), {"roles": [{"value": "x"}]}),
        # value path
        (op("add", 'emails[type eq "work"]', value={"primary": None}), {"emails": [WORK, HOME]}),
        (op("replace", 'emails[type eq "home"]', value={"value": "n", "type": None}), {"emails": [BEFORE["emails"][0], {"value": "n"}]}),
        (op("add", 'emails[type eq "home"]', value={"display": "d"}), {"emails": [BEFORE["emails"][0], HOME | {"display": "d"}]}),
        (op("add", 'emails[type eq "other"]', value={"value": "o"}), {"emails": [*BEFORE["emails"], {"type": "other", "value": "o"}]}),
        (op("replace", 'emails[type eq "home"]', value={"value": "n"}), {"emails": [BEFORE["emails"][0], {"value": "n"}]}),
        (op("replace", 'emails[type eq "home"]', value=[{"value": "n"}]), {"emails": [BEFORE["emails"][0], {"value": "n"}]}),
        (op("replace", 'emails[type eq "home"]', value=None), {"emails": [BEFORE["emails"][0]]}),
        (op("remove", 'emails[type eq "home"]'), {"emails": [BEFORE["emails"][0]]}),
        (op("remove", "emails[value pr]"), {"emails": None}),
        (op("remove", 'emails[type eq "other"]'), {}),
        (op("remove", 'roles[value eq "x"]'), {}),
        (op("replace", 'emails[type eq "home"]', value=WORK), {"emails": [WORK | {"primary": True}, WORK]}),
        # value path and sub-attribute
        (op("add", 'emails[type eq "work"].value', value="n"), {"emails": [WORK | {"value": "n", "primary": True}, HOME]}),
        (op("add", 'phoneNumbers[type eq "mobile"].value', value="5"), {"phoneNumbers": [{"type": "mobile", "value": "5"}]}),
        (op("add", 'roles[primary eq "True"].value', value="r"), {"roles": [{"primary": True, "value": "r"}]}),
        (op("add", 'emails[type eq "home"].primary', value=True),
         {"emails": [WORK | {"primary": False}, HOME | {"primary": True}]}),
        (op("add", 'emails[type eq "o" and primary eq true].value', value="n"),
         {"emails": [WORK | {"primary": False}, HOME, {"type": "o", "primary": True, "value": "n"}]}),
        (op("replace", 'emails[type eq "work"].value', value="n"), {"emails": [WORK | {"value": "n", "primary": True}, HOME]}),
        (op("replace", 'ims[type eq "xmpp"].value', value="n"), {"ims": [{"type": "xmpp", "value": "n"}]}),
        (op("replace", 'ims[type eq "xmpp"].value', value=""), {}),
        (op("replace", 'ims[type co "x"].value', value=None), {}),
        (op("replace", 'emails[type eq "work"].value', value=""), {"emails": [{"type": "work", "primary": True}, HOME]}),
        (op("remove", 'emails[type eq "work"].primary'), {"emails": [WORK, HOME]}),
        (op("remove", 'emails[type eq "other"].value'), {}),
        (op("remove", 'addresses[type eq "work"].type'), {"addresses": [{"locality": "A"}]}),
        # extension
        (op("add", E, value={"division": "d"}), {E: BEFORE[E] | {"division": "d"}}),
        (op("replace", E, value={"department": "d", "manager.value": "n"}), {E: {"department": "d", "manager": {"value": "n"}}}),
        (op("replace", E, value=None), {E: None} | CORE_ONLY),
        (op("remove", E), {E: None} | CORE_ONLY),
        (op("replace", f"{E}:department", value="d"), {E: BEFORE[E] | {"department": "d"}}),
        (op("replace", f"{E.upper()}:DEPARTMENT", value="d"), {E: BEFORE[E] | {"department": "d"}}),
        (op("remove", f"{E}:department"), {E: {"manager": BEFORE[E]["manager"]}}),
        # manager
        (op("Add", f"{E}:manager", value="n"), {E: {"department": "Tours", "manager": {"value": "n"}}}),
        (op("Add", "manager", value=[{"$ref": "u/n", "value": "n"}]),
         {E: {"department": "Tours", "manager": {"$ref": "u/n", "value": "n"}}}),
        (op("replace", f"{E}:manager", value={"value": "n"}), {E: {"department": "Tours", "manager": {"value": "n"}}}),
        (op("replace", f"{E}:manager", value={"value": "m", "displayName": "ignored"}), {}),
        (op("replace", f"{E}:manager", value=""), {E: {"department": "Tours"}}),
        (op("replace", f"{E}:manager", value={"value": ""}), {E: {"department": "Tours"}}),
        (op("replace", f"{E}:manager", value=None), {E: {"department": "Tours"}}),
        (op("replace", f"{E}:manager.value", value=""), {E: {"department": "Tours"}}),
        (op("Remove", f"{E}:manager"), {E: {"department": "Tours"}}),
        (op("Add", f"{E}:manager.value", value="n"), {E: {"department": "Tours", "manager": {"value": "n"}}}),
        # write-only
        (op("replace", value={"password": "secret"}), {"password": "secret"}),
        (op("remove", "password"), {}),
    ],
    ids=str,
)  # fmt: skip
def test_an_operation_changes_what_its_cell_says(
    operation: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert changes(operation) == expected


@pytest.mark.parametrize(
    ("operation", "error", "reason"),
    [
        (op("move", "title", value="x"), InvalidSyntax, "op 'move' is none of add, remove, replace"),
        (op("remove"), NoTarget, "remove needs a path"),
        (op("add", value="x"), InvalidValue, "needs an object"),
        (op("replace", "title"), InvalidValue, "replace title needs a value"),
        (op("add", "emails"), InvalidValue, "add emails needs a value"),
        (op("add", "shoeSize", value=44), InvalidPath, "no attribute 'shoeSize'"),
        (op("add", "name.shoe", value=44), InvalidPath, "no sub-attribute 'shoe'"),
        (op("add", "", value="x"), InvalidPath, "'' is not an attribute path"),
        (op("add", urns.USER, value={}), InvalidPath, "names the whole resource"),
        (op("add", "emails[", value="x"), InvalidPath, "not of the form"),
        (op("add", "emails[type]", value="x"), InvalidPath, "cannot be used: unexpected"),
        (op("add", 'emails[type eq "a"].shoe', value="x"), InvalidPath, "no sub-attribute 'shoe'"),
        (op("add", 'emails[type eq "a"] or title[x]', value="x"), InvalidPath, "cannot be used|selects"),
        (op("add", 'name[givenName eq "x"]', value={}), InvalidPath, "no elements to select from"),
        (op("add", '(emails[type eq "a"])', value="x"), InvalidPath, "not of the form"),
        (op("add", 'title pr or emails[type eq "a"]', value="x"), InvalidPath, "selects no elements"),
        (op("add", "x" * 1025, value="x"), InvalidPath, "1025 characters"),
        (op("add", value={'emails[type eq "a"': "x"}), InvalidPath, "not of the form"),
        (op("replace", "active", value="yes"), InvalidValue, "active takes true or false"),
        (op("replace", "name", value="x"), InvalidValue, "name takes an object"),
        (op("replace", "title", value={"a": 1}), InvalidValue, "title takes a string, not an object"),
        (op("replace", "title", value=["a", "b"]), InvalidValue, "one value, not an array"),
        (op("replace", E, value="x"), InvalidValue, "takes an object"),
        (op("replace", E), InvalidValue, "takes an object"),
        (op("add", value={urns.USER: "x"}), InvalidValue, "give its attributes without it"),
        (op("replace", "id", value="1"), Mutability, "id is read-only"),
        (op("replace", value={"id": "2"}), Mutability, "id is read-only"),
        (op("add", "meta.version", value="x"), Mutability, "meta.version is read-only"),
        (op("remove", "groups"), Mutability, "groups is read-only"),
        (op("remove", 'groups[value eq "g"]'), Mutability, "is read-only"),
        (op("replace", f"{E}:manager.displayName", value="x"), Mutability, "is read-only"),
        (op("remove", "userName"), Mutability, "userName is required"),
        (op("remove", "schemas"), Mutability, "schemas is required"),
        (op("replace", "userName", value=None), InvalidValue, "userName is required"),
        (op("replace", value={"userName": ""}), InvalidValue, "userName is required"),
        (op("replace", 'emails[type eq "other"]', value={"value": "x"}), NoTarget, "selects nothing"),
        (op("replace", 'emails[type co "x"].value', value="x"), NoTarget, "selects nothing"),
        (op("replace", 'emails[type eq null].value', value="x"), NoTarget, "selects nothing"),
        (op("add", 'emails[not (value pr)]', value={"value": "x"}), NoTarget, "selects nothing"),
    ],
    ids=str,
)  # fmt: skip
def test_an_operation_that_cannot_be_done_says_why_and_changes_nothing(
    operation: dict[str, Any], error: type[ScimError], reason: str
) -> None:
    before = copy.deepcopy(BEFORE)
    with pytest.raises(error, match=reason):
        patched(BEFORE, op("replace", "title", value="changed"), operation)

    assert before == BEFORE


def test_what_does_not_change_is_shared_with_the_input() -> None:
    after = patched(BEFORE, op("replace", "title", value="x"))

    assert after["emails"] is BEFORE["emails"]
    assert after[E] is BEFORE[E]
    assert patched(BEFORE) == BEFORE


def test_a_patch_that_changes_nothing_gives_an_equal_document_whatever_it_holds() -> None:
    odd = {"schemas": ["urn:example:old"], "id": "1", "userName": "babs", "title": "x"}

    assert patched(odd, op("replace", "title", value="x")) == odd


def test_operations_build_on_each_other() -> None:
    path = 'addresses[type eq "home"]'

    after = patched(
        BEFORE,
        op("add", f"{path}.country", value="NO"),
        op("add", f"{path}.locality", value="Oslo"),
        op("remove", 'addresses[type eq "work"]'),
    )

    assert after["addresses"] == [{"type": "home", "country": "NO", "locality": "Oslo"}]


def test_an_extension_appears_in_schemas_while_it_has_attributes() -> None:
    plain = {"schemas": [urns.USER], "id": "1", "userName": "babs"}

    extended = patched(plain, op("add", f"{E}:department", value="d"))

    assert extended["schemas"] == [urns.USER, E]
    assert patched(extended, op("remove", f"{E}:department")) == plain


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        (op("add", "members", value=[{"value": "c", "type": "User"}]), ["a", "b", "c"]),
        (op("add", "members", value=[{"value": "a", "display": "other"}]), ["a", "b"]),
        (op("Remove", "members", value=[{"$ref": None, "value": "a"}]), ["b"]),
        (op("remove", "members", value=[{"value": "A"}]), ["a", "b"]),
        (op("remove", "members"), []),
        (op("remove", 'members[value eq "a"]'), ["b"]),
        (op("remove", 'members[value eq "x"]'), ["a", "b"]),
        (op("replace", "members", value=[]), []),
        (op("replace", "members", value=[{"value": "c"}]), ["c"]),
        (op("replace", value={"members": [], "id": "g", "displayName": "x"}), []),
    ],
    ids=str,
)
def test_members_of_a_small_group_can_be_patched_in_the_document(
    operation: dict[str, Any], members: list[str]
) -> None:
    group = {"schemas": [urns.GROUP], "id": "g", "displayName": "x"}
    group |= {"members": [{"value": "a", "type": "User"}, {"value": "b"}]}

    after = patched(group, operation, resource_type=GROUP)

    assert [each["value"] for each in after.get("members", [])] == members


@pytest.mark.parametrize(
    "operation",
    [
        op("add", 'members[value eq "a"].display', value="x"),
        op("replace", 'members[value eq "a"]', value={"value": "b"}),
        op("remove", "members.display"),
    ],
    ids=str,
)
def test_a_member_can_be_added_and_removed_but_not_changed(operation: dict[str, Any]) -> None:
    with pytest.raises(Mutability, match="remove the element and add another"):
        patched({"displayName": "x"}, operation, resource_type=GROUP)
