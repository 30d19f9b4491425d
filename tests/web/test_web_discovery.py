"""Discovery: what is served, and that it says the truth about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import CORE_GROUP, CORE_USER, ENTERPRISE, Scim, World

FALCON = "urn:scimbridge:params:scim:schemas:extension:falcon:2.0:User"
OKTA = {"User-Agent": "Okta SCIM Client 1.0.0"}


@pytest.fixture
def okta(shared: World) -> Scim:
    return Scim(shared.scim.base_url, shared.scim.token, OKTA)


def listed(client: Scim, path: str) -> list[dict[str, Any]]:
    body = client("GET", path).json()
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    assert body["totalResults"] == body["itemsPerPage"] == len(body["Resources"])
    resources: list[dict[str, Any]] = body["Resources"]
    return resources


def test_the_service_provider_config_says_what_can_be_done(untouched: World) -> None:
    config = untouched.scim("GET", "/ServiceProviderConfig").json()

    assert config["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]
    supported = {
        name
        for name, value in config.items()
        if isinstance(value, dict) and value.get("supported") is True
    }
    assert supported == {"patch", "bulk", "filter", "sort", "etag"}
    assert config["filter"]["maxResults"] == 1000
    assert config["bulk"] == {
        "supported": True,
        "maxOperations": 1000,
        "maxPayloadSize": 1_048_576,
    }
    assert config["pagination"] == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 1000,
        "cursorTimeout": 3600,
    }
    schemes = [scheme["type"] for scheme in config["authenticationSchemes"]]
    assert schemes == ["oauthbearertoken", "oauth2", "httpbasic"]
    assert config["meta"]["location"] == f"{untouched.scim.base_url}/ServiceProviderConfig"


def test_oktas_own_types_are_listed_to_okta_alone(shared: World, okta: Scim) -> None:
    def names(client: Scim) -> list[str]:
        return [each["name"] for each in listed(client, "/ResourceTypes")]

    assert names(shared.scim) == ["User", "Group"]
    assert names(okta) == ["User", "Group", "Role", "Entitlement"]


@pytest.mark.parametrize("name", ["User", "Group", "Role", "Entitlement"])
def test_each_resource_type_is_found_by_name_and_leads_to_its_endpoint_and_schemas(
    untouched: World, name: str
) -> None:
    kind = untouched.scim("GET", f"/ResourceTypes/{name}").json()

    assert (kind["id"], kind["name"]) == (name, name)
    assert kind["meta"] == {
        "resourceType": "ResourceType",
        "location": f"{untouched.scim.base_url}/ResourceTypes/{name}",
    }
    assert untouched.scim("GET", kind["endpoint"]).status_code == 200
    for urn in (kind["schema"], *(each["schema"] for each in kind["schemaExtensions"])):
        assert untouched.scim("GET", f"/Schemas/{urn}").json()["id"] == urn


def test_an_extension_with_nothing_to_write_is_a_schema_and_not_attached(untouched: World) -> None:
    kind = untouched.scim("GET", "/ResourceTypes/User").json()

    assert kind["schemaExtensions"] == [{"schema": ENTERPRISE, "required": False}]
    assert untouched.scim("GET", f"/Schemas/{FALCON}").status_code == 200


def test_every_schema_is_listed_once_and_found_in_any_case(untouched: World) -> None:
    schemas = listed(untouched.scim, "/Schemas")

    ids = [schema["id"] for schema in schemas]
    assert len(ids) == len(set(ids))
    assert {CORE_USER, CORE_GROUP, ENTERPRISE, FALCON} < set(ids)
    assert not [urn for urn in ids if "api:messages" in urn]
    for schema in schemas:
        assert untouched.scim("GET", f"/Schemas/{schema['id'].upper()}").json() == schema
        assert schema["meta"]["location"] == f"{untouched.scim.base_url}/Schemas/{schema['id']}"


def attributes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for attribute in schema["attributes"]:
        yield attribute
        yield from attribute.get("subAttributes", ())


def test_every_attribute_has_all_its_characteristics(untouched: World) -> None:
    needed = {"name", "type", "multiValued", "description", "required", "caseExact"}
    needed |= {"mutability", "returned", "uniqueness"}

    for schema in listed(untouched.scim, "/Schemas"):
        for attribute in attributes(schema):
            assert needed <= attribute.keys(), (schema["id"], attribute["name"])
            assert attribute["description"], (schema["id"], attribute["name"])
            assert None not in attribute.values()


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"])
def test_discovery_cannot_be_filtered_and_ignores_all_other_parameters(
    untouched: World, path: str
) -> None:
    refused = untouched.scim("GET", f'{path}?filter=id eq "x"')
    plain = untouched.scim("GET", path)

    assert (refused.status_code, refused.json()["status"]) == (403, "403")
    assert untouched.scim("GET", f"{path}?startIndex=9&count=1&sortBy=id").json() == plain.json()


@pytest.mark.parametrize("endpoint", ["Roles", "Entitlements"])
def test_what_the_vendor_has_is_read_like_any_other_resource(
    untouched: World, endpoint: str
) -> None:
    body = untouched.scim("GET", f"/{endpoint}?count=2&sortBy=displayName").json()
    [first, _second] = body["Resources"]

    alone = untouched.scim("GET", f"/{endpoint}/{first['id']}")
    found = untouched.scim("GET", f'/{endpoint}?filter=displayName eq "{first["displayName"]}"')
    known = untouched.scim("GET", f"/{endpoint}/{first['id']}", If_None_Match=alone.headers["ETag"])
    short = untouched.scim("GET", f"/{endpoint}/{first['id']}?attributes=displayName").json()

    assert body["totalResults"] > 2
    assert alone.json() == first
    assert found.json()["Resources"] == [first]
    assert alone.headers["ETag"] == first["meta"]["version"]
    assert alone.headers["Content-Location"] == first["meta"]["location"]
    assert (known.status_code, known.content) == (304, b"")
    assert set(short) == {"schemas", "id", "displayName"}
