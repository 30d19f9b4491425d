"""The OpenAPI description: made from the schemas, and true of the running bridge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import sampled_from
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import ENTERPRISE, World, open_world

EXAMPLES = 12
"""Of each operation and mode."""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("fuzzed")) as world:
        world.provider.observer.refresh_catalogue()
        yield world


@pytest.fixture(scope="module")
def document(fuzzed: World) -> dict[str, Any]:
    answer = fuzzed.scim("GET", "/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def test_it_describes_every_endpoint_and_method(document: dict[str, Any]) -> None:
    methods = {
        path: {method for method in item if method != "parameters"}
        for path, item in document["paths"].items()
    }

    writable = {"get", "put", "patch", "delete"}
    assert methods == {
        "/Users": {"get", "post"},
        "/Users/.search": {"post"},
        "/Users/{id}": writable,
        "/Groups": {"get", "post"},
        "/Groups/.search": {"post"},
        "/Groups/{id}": writable,
        "/Roles": {"get"},
        "/Roles/.search": {"post"},
        "/Roles/{id}": {"get"},
        "/Entitlements": {"get"},
        "/Entitlements/.search": {"post"},
        "/Entitlements/{id}": {"get"},
        "/.search": {"post"},
        "/Bulk": {"post"},
        "/ServiceProviderConfig": {"get"},
        "/ResourceTypes": {"get"},
        "/ResourceTypes/{id}": {"get"},
        "/Schemas": {"get"},
        "/Schemas/{id}": {"get"},
        "/Me": {"get"},
        "/openapi.json": {"get"},
    }


def test_every_attribute_of_the_schemas_is_described(
    fuzzed: World, document: dict[str, Any]
) -> None:
    user = document["components"]["schemas"]["User"]["properties"]

    for schema in fuzzed.scim("GET", "/Schemas").json()["Resources"]:
        if not schema["id"].endswith(":User"):
            continue
        place = user if schema["name"] == "User" else user[schema["id"]]["properties"]
        for attribute in schema["attributes"]:
            described = place[attribute["name"]]
            assert described["description"] == attribute["description"]
            assert (described["type"] == "array") == attribute["multiValued"]
            assert described.get("readOnly", False) == (attribute["mutability"] == "readOnly")
            assert described.get("writeOnly", False) == (attribute["mutability"] == "writeOnly")
    assert user["emails"]["items"]["properties"]["type"]["examples"] == ["work", "home", "other"]
    assert ENTERPRISE in user


def test_it_needs_a_token_as_all_the_rest_does(fuzzed: World, document: dict[str, Any]) -> None:
    client = fuzzed.bridge.app.test_client()

    assert client.get("/falcon/scim/v2/openapi.json").status_code == 401
    assert document["security"] == [{"bearer": []}, {"basic": []}, {"oauth": []}]
    flows = document["components"]["securitySchemes"]["oauth"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"].endswith("/falcon/oauth/token")
    assert document["servers"] == [{"url": fuzzed.scim.base_url}]


def test_a_groups_patch_without_an_answer_is_described(tmp_path: Any) -> None:
    with open_world(tmp_path, policy='patch_group_response = "empty"') as world:
        paths = world.scim("GET", "/openapi.json").json()["paths"]

    assert "204" in paths["/Groups/{id}"]["patch"]["responses"]
    assert "204" not in paths["/Users/{id}"]["patch"]["responses"]


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize(
    ("mode", "expected"), [(GenerationMode.POSITIVE, "2xx"), (GenerationMode.NEGATIVE, "4xx")]
)
def test_whatever_is_sent_is_answered_as_described(
    fuzzed: World, document: dict[str, Any], mode: GenerationMode, expected: str
) -> None:
    residents = [
        fuzzed.scim.create_user(f"{mode.value}@example.com")["id"],
        fuzzed.scim.create_group(f"SEC {mode.value}"),
    ]
    headers = {"Authorization": f"Bearer {fuzzed.scim.token}"}
    answered: Counter[str] = Counter()

    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), resident=sampled_from(residents))
        def send(case: Any, resident: str) -> None:
            if "id" in case.path_parameters and len(str(case.path_parameters["id"])) % 2:
                # An id that exists, so that not all that is tried ends in a 404.
                case.path_parameters["id"] = resident
            response = case.call(base_url=fuzzed.scim.base_url, headers=headers)
            answered[f"{response.status_code // 100}xx"] += 1
            not_supported = [not_a_server_error] if case.path == "/Me" else []
            case.validate_response(response, checks=CHECKS, excluded_checks=not_supported)

        send()

    # Enough of it was what it was meant to be.
    assert answered[expected] > sum(answered.values()) / 5, answered
