"""What an IdP asks for while the bridge is killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tests.conftest import PATCH_OP
from tests.reliability.stage import RECONCILE, Request, Stage

JANE = "jane@example.com"
ROE = "roe@example.com"
ANN = "ann@example.com"
READERS, ANALYSTS, ADMINS = "SEC Readers", "SEC Analysts", "SEC Admins"
MANY = 1000


@dataclass(frozen=True)
class Scenario:
    """``prepare`` makes the state before; the rest are requests that depend on it."""

    prepare: Callable[[Stage], None]
    request: Callable[[Stage], Request]
    afterwards: Callable[[Stage], Request] | None = None
    """Sent when all is over: it needs what must have been remembered."""
    opposite: Callable[[Stage], Request] | None = None
    """What the IdP asks for instead of repeating its request."""
    long: bool = False
    """Has too many points for each of them to be tried."""


def patch(path: str, *operations: dict[str, Any]) -> Request:
    return "PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)}


def add(group: str, *members: str) -> Callable[[Stage], Request]:
    def request(stage: Stage) -> Request:
        value = [{"value": stage.user(member)} for member in members]
        operation = {"op": "add", "path": "members", "value": value}
        return patch(f"/Groups/{stage.group(group)}", operation)

    return request


def remove(group: str, *members: str) -> Callable[[Stage], Request]:
    def request(stage: Stage) -> Request:
        value = [{"value": stage.user(member)} for member in members]
        operation = {"op": "remove", "path": "members", "value": value}
        return patch(f"/Groups/{stage.group(group)}", operation)

    return request


def put_members(group: str, *members: str) -> Callable[[Stage], Request]:
    def request(stage: Stage) -> Request:
        value = [{"value": stage.user(member)} for member in members]
        body = {"displayName": group, "members": value}
        return "PUT", f"/Groups/{stage.group(group)}", body

    return request


def set_active(active: bool) -> Callable[[Stage], Request]:
    def request(stage: Stage) -> Request:
        operation = {"op": "replace", "path": "active", "value": active}
        return patch(f"/Users/{stage.user(JANE)}", operation)

    return request


def call(name: str) -> Callable[[Stage], Request]:
    def request(stage: Stage) -> Request:
        operation = {"op": "replace", "path": "name.givenName", "value": name}
        return patch(f"/Users/{stage.user(JANE)}", operation)

    return request


def post(user_name: str, **attributes: Any) -> Callable[[Stage], Request]:
    name = {"givenName": "Jane", "familyName": "Doe"}
    body = {"userName": user_name, "name": name, **attributes}
    return lambda _stage: ("POST", "/Users", body)


def post_with_role(stage: Stage) -> Request:
    return post(JANE, roles=[{"value": stage.vendor.role}])(stage)


def rename(stage: Stage) -> Request:
    operation = {"op": "replace", "path": "userName", "value": "jane.roe@example.com"}
    return patch(f"/Users/{stage.user(JANE)}", operation)


def delete(stage: Stage) -> Request:
    return "DELETE", f"/Users/{stage.user(JANE)}", None


def post_group(stage: Stage) -> Request:
    members = [{"value": stage.user(JANE)}]
    return "POST", "/Groups", {"displayName": ADMINS, "members": members}


def delete_group(stage: Stage) -> Request:
    return "DELETE", f"/Groups/{stage.group(ADMINS)}", None


def nobody(_stage: Stage) -> None:
    """Nothing is there but what the vendor has of its own."""


def people(stage: Stage) -> None:
    """Jane and Roe, of whom Jane is a reader and holds something by hand as well."""
    for name in (JANE, ROE):
        stage.sign_in(name)
        stage.expect(201, post(name)(stage))
    stage.sign_in("jane.roe@example.com")
    stage.expect(201, ("POST", "/Groups", {"displayName": ANALYSTS}))
    members = [{"value": stage.user(JANE)}]
    stage.expect(201, ("POST", "/Groups", {"displayName": READERS, "members": members}))
    stage.grant_by_hand(JANE)


def inactive(stage: Stage) -> None:
    people(stage)
    stage.expect(200, set_active(False)(stage))


def drifted(stage: Stage) -> None:
    """Somebody took from Jane in the console what her group gives."""
    people(stage)
    kind, native_id = stage.vendor.reader
    stage.take_by_hand(JANE, kind, native_id)


def account(stage: Stage) -> None:
    """Somebody made Jane's account by hand."""
    stage.add_account(JANE)
    stage.grant_by_hand(JANE)


def many(stage: Stage) -> None:
    stage.expect(201, ("POST", "/Groups", {"displayName": READERS}))
    for number in range(MANY):
        stage.add_account(f"user{number}@example.com")
    stage.observe()


MEMBERS = [f"user{number}@example.com" for number in range(MANY)]

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "create": Scenario(nobody, post(JANE)),
        "create with roles": Scenario(nobody, post_with_role),
        "role change": Scenario(
            people, add(ANALYSTS, JANE, ROE), opposite=remove(ANALYSTS, JANE, ROE)
        ),
        "attributes": Scenario(people, call("Joan"), opposite=call("Jane")),
        "deactivate": Scenario(
            people, set_active(False), afterwards=set_active(True), opposite=set_active(True)
        ),
        "reactivate": Scenario(inactive, set_active(True), opposite=set_active(False)),
        "delete": Scenario(people, delete),
        "rename": Scenario(people, rename),
        "group create": Scenario(people, post_group),
        "1,000-member PATCH": Scenario(many, add(READERS, *MEMBERS), long=True),
        "replace": Scenario(people, put_members(READERS, ROE), opposite=put_members(READERS, JANE)),
        "adopt": Scenario(account, post(JANE)),
        "reconcile": Scenario(drifted, lambda _: (RECONCILE, "", None)),
    }
)
"""Whoever adds a way to change a vendor adds a line: its points are found by counting."""
