"""POST and PUT bodies as documents: normalised, validated, or refused with every mistake."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from scim_generators import GROUP, JSON, USER, documents

from scimbridge.errors import InvalidSyntax, InvalidValue, Mutability, ScimError
from scimbridge.scim import urns
from scimbridge.scim.attributes import ResourceType, load_schema, parse_schema, user_type
from scimbridge.scim.quirks import Dialect
from scimbridge.scim.resources import load_resource, merge_put, split_secrets

E = urns.ENTERPRISE_USER
BABS = {"schemas": [urns.USER], "userName": "babs"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({}, {}),
        ({"USERNAME": "x"} | {"DisplayName": "d"}, {"displayName": "d"}),
        ({"addresses": None, "title": None, "emails": [], "name": {}}, {}),
        ({"title": "", "name": {"middleName": "", "givenName": "B"}}, {"name": {"givenName": "B"}}),
        ({"addresses": [{"locality": "", "region": ""}]}, {}),
        ({"active": "False"}, {"active": False}),
        ({"active": None}, {}),
        ({"roles": [{"primary": "True", "value": "a"}]}, {"roles": [{"primary": True, "value": "a"}]}),
        ({"roles": [{"value": "a", "displayName": "dropped"}]}, {"roles": [{"value": "a"}]}),
        ({"roles": ["a"]}, {"roles": [{"value": "a"}]}),
        ({"emails": [{"value": "a"}, {"value": "a"}]}, {"emails": [{"value": "a"}]}),
        (
            {"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": "true"}]},
            {"emails": [{"value": "a", "primary": False}, {"value": "b", "primary": True}]},
        ),
        ({"externalId": 701984, "addresses": [{"postalCode": 91608.5}]},
         {"externalId": "701984", "addresses": [{"postalCode": "91608.5"}]}),
        ({"id": "1", "meta": {"resourceType": "User"}, "groups": [{"value": "g"}]}, {}),
        ({"id": None, "shoeSize": 44, "urn:okta:custom:1.0": {"a": 1}}, {}),
        ({"timezone": "WKLQ", "locale": "x", "profileUrl": "KQXZ"}, {"timezone": "WKLQ", "locale": "x", "profileUrl": "KQXZ"}),
        ({"password": "secret"}, {"password": "secret"}),
        ({urns.USER: {"title": "t"}}, {"title": "t"}),
        ({E: {"department": "d", "manager": None}}, {E: {"department": "d"}}),
        ({E.lower(): {"COSTCENTER": 4130}}, {E: {"costCenter": "4130"}}),
        ({E: {"manager": {"value": "", "displayName": " "}, "division": ""}}, {}),
        ({E: None}, {}),
        ({"manager": "m", "department": None}, {E: {"manager": {"value": "m"}}}),
        ({"x509Certificates": [{"value": "YQ=="}]}, {"x509Certificates": [{"value": "YQ=="}]}),
        ({"schemas": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0User"]}, {}),
    ],
    ids=str,
)  # fmt: skip
def test_a_body_becomes_a_normalised_document(sent: dict[str, Any], kept: dict[str, Any]) -> None:
    document = load_resource({"userName": "babs"} | sent if "USERNAME" not in sent else sent, USER)

    schemas = [urns.USER, E] if E in kept else [urns.USER]
    expected = {"schemas": schemas, "userName": sent.get("USERNAME", "babs"), "active": True} | kept
    assert document == expected


@pytest.mark.parametrize(
    ("body", "error", "reason"),
    [
        ([], InvalidSyntax, "has to be a JSON object: a User"),
        ({"not": "a scim resource"}, InvalidValue, "userName is required"),
        ({"userName": None}, InvalidValue, "userName is required"),
        ({"userName": ""}, InvalidValue, "userName is required and empty"),
        ({"userName": "  "}, InvalidValue, "userName is required and empty"),
        ({"userName": {}}, InvalidValue, "userName takes a string, not an object"),
        ({"userName": True}, InvalidValue, "userName takes a string, not a boolean"),
        (BABS | {"active": 1}, InvalidValue, "active takes true or false, not a number"),
        (BABS | {"active": "yes"}, InvalidValue, "active takes true or false, not this string"),
        (BABS | {"name": "x"}, InvalidValue, "name takes an object, not a string"),
        (BABS | {"name": ["x", "y"]}, InvalidValue, "name takes one value, not an array"),
        (BABS | {"emails": [["x"]]}, InvalidValue, "emails takes an object, not an array"),
        (BABS | {"emails": [{"value": None, "type": {}}]}, InvalidValue, r"emails\.type takes a string"),
        (BABS | {"addresses": ["x"]}, InvalidValue, "addresses takes an object, not a string"),
        (BABS | {"x509Certificates": [{"value": "é"}]}, InvalidValue, "value takes base64"),
        (BABS | {E: "x"}, InvalidValue, "takes an object"),
        (BABS | {E: {"department": {}}}, InvalidValue, f"{E}:department takes a string"),
        (BABS | {"schemas": "urn"}, InvalidSyntax, "schemas takes an array of URNs"),
        (BABS | {"schemas": [1]}, InvalidSyntax, "schemas takes an array of URNs"),
        ({"userName": "", "active": "x", E: {"department": []} | {"division": {}}}, InvalidValue,
         "userName is required and empty; active takes .*; .*division takes"),
    ],
    ids=str,
)  # fmt: skip
def test_a_body_that_does_not_fit_is_refused_with_its_mistakes(
    body: Any, error: type[ScimError], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        load_resource(body, USER)


@pytest.mark.parametrize(
    "body",
    [
        BABS | {"shoeSize": 44},
        BABS | {"schemas": [urns.USER, "urn:x"]},
        BABS | {E: {"department": "d"}},
        BABS | {"roles": [{"shoeSize": 44}]},
        BABS | {"department": "d"},
        {"userName": "babs"},
        BABS | {"title": 1},
        BABS | {urns.USER: {"title": "t"}},
    ],
    ids=str,
)
def test_a_strict_dialect_refuses_what_is_ignored_or_mended_otherwise(body: Any) -> None:
    with pytest.raises((InvalidSyntax, InvalidValue)):
        load_resource(body, USER, dialect=Dialect.strict())

    assert load_resource(body, USER)["userName"] == "babs"


def test_a_group_keeps_its_members_as_they_were_sent() -> None:
    ms = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
    members = [{"$ref": None, "value": "a", "display": None}, {"value": "b", "type": "User"}]
    body = {"schemas": [urns.GROUP, ms], "displayName": "d", "members": members}

    assert load_resource(body, GROUP) == {
        "schemas": [urns.GROUP],
        "displayName": "d",
        "members": [{"value": "a"}, {"value": "b", "type": "User"}],
    }


def vendor_user(*, required: bool = False) -> ResourceType:
    vendor = parse_schema(
        {
            "id": "urn:example:V",
            "name": "V",
            "attributes": [
                {"name": "level", "type": "integer", "required": True},
                {"name": "share", "type": "decimal"},
                {"name": "since", "type": "dateTime"},
                {"name": "status", "type": "string", "mutability": "readOnly"},
                {"name": "origin", "type": "string", "mutability": "immutable"},
                {"name": "twoFactorKey", "type": "string", "mutability": "writeOnly"},
            ],
        }
    )
    return ResourceType("User", "/Users", "User", load_schema("user"), ((vendor, required),))


def test_an_extension_of_a_vendor_is_guarded_like_the_rest() -> None:
    values = {"level": 3, "share": 0.5, "since": "2011-05-13T04:42:34Z", "status": "dropped"}

    document = load_resource(BABS | {"urn:example:V": values}, vendor_user())

    assert document["urn:example:V"] == {name: values[name] for name in ("level", "share", "since")}
    for wrong in ({"level": True}, {"level": "3"}, {"level": 1.5}, {"share": 1},
                  {"level": 1, "share": "x"}, {"level": 1, "since": "today"}, {"level": 1, "since": 5}):  # fmt: skip
        with pytest.raises(InvalidValue):
            load_resource(BABS | {"urn:example:V": wrong}, vendor_user())


def test_elements_that_hold_arrays_are_told_apart() -> None:
    words = {"name": "words", "type": "string", "multiValued": True}
    parts = {"name": "parts", "type": "complex", "multiValued": True, "subAttributes": [words]}
    schema = parse_schema({"id": "urn:example:T", "name": "T", "attributes": [parts]})
    things = ResourceType("T", "/T", "T", schema)

    loaded = load_resource({"parts": [{"words": ["a"]}, {"words": "a"}, {"words": ["b"]}]}, things)

    assert loaded["parts"] == [{"words": ["a"]}, {"words": ["b"]}]


def test_a_required_extension_must_be_there_and_others_need_not() -> None:
    assert load_resource(BABS, vendor_user())["userName"] == "babs"
    with pytest.raises(InvalidValue, match="urn:example:V:level is required"):
        load_resource(BABS, vendor_user(required=True))


def test_put_clears_what_is_left_out_and_keeps_what_is_not_the_clients() -> None:
    current = {
        "schemas": [urns.USER, E],
        "id": "1",
        "userName": "old",
        "title": "t",
        "active": False,
        "groups": [{"value": "g"}],
        E: {"department": "d"},
        "meta": {"version": "x"},
    }

    put = merge_put(current, load_resource(BABS | {"password": "secret"}, USER), USER)

    assert put == {
        "schemas": [urns.USER],
        "id": "1",
        "userName": "babs",
        "active": True,
        "groups": [{"value": "g"}],
        "meta": {"version": "x"},
    }


def test_put_minds_immutable_and_read_only_attributes_of_an_extension() -> None:
    resource_type = vendor_user()
    current = BABS | {"urn:example:V": {"level": 1, "status": "locked", "origin": "a"}}

    def put(**values: Any) -> Any:
        new = load_resource(BABS | {"urn:example:V": {"level": 2} | values}, resource_type)
        return merge_put(current, new, resource_type)["urn:example:V"]

    assert put() == put(origin="a") == {"level": 2, "status": "locked", "origin": "a"}
    with pytest.raises(Mutability, match="origin is immutable"):
        put(origin="b")


def test_secrets_are_taken_out_of_the_document() -> None:
    resource_type = vendor_user()
    sent = BABS | {"password": "p", "urn:example:V": {"level": 1, "twoFactorKey": "k"}}
    document = load_resource(sent, resource_type)

    public, secrets = split_secrets(document, resource_type)

    assert secrets == {"password": "p", "urn:example:V:twoFactorKey": "k"}
    assert public["urn:example:V"] == {"level": 1}
    assert "password" not in public
    assert document["password"] == "p"


def test_a_document_without_secrets_stays_as_it_is() -> None:
    odd = BABS | {"schemas": ["urn:example:old"]}

    assert split_secrets(odd, USER) == (odd, {})


def test_an_extension_of_secrets_alone_leaves_no_trace() -> None:
    document = BABS | {"urn:example:V": {"twoFactorKey": "k"}}

    assert split_secrets(document, vendor_user()) == (BABS, {"urn:example:V:twoFactorKey": "k"})


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_is_a_resource_or_a_scim_error(body: Any) -> None:
    for sent in (body, {"userName": "x", "emails": body, "name": body, E: body}):
        try:
            load_resource(sent, USER)
        except ScimError as error:
            assert error.status == 400  # noqa: PT017


@settings(max_examples=150, deadline=None)
@given(documents(USER))
def test_a_document_passes_the_guard_unchanged(document: dict[str, Any]) -> None:
    loaded = load_resource(document, USER, dialect=Dialect.strict())

    assert loaded | {"id": document["id"]} == {"active": True} | document
    assert merge_put(document, loaded, USER) == {"active": True} | document


def test_two_targets_with_different_schemas_are_guarded_each_by_its_own() -> None:
    schema = load_schema("user").with_characteristics({"title": {"required": True}})

    load_resource(BABS, user_type())
    with pytest.raises(InvalidValue, match="title is required"):
        load_resource(BABS, user_type(schema=schema))
