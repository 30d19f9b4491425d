"""Bulk (RFC 7644 section 3.7), over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from scimbridge.errors import DirectoryError
from scimbridge.provisioning.users import Users
from tests.conftest import CORE_GROUP, CORE_USER, PATCH_OP, World

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

Operation = dict[str, Any]


def bulk(world: World, *operations: Operation, **message: Any) -> requests.Response:
    return world.scim("POST", "/Bulk", {"schemas": [BULK], "Operations": operations, **message})


def done(world: World, *operations: Operation, **message: Any) -> list[dict[str, Any]]:
    answer = bulk(world, *operations, **message)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["schemas"] == [RESPONSE]
    results: list[dict[str, Any]] = body["Operations"]
    return results


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [result["status"] for result in results]


def user(name: str, *, ref: str | None = None, **attributes: Any) -> Operation:
    data = {"schemas": [CORE_USER], "userName": f"{name}@example.com", **attributes}
    return post("/Users", ref or name, data)


def group(name: str, *members: str, ref: str | None = None) -> Operation:
    listed = [{"value": member} for member in members]
    data = {"schemas": [CORE_GROUP], "displayName": name, "members": listed}
    return post("/Groups", ref or name, data)


def post(path: str, ref: str, data: Any) -> Operation:
    return {"method": "POST", "path": path, "bulkId": ref, "data": data}


def rename(path: str, title: str = "CISO") -> Operation:
    operations = [{"op": "replace", "path": "title", "value": title}]
    data = {"schemas": [PATCH_OP], "Operations": operations}
    return {"method": "PATCH", "path": path, "data": data}


def id_of(result: dict[str, Any]) -> str:
    return str(result["location"].rpartition("/")[2])


def test_each_method_does_what_it_does_alone(shared: World) -> None:
    [created] = done(shared, user("bulk-each"))
    one = f"/Users/{id_of(created)}"
    data = {"schemas": [CORE_USER], "userName": "bulk-each@example.com", "title": "Lead"}

    results = done(
        shared,
        {"method": "PUT", "path": one, "data": data},
        rename(one),
        {"method": "delete", "path": one},
    )

    assert created == {
        "method": "POST",
        "bulkId": "bulk-each",
        "status": "201",
        "location": f"{shared.scim.base_url}{one}",
    }
    assert [(each["method"], each["status"]) for each in results] == [
        ("PUT", "200"),
        ("PATCH", "200"),
        ("DELETE", "204"),
    ]
    assert {each["location"] for each in results} == {created["location"]}
    assert shared.scim("GET", one).status_code == 404


def test_a_creation_that_nothing_refers_to_needs_no_bulk_id(shared: World) -> None:
    operation = user("bulk-anonymous")
    del operation["bulkId"]

    [result] = done(shared, operation)

    assert result["status"] == "201"
    assert "bulkId" not in result


def test_references_are_resolved_whatever_the_order_and_results_keep_that_of_the_request(
    shared: World,
) -> None:
    manager = {
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "manager": {"value": "bulkId:bulk-boss"}
        }
    }
    results = done(
        shared,
        group("SEC Falcon Readers", "bulkId:bulk-anna", "bulkId:bulk-boss", ref="readers"),
        user("bulk-anna", **manager),
        user("bulk-boss"),
    )

    assert [result["bulkId"] for result in results] == ["readers", "bulk-anna", "bulk-boss"]
    assert statuses(results) == ["201"] * 3
    members = shared.scim("GET", f"/Groups/{id_of(results[0])}").json()["members"]
    assert {each["value"] for each in members} == {id_of(results[1]), id_of(results[2])}
    shown = shared.scim("GET", f"/Users/{id_of(results[1])}").json()
    [extension] = manager
    assert shown[extension]["manager"]["value"] == id_of(results[2])
    assert shared.vendor.roles("bulk-boss@example.com") == {"falconhost_read_only"}


def test_a_reference_may_stand_in_a_path(shared: World) -> None:
    results = done(shared, rename("/Users/bulkId:bulk-path"), user("bulk-path", title="x"))

    assert statuses(results) == ["200", "201"]
    assert results[0]["location"] == results[1]["location"]
    assert shared.scim("GET", f"/Users/{id_of(results[1])}").json()["title"] == "CISO"


def test_references_in_a_circle_are_a_conflict_and_nothing_is_done(untouched: World) -> None:
    answer = bulk(untouched, group("A", "bulkId:B"), group("B", "bulkId:A"))

    assert answer.status_code == 409
    assert "in a circle" in answer.json()["detail"]


@pytest.mark.parametrize(
    "operations",
    [
        [group("A", "bulkId:nobody")],
        [rename("/Users/bulkId:nobody")],
        [user("x", ref="same"), user("y", ref="same")],
    ],
    ids=["in the data", "in the path", "used twice"],
)
def test_a_bulk_id_that_is_not_clear_is_refused_before_anything_is_done(
    untouched: World, operations: list[Operation]
) -> None:
    answer = bulk(untouched, *operations)

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


def test_what_refers_to_a_failed_creation_fails_with_a_reason(shared: World) -> None:
    results = done(shared, group("SEC Unlucky", "bulkId:taken"), user("resident", ref="taken"))

    assert statuses(results) == ["400", "409"]
    assert results[0]["response"]["detail"] == "what bulkId:taken refers to was not created"
    assert results[1]["response"]["scimType"] == "uniqueness"


@pytest.mark.parametrize(
    ("operation", "status", "scim_type"),
    [
        (user("resident"), "409", "uniqueness"),
        (post("/Users", "x", {"schemas": [CORE_USER]}), "400", "invalidValue"),
        (post("/Users", "x", None), "400", "invalidSyntax"),
        (post("/Nothing", "x", {}), "400", "invalidPath"),
        (post("/Users/1/2", "x", {}), "400", "invalidPath"),
        (post("/", "x", {}), "400", "invalidPath"),
        (post("/Users/1", "x", {}), "405", None),
        (post("/Roles", "x", {"schemas": []}), "405", None),
        ({"method": "GET", "path": "/Users/1"}, "405", None),
        ({"method": "PUT", "path": "/Users", "data": {}}, "405", None),
        ({"method": "DELETE", "path": "/Users/no-such-user"}, "404", None),
        (rename("/Users/no-such-user"), "404", None),
        (rename("/Users/no-such-user") | {"data": {"schemas": []}}, "400", "invalidSyntax"),
    ],
)
def test_each_error_is_told_where_it_happened_and_changes_nothing(
    untouched: World, operation: Operation, status: str, scim_type: str | None
) -> None:
    [result] = done(untouched, operation)

    response = result["response"]
    assert (result["status"], response["status"]) == (status, status)
    assert response["schemas"] == [ERROR]
    assert response.get("scimType") == scim_type
    assert result["method"] == operation["method"]


def test_the_rest_is_done_after_an_error(shared: World) -> None:
    results = done(shared, user("resident", ref="a"), user("bulk-rest", ref="b"))

    assert statuses(results) == ["409", "201"]


def test_fail_on_errors_ends_the_run_at_that_many(untouched: World) -> None:
    taken = [user("resident", ref=name) for name in "abcd"]

    results = done(untouched, *taken, user("never"), failOnErrors=2)

    assert statuses(results) == ["409", "409"]


@pytest.mark.parametrize("count", [0, -1])
def test_fail_on_errors_below_one_is_refused(untouched: World, count: int) -> None:
    answer = bulk(untouched, user("never"), failOnErrors=count)

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


def test_a_version_has_to_be_the_current_one(shared: World) -> None:
    created = shared.scim.create_user("bulk-version@example.com")
    one, version = f"/Users/{created['id']}", created["meta"]["version"]

    results = done(
        shared,
        rename(one) | {"version": 'W/"other"'},
        rename(one) | {"version": version},
        rename(one, "again") | {"version": version},
    )

    assert statuses(results) == ["412", "200", "412"]


def test_too_many_operations_are_413_with_the_limit_that_is_advertised(untouched: World) -> None:
    config = untouched.scim("GET", "/ServiceProviderConfig").json()["bulk"]
    one = {"method": "DELETE", "path": "/Users/x"}

    answer = bulk(untouched, *[one] * (config["maxOperations"] + 1))

    assert answer.status_code == 413
    assert str(config["maxOperations"]) in answer.json()["detail"]


def test_a_body_above_the_advertised_size_is_413(untouched: World) -> None:
    config = untouched.scim("GET", "/ServiceProviderConfig").json()["bulk"]

    answer = bulk(untouched, user("x", title="x" * config["maxPayloadSize"]))

    assert answer.status_code == 413
    assert str(config["maxPayloadSize"]) in answer.json()["detail"]


@pytest.mark.parametrize(
    "message",
    [
        {"Operations": "x"},
        {"Operations": [7]},
        {"Operations": [{"path": "/Users"}]},
        {"Operations": [{"method": "POST"}]},
        {"Operations": [{"method": 7, "path": "/Users"}]},
        {"failOnErrors": "1", "Operations": []},
        {"schemas": []},
    ],
)
def test_a_message_of_wrong_types_is_invalid_syntax(
    untouched: World, message: dict[str, Any]
) -> None:
    answer = untouched.scim("POST", "/Bulk", {"schemas": [BULK], **message})

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")


def test_a_vendor_that_is_down_fails_its_operation_and_not_the_others(world: World) -> None:
    world.vendor.fault("POST /user-management/entities/users/v1", status=503, count=50)
    kept = world.scim.create_group("SEC Kept")

    results = done(
        world, user("down"), {"method": "DELETE", "path": f"/Groups/{kept}"}, user("resident")
    )

    assert statuses(results) == ["429", "204", "429"]


def test_a_directory_that_fails_on_the_way_fails_its_operation_and_not_the_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise DirectoryError("the disk is full")

    monkeypatch.setattr(Users, "create", fail)

    results = done(world, group("SEC First"), user("second"), group("SEC Third"))

    assert statuses(results) == ["201", "429", "201"]
    assert results[1]["response"]["detail"] == "the disk is full"
