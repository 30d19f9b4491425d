"""Schemas: read as they are served, changed for a target, looked up in any case."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from scimbridge.scim import urns
from scimbridge.scim.attributes import (
    Attribute,
    ResourceType,
    Schema,
    group_type,
    load_schema,
    parse_schema,
    user_type,
)
from scimbridge.scim.filters import parse_filter, to_text

NAMES = ("user", "group", "enterprise_user", "service_provider_config", "resource_type", "schema")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_served_exactly_as_its_definition_says(name: str) -> None:
    definition = resources.files("scimbridge.scim") / "definitions" / f"{name}.json"

    assert load_schema(name).document() == json.loads(definition.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_every_attribute_has_all_characteristics_and_nothing_null(name: str) -> None:
    def check(attributes: list[dict[str, object]]) -> None:
        for each in attributes:
            assert {"name", "type", "multiValued", "description", "required", "caseExact",
                    "mutability", "returned", "uniqueness"} <= each.keys()  # fmt: skip
            assert None not in each.values()
            assert each["description"]
            assert ("subAttributes" in each) == (each["type"] == "complex")
            assert ("referenceTypes" in each) == (each["type"] == "reference")
            check(each.get("subAttributes", []))  # type: ignore[arg-type]

    check(load_schema(name).document()["attributes"])


def test_what_entra_discovers_is_there() -> None:
    user, group = load_schema("user"), load_schema("group")

    for attribute in user.attributes:
        kind = attribute.find("type")
        if attribute.name not in ("roles", "entitlements", "x509Certificates"):
            assert kind is None or kind.canonical_values
    for schema in (user, group):
        external_id = schema.find("externalid")
        assert external_id is not None
        assert external_id.case_exact
    display_name = group.find("displayName")
    assert display_name is not None
    assert display_name.required


def test_an_attribute_is_found_in_any_case() -> None:
    user = user_type()

    assert user.find("USERNAME") is user.schema.find("userName")
    assert user.find("userName", urns.USER.upper()) is user.schema.find("userName")
    assert user.find("Manager", urns.ENTERPRISE_USER) is load_schema("enterprise_user").find(
        "manager"
    )
    assert user.find("manager") is None
    assert user.find("manager", "urn:example:none") is None
    emails = user.find("emails")
    assert emails is not None
    assert emails.find("VALUE") is not None
    assert emails.find("nothing") is None


def test_common_attributes_belong_to_every_resource_type() -> None:
    role = parse_schema({"id": "urn:example:Role", "name": "Role", "attributes": []})
    roles = ResourceType("Role", "/Roles", "Role", role)

    assert [each.name for each in roles.attributes] == ["schemas", "id", "externalId", "meta"]
    names = [each.name for each in user_type().attributes]
    assert names.count("externalId") == 1


def test_a_target_tells_what_its_vendor_makes_of_an_attribute() -> None:
    schema = load_schema("user").with_characteristics(
        {
            "username": {"mutability": "immutable"},
            "emails.type": {"canonicalValues": ["work"], "caseExact": True},
        }
    )

    user_name, emails = schema.find("userName"), schema.find("emails")
    assert user_name is not None
    assert user_name.mutability == "immutable"
    assert emails is not None
    kind = emails.find("type")
    assert kind is not None
    assert (kind.canonical_values, kind.case_exact) == (("work",), True)
    original = load_schema("user").find("userName")
    assert original is not None
    assert original.mutability == "readWrite"
    assert schema != load_schema("user")
    assert user_type(schema=schema).find("userName") is user_name


def test_a_target_leaves_out_what_its_vendor_lacks() -> None:
    schema = load_schema("group").without("EXTERNALID")

    assert [each.name for each in schema.attributes] == ["displayName", "members"]
    assert group_type(schema=schema).schema is schema


@pytest.mark.parametrize(
    "changes",
    [
        {"shoeSize": {"mutability": "immutable"}},
        {"name.shoeSize": {"mutability": "immutable"}},
        {"userName": {"shoeSize": 1}},
    ],
    ids=str,
)
def test_a_change_of_what_does_not_exist_is_an_error(changes: dict[str, dict[str, object]]) -> None:
    with pytest.raises(KeyError, match="shoeSize"):
        load_schema("user").with_characteristics(changes)
    with pytest.raises(KeyError, match="shoeSize"):
        load_schema("user").without("shoeSize")


def test_equal_schemas_are_equal_and_hash_alike() -> None:
    copy = parse_schema(load_schema("user").document())

    assert copy == load_schema("user")
    assert hash(copy) == hash(load_schema("user"))
    assert user_type() == user_type()
    assert hash(user_type()) == hash(user_type())
    assert hash(Attribute("a")) == hash(Attribute("a"))


def test_a_resource_type_is_served_with_its_extensions() -> None:
    extension = parse_schema({"id": "urn:example:X", "name": "X", "attributes": []})

    assert user_type(extension).document() == {
        "schemas": [urns.RESOURCE_TYPE],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "User Account",
        "schema": urns.USER,
        "schemaExtensions": [
            {"schema": urns.ENTERPRISE_USER, "required": False},
            {"schema": "urn:example:X", "required": False},
        ],
    }


def test_a_longer_urn_is_told_from_one_that_it_begins_with() -> None:
    def extension(urn: str, name: str) -> Schema:
        attributes = [{"name": name, "type": "string"}]
        return parse_schema({"id": urn, "name": "X", "attributes": attributes})

    user = user_type(extension("urn:example:x", "a"), extension("urn:example:x:y", "b"))

    assert to_text(parse_filter("urn:example:x:y:b pr", user)) == "urn:example:x:y:b pr"
    assert to_text(parse_filter("urn:example:x:a pr", user)) == "urn:example:x:a pr"
