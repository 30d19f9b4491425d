"""attributes, excludedAttributes and ``returned``."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim_generators import GROUP, USER, documents

from scimbridge.errors import InvalidValue
from scimbridge.scim import urns
from scimbridge.scim.attributes import ResourceType, parse_schema
from scimbridge.scim.projection import parse_projection, project, project_json

E = urns.ENTERPRISE_USER
BABS: dict[str, Any] = {
    "schemas": [urns.USER, E],
    "id": "1",
    "userName": "babs",
    "name": {"givenName": "B", "familyName": "J"},
    "emails": [{"type": "work", "value": "w"}, {"value": "h"}],
    "password": "secret",
    E: {"department": "d", "manager": {"value": "m", "$ref": "r"}},
    "meta": {"version": "v", "location": "l"},
}
ALWAYS = {"schemas": BABS["schemas"], "id": "1"}
PUBLIC = {name: value for name, value in BABS.items() if name != "password"}


def shown(attributes: Any = None, excluded: Any = None) -> dict[str, Any]:
    return project(BABS, parse_projection(attributes, excluded, USER))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (None, PUBLIC),
        ("", PUBLIC),
        ([], PUBLIC),
        ("userName", ALWAYS | {"userName": "babs"}),
        ("USERNAME , id", ALWAYS | {"userName": "babs"}),
        (["userName", "meta"], ALWAYS | {"userName": "babs", "meta": BABS["meta"]}),
        ("shoeSize", ALWAYS),
        ("password", ALWAYS),
        ("password,userName", ALWAYS | {"userName": "babs"}),
        ("name.familyName", ALWAYS | {"name": {"familyName": "J"}}),
        ("name,name.familyName", ALWAYS | {"name": BABS["name"]}),
        ("emails.value", ALWAYS | {"emails": [{"value": "w"}, {"value": "h"}]}),
        ("emails.display", ALWAYS | {"emails": [{}, {}]}),
        (f"{urns.USER}:userName", ALWAYS | {"userName": "babs"}),
        (f"{E}:department", ALWAYS | {E: {"department": "d"}}),
        (f"{E}:manager.value", ALWAYS | {E: {"manager": {"value": "m"}}}),
        (E, ALWAYS | {E: BABS[E]}),
        (E.upper(), ALWAYS | {E: BABS[E]}),
        (urns.USER, {n: v for n, v in PUBLIC.items() if n not in (E, "meta")}),
        ("department", ALWAYS | {E: {"department": "d"}}),
    ],
    ids=str,
)
def test_only_what_is_asked_for_is_shown(attributes: Any, expected: dict[str, Any]) -> None:
    assert shown(attributes) == expected


@pytest.mark.parametrize(
    ("excluded", "hidden"),
    [
        ("userName", {"userName": None}),
        ("id,schemas", {}),
        ("shoeSize", {}),
        ("name.familyName", {"name": {"givenName": "B"}}),
        ("emails.type", {"emails": [{"value": "w"}, {"value": "h"}]}),
        (E, {E: None}),
        (f"{E}:department", {E: {"manager": BABS[E]["manager"]}}),
        (f"{E}:manager.$ref", {E: {"department": "d", "manager": {"value": "m"}}}),
        (["META", "emails"], {"meta": None, "emails": None}),
    ],
    ids=str,
)
def test_what_is_excluded_is_not_shown(excluded: Any, hidden: dict[str, Any]) -> None:
    expected = {n: v for n, v in (PUBLIC | hidden).items() if v is not None}

    assert shown(excluded=excluded) == expected


def test_both_parameters_at_once_are_refused() -> None:
    with pytest.raises(InvalidValue, match="cannot be used together"):
        parse_projection("userName", "emails", USER)
    assert parse_projection("userName", "", USER).includes("userName")


def test_the_caller_learns_what_it_need_not_load() -> None:
    without = parse_projection(None, "members", GROUP)

    assert not without.includes("members")
    assert without.includes("displayName")
    assert parse_projection("members.value", None, GROUP).includes("members")
    assert not parse_projection("displayName", None, GROUP).includes("members")
    assert parse_projection(f"{E}:manager", None, USER).includes(f"{E}:manager")
    assert not parse_projection("userName", None, USER).includes(f"{E}:manager")
    assert not parse_projection(None, None, USER).includes("urn:example:none:x")
    assert parse_projection(None, None, USER).is_default
    assert not without.is_default


def test_what_is_shown_whole_is_shared_with_the_document() -> None:
    assert shown()["emails"] is BABS["emails"]
    assert shown("emails")["emails"] is BABS["emails"]


def test_attributes_are_returned_as_their_definition_says() -> None:
    subs = [
        {"name": "value", "type": "string", "returned": "always"},
        {"name": "key", "type": "string", "returned": "never"},
        {"name": "note", "type": "string", "returned": "request"},
        {"name": "other", "type": "string"},
    ]
    schema = parse_schema(
        {
            "id": "urn:example:T",
            "name": "T",
            "attributes": [
                {"name": "log", "type": "string", "returned": "request"},
                {"name": "tags", "type": "string", "multiValued": True},
                {"name": "part", "type": "complex", "subAttributes": subs},
                {"name": "hidden", "type": "complex", "returned": "never", "subAttributes": subs},
            ],
        }
    )
    things = ResourceType("T", "/T", "T", schema)
    part = {"value": "v", "key": "k", "note": "n", "other": "o"}
    thing = {"log": "l", "tags": ["a"], "part": part, "hidden": part, "undefined": 1}

    def seen(attributes: str | None, excluded: str | None = None) -> dict[str, Any]:
        return project(thing, parse_projection(attributes, excluded, things))

    plain = {"value": "v", "other": "o"}
    assert seen(None) == {"tags": ["a"], "part": plain}
    assert seen("log") == {"log": "l"}
    assert seen("part") == {"part": plain}
    assert seen("part.note") == {"part": {"value": "v", "note": "n"}}
    assert seen("part.key") == {}
    assert seen("hidden.value") == {}
    assert seen(None, "part.value,part.other") == {"tags": ["a"], "part": {"value": "v"}}
    assert seen("tags") == {"tags": ["a"]}
    assert project({"part": "odd"}, parse_projection("part", None, things)) == {"part": "odd"}


NAMES = st.lists(
    st.sampled_from(["password", "name", "name.givenName", "emails", "userName", "id", "nothing",
                     E, f"{E}:manager", urns.USER, "schemas", "PASSWORD"]),
    max_size=4,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(documents(USER), NAMES, st.booleans())
def test_a_projection_never_leaks_and_never_invents(
    document: dict[str, Any], names: list[str], excluding: bool
) -> None:
    public, document = document, document | {"password": "secret"}
    projection = parse_projection(*((None, names) if excluding else (names, None)), USER)

    seen = project(document, projection)

    texts = project_json([json.dumps(public), json.dumps(document)], projection)
    assert [json.loads(text) for text in texts] == [seen, seen]
    assert json.loads(*project_json([json.dumps(public)], projection)) == seen
    assert "password" not in seen
    assert "secret" not in str(seen)
    assert {"schemas", "id"} <= seen.keys() <= document.keys()
    assert project(seen, projection) == seen


def test_json_and_parsed_documents_show_the_same_of_an_extension_that_is_shown_on_request() -> None:
    urn = "urn:x:vendor"
    vendor = parse_schema(
        {
            "id": urn,
            "name": "Vendor",
            "attributes": [
                {"name": "status", "type": "string", "returned": "request"},
                {"name": "since", "type": "string", "returned": "request"},
            ],
        }
    )
    kind = replace(USER, extensions=(*USER.extensions, (vendor, False)))
    whole = BABS | {"schemas": [urns.USER, urn, E], urn: {"status": "s"}}
    unsaid = {name: value for name, value in whole.items() if name != "schemas"}
    documents = [
        whole,
        PUBLIC,
        unsaid,
        whole | {"schemas": [urns.USER]},
        {**whole, "title": '"status"', urn: {"since": "x"}},
    ]

    for asked in (None, f"{urn}:status", urn, "userName", f"userName,{urn}:since"):
        projection = parse_projection(asked, None, kind)
        texts = project_json([json.dumps(each) for each in documents], projection)
        assert [json.loads(text) for text in texts] == [
            project(each, projection) for each in documents
        ]


def test_json_of_which_nothing_is_hidden_stays_as_it_is() -> None:
    text = json.dumps({"id": "1", "displayName": 'the "members"'}, indent=1)

    assert project_json([text], parse_projection(None, "members", GROUP))[0] is text
