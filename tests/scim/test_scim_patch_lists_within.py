"""PATCH of a list within an element of a list, as an extension may have one."""

from __future__ import annotations

from typing import Any

import pytest
from patching import op, patched

from scimbridge.errors import InvalidValue, Mutability
from scimbridge.scim import urns
from scimbridge.scim.attributes import group_type, parse_schema
from scimbridge.scim.patch import parse_patch
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


def shares(*operations: dict[str, Any], kind: Any = KIND) -> dict[str, list[str]]:
    """The rights at each place, after the operations."""
    after = patched(BEFORE, *operations, resource_type=kind)
    return {each["place"]: each.get("rights", []) for each in after.get(URN, {}).get("shares", ())}


def at(name: str, place: str, value: Any = None) -> dict[str, Any]:
    path = f'{SHARES}[place eq "{place}"].rights'
    return op(name, path, **({} if value is None else {"value": value}))


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
    assert shares(operation) == {"a": ["read"], "b": rights}


def test_adding_to_an_element_that_is_not_there_makes_it() -> None:
    assert shares(at("add", "c", ["read"]))["c"] == ["read"]


def test_elements_come_and_go_as_a_whole() -> None:
    added = op("add", SHARES, value=[{"place": "c", "rights": ["write"]}])

    assert shares(added, op("remove", f'{SHARES}[place eq "a"]')) == {
        "b": ["read", "write"],
        "c": ["write"],
    }


def test_a_required_list_cannot_be_emptied() -> None:
    for operation in (at("remove", "a"), at("remove", "a", ["read"])):
        with pytest.raises(Mutability, match="rights is required"):
            shares(operation, kind=STRICT)


def test_a_list_within_a_single_value_is_changed_in_the_same_way() -> None:
    rights = f"{URN}:first.rights"

    after = patched(
        BEFORE,
        op("add", rights, value=["read"]),
        op("add", rights, value=["write"]),
        op("remove", rights, value=["read"]),
        resource_type=KIND,
    )

    assert after[URN]["first"] == {"rights": ["write"]}


def test_a_strict_service_provider_takes_no_values_to_remove() -> None:
    body = {"schemas": [urns.PATCH_OP], "Operations": [at("remove", "b", ["read"])]}

    with pytest.raises(InvalidValue, match="takes no value"):
        parse_patch(body, KIND, dialect=Dialect.strict())
