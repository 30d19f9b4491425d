"""A process that dies at any point: before or after any vendor call, before or after any commit.

The points are found by counting, so that a new step is covered without a new test. Dying is an
exception that nothing catches; whatever it interrupts is never resumed, and a new bridge on the
same directory carries on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from scimbridge.app import open_bridge
from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.directory.engine import Directory
from tests.conftest import PATCH_OP, World, open_world

STEP = 3
"""Only each third point is tried here; `make reliability` tries every one, with real processes."""

CALLS = (
    "find_account",
    "read_account",
    "grants",
    "create_account",
    "update_account",
    "delete_account",
    "grant",
    "revoke",
)
JANE = "jane@example.com"
ROE = "roe@example.com"


class Died(BaseException):
    """Not an `Exception`: no error handler may see it."""


@dataclass
class Fate:
    """Counts the points at which the process could die, and has it die at one of them."""

    dies_at: int | None = None
    passed: int = 0

    def point(self) -> None:
        self.passed += 1
        if self.passed == self.dies_at:
            raise Died


@pytest.fixture
def fate(monkeypatch: pytest.MonkeyPatch) -> Fate:
    fate = Fate()
    write = Directory.write

    @contextmanager
    def mortal_write(directory: Directory) -> Iterator[Connection]:
        with write(directory) as connection:
            yield connection
            fate.point()
        fate.point()

    monkeypatch.setattr(Directory, "write", mortal_write)
    for name in CALLS:
        monkeypatch.setattr(FalconConnector, name, _mortal(getattr(FalconConnector, name), fate))
    return fate


def _mortal(call: Callable[..., Any], fate: Fate) -> Callable[..., Any]:
    def mortal_call(*arguments: Any, **named: Any) -> Any:
        fate.point()
        result = call(*arguments, **named)
        fate.point()
        return result

    return mortal_call


@dataclass
class Idp:
    """Sends requests to the bridge in process, where dying can be seen."""

    client: FlaskClient
    token: str
    answered: bool = False
    """Whether an answer was out when the process died: a repeated POST then conflicts rightly."""

    def __call__(self, method: str, path: str, body: Any = None) -> TestResponse:
        answer = self.client.open(
            f"/falcon/scim/v2{path}",
            method=method,
            data=None if body is None else json.dumps(body),
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        answer.get_data()
        self.answered = True
        answer.close()
        return answer


Request = tuple[str, str, Any]


def patch(path: str, *operations: dict[str, Any]) -> Request:
    return "PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)}


def create_user(world: World) -> Request:
    return "POST", "/Users", {"userName": JANE, "name": {"givenName": "J", "familyName": "D"}}


def adopt(world: World) -> Request:
    return "POST", "/Users", {"userName": "mara.lind@example.com"}


def add_members(world: World) -> Request:
    members = [{"value": id_of(world, JANE)}, {"value": id_of(world, ROE)}]
    return patch(
        f"/Groups/{group_of(world, 'SEC Falcon Analysts')}",
        {"op": "add", "path": "members", "value": members},
    )


def replace_members(world: World) -> Request:
    return patch(
        f"/Groups/{group_of(world, 'SEC Falcon Readers')}",
        {"op": "replace", "path": "members", "value": [{"value": id_of(world, ROE)}]},
    )


def deactivate(world: World) -> Request:
    return patch(f"/Users/{id_of(world, JANE)}", {"op": "replace", "value": {"active": False}})


def reactivate(world: World) -> Request:
    return patch(f"/Users/{id_of(world, JANE)}", {"op": "replace", "value": {"active": True}})


def delete_user(world: World) -> Request:
    return "DELETE", f"/Users/{id_of(world, JANE)}", None


def rename(world: World) -> Request:
    operation = {"op": "replace", "path": "userName", "value": "jane.roe@example.com"}
    return patch(f"/Users/{id_of(world, JANE)}", operation)


def create_group(world: World) -> Request:
    members = [{"value": id_of(world, JANE)}]
    return "POST", "/Groups", {"displayName": "SEC Admins", "members": members}


def delete_group(world: World) -> Request:
    return "DELETE", f"/Groups/{group_of(world, 'SEC Falcon Readers')}", None


ANALYST = {"falconhost_analyst", "falconhost_read_only"}
READER = {"falconhost_read_only"}
BY_HAND = {"event_viewer"}

SCENARIOS: dict[str, tuple[Callable[[World], Request], bool, dict[str, set[str] | None]]] = {
    # name: (request, whether Jane is inactive before, what each login holds afterwards)
    "create user": (create_user, False, {JANE: set()}),
    "adopt": (adopt, False, {"mara.lind@example.com": {"falconhost_admin"}}),
    "add members": (add_members, False, {JANE: ANALYST | BY_HAND, ROE: ANALYST}),
    "replace members": (replace_members, False, {JANE: BY_HAND, ROE: READER}),
    "deactivate": (deactivate, False, {JANE: set()}),
    "reactivate": (reactivate, True, {JANE: READER | BY_HAND}),
    "delete user": (delete_user, False, {JANE: None}),
    "rename": (rename, False, {JANE: None, "jane.roe@example.com": READER | BY_HAND}),
    "create group": (create_group, False, {JANE: READER | BY_HAND | {"falconhost_admin"}}),
    "delete group": (delete_group, False, {JANE: BY_HAND}),
}


def id_of(world: World, user_name: str) -> str:
    found = world.scim("GET", f'/Users?filter=userName eq "{user_name}"').json()
    return str(found["Resources"][0]["id"])


def group_of(world: World, name: str) -> str:
    found = world.scim("GET", f'/Groups?filter=displayName eq "{name}"').json()
    return str(found["Resources"][0]["id"])


def prepare(world: World, scenario: str) -> Request:
    request, inactive, _ = SCENARIOS[scenario]
    if scenario not in ("create user", "adopt"):
        jane = world.scim.create_user(JANE)["id"]
        world.scim.create_user(ROE)
        world.scim.create_group("SEC Falcon Analysts")
        world.scim.create_group("SEC Falcon Readers", jane)
        world.vendor.grant(JANE, "event_viewer")
        if inactive:
            world.scim.set_active(jane, False)
    return request(world)


def assert_the_vendor_is_as_wanted(world: World, scenario: str) -> None:
    accounts = [each["user_name"] for each in world.vendor.get("/_sim/state")["accounts"]]
    assert len(accounts) == len(set(accounts)), "two accounts of one person"
    for login, roles in SCENARIOS[scenario][2].items():
        if roles is None:
            assert login not in accounts
        else:
            assert world.vendor.roles(login) == roles


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_whatever_point_it_dies_at_the_vendor_ends_as_wanted(
    tmp_path: Path, fate: Fate, scenario: str
) -> None:
    points = 0
    while True:
        folder = tmp_path / str(points)
        folder.mkdir()
        fate.dies_at = None
        with open_world(folder) as world:
            method, path, body = prepare(world, scenario)
            idp = Idp(world.bridge.app.test_client(), world.scim.token)
            fate.passed, fate.dies_at = 0, points * STEP + 1
            try:
                answer = idp(method, path, body)
            except Died:
                points += 1
            else:
                assert answer.status_code in (200, 201, 204), answer.text
                break
            fate.dies_at = None
            carry_on(world, idp, method, path, body, scenario)
    assert points * STEP >= 4


def carry_on(world: World, idp: Idp, method: str, path: str, body: Any, scenario: str) -> None:
    world.clock.advance(600)
    again = open_bridge(world.config, now=world.clock)
    try:
        was_answered = idp.answered
        again.providers["falcon"].operations.recover()
        idp.client = again.app.test_client()
        answer = idp(method, path, body)
        gone = method == "DELETE" and answer.status_code == 404
        repeated = method == "POST" and was_answered and answer.status_code == 409
        assert gone or repeated or answer.status_code in (200, 201, 204), answer.text
        assert_the_vendor_is_as_wanted(world, scenario)
    finally:
        again.directory.close()
