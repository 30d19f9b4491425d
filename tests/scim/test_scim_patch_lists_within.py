"""PATCH of a list within an element of a list, as an extension may have one."""

from __future__ import annotations

from typing import Any

import pytest

from scimbridge.errors import InvalidValue, Mutability
from scimbridge.scim import urns
from scimbridge.scim.attributes import group_type, parse_schema
from scimbridge.scim.patch import apply_patch, parse_patch
from scimbridge.scim.quirks import Dialect

URN = "urn:t:Group"
SHARES = f"{URN}:shares"


def schema(*, required: bool) -> Any:
    text = {"type": "string", "caseExact": False}
    subs = [
        {"name": "place", **text},
        {"name": "rights", **text, "multiValued": True, "required": required},
    ]
    shares = {"name": "shares", "type": "complex", "multiValued": True, "subAttributes": subs}
    default = {**text, "name": "first", "type": "complex", "subAttributes": subs[1:]}
    return parse_schema({"id": URN, "name": "T", "attributes": [shares, default]})


KIND = group_type(schema(required=False))
STRICT = group_type(schema(required=True))
BEFORE = {
    "schemas": [urns.GROUP, URN],
    "displayName": "G",
    URN: {
        "shares": [{"place": "a", "rights": ["read"]}, {"place": "b", "rights": ["read", "write"]}]
    },
}


def patched(*operations: dict[str, Any], kind: Any = KIND) -> dict[str, list[str]]:
    body = {"schemas": [urns.PATCH_OP], "Operations": list(operations)}
    after = apply_patch(parse_patch(body, kind), BEFORE, kind)
    return {each["place"]: each.get("rights", []) for each in after.get(URN, {}).get("shares", ())}


def at(op: str, place: str, value: Any = None) -> dict[str, Any]:
    path = f'{SHARES}[place eq "{place}"].rights'
    return {"op": op, "path": path} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("operation", "rights"),
    [
        (at("add", "b", ["share"]), ["read", "write", "share"]),
        (at("add", "b", "share"), ["read", "write", "share"]),
        (at("add", "b", ["READ"]), ["write", "READ"]),
        (at("replace", "b", ["share"]), ["share"]),
        (at("remove", "b", ["read"]), ["write"]),
        (at("remove", "b", ["read", "write"]), []),
        (at("remove", "b", ["nothing"]), ["read", "write"]),
        (at("remove", "b"), []),
    ],
    ids=str,
)
def test_values_come_and_go_within_one_element(
    operation: dict[str, Any], rights: list[str]
) -> None:
    assert patched(operation) == {"a": ["read"], "b": rights}


def test_adding_to_an_element_that_is_not_there_makes_it() -> None:
    assert patched(at("add", "c", ["read"]))["c"] == ["read"]


def test_elements_come_and_go_as_a_whole() -> None:
    added = {"op": "add", "path": SHARES, "value": [{"place": "c", "rights": ["write"]}]}
    removed = {"op": "remove", "path": f'{SHARES}[place eq "a"]'}

    assert patched(added, removed) == {"b": ["read", "write"], "c": ["write"]}


def test_a_required_list_cannot_be_emptied() -> None:
    for operation in (at("remove", "a"), at("remove", "a", ["read"])):
        with pytest.raises(Mutability, match="rights is required"):
            patched(operation, kind=STRICT)


def test_a_list_within_a_single_value_is_changed_in_the_same_way() -> None:
    operations = [
        {"op": "add", "path": f"{URN}:first.rights", "value": ["read"]},
        {"op": "add", "path": f"{URN}:first.rights", "value": ["write"]},
        {"op": "remove", "path": f"{URN}:first.rights", "value": ["read"]},
    ]
    body = {"schemas": [urns.PATCH_OP], "Operations": operations}

    after = apply_patch(parse_patch(body, KIND), BEFORE, KIND)

    assert after[URN]["first"] == {"rights": ["write"]}


def test_a_strict_service_provider_takes_no_values_to_remove() -> None:
    body = {"schemas": [urns.PATCH_OP], "Operations": [at("remove", "b", ["read"])]}

    with pytest.raises(InvalidValue, match="takes no value"):
        parse_patch(body, KIND, dialect=Dialect.strict())
