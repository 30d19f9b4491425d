"""Rules that only rare combinations reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimbridge.connectors.interface import Account
from scimbridge.directory import journal, resources
from scimbridge.errors import ConfigError, VendorUnavailable
from scimbridge.provisioning.entitlements import attribute_entitlements
from tests.bridge.other_vendors import open_vendor_world
from tests.conftest import World, open_world


def test_a_role_that_only_looks_like_json_is_text() -> None:
    document = {"roles": [{"value": "{oops"}]}

    assert (
        attribute_entitlements(document, {("role", "x"): ("X", "", True)}, {}, target="t") == set()
    )


def test_groups_cannot_be_created_where_the_vendor_has_no_call_for_it(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="unmapped_groups"),
        open_world(tmp_path, policy='unmapped_groups = "create"'),
    ):
        pass


def test_a_role_cannot_be_judged_while_the_vendor_was_never_seen(world: World) -> None:
    world.vendor.fault("GET /user-management/queries/roles/v1", status=503, count=20)
    roles = [{"value": "event_viewer"}]

    answer = world.scim("POST", "/Users", {"userName": "jane@example.com", "roles": roles})

    assert answer.status_code == 429
    assert "jane@example.com" not in world.vendor.accounts()


def test_a_protected_role_is_not_given_with_a_new_account(tmp_path: Path) -> None:
    with open_world(tmp_path, policy='protected_entitlements = ["role:event_viewer"]') as world:
        roles = [{"value": "event_viewer"}]

        answer = world.scim("POST", "/Users", {"userName": "jane@example.com", "roles": roles})

        assert answer.status_code == 403
        assert "jane@example.com" not in world.vendor.accounts()


def test_two_people_with_roles_join_a_group_in_one_request(world: World) -> None:
    roles = [{"value": "event_viewer"}]
    users = [str(world.scim.create_user(f"{name}@example.com", roles=roles)["id"]) for name in "ab"]

    world.scim.create_group("SEC Falcon Readers", *users)

    for name in "ab":
        held = world.vendor.roles(f"{name}@example.com")
        assert held == {"event_viewer", "falconhost_read_only"}


def test_an_account_that_cannot_be_deleted_loses_all_access_when_it_is_replaced(
    tmp_path: Path,
) -> None:
    with open_vendor_world(tmp_path, "cortex") as world:
        for name in ("old", "new"):
            world.simulator.state.add_account({"user_name": f"{name}@example.com"})
        user = world.scim.create_user("old@example.com")["id"]
        world.scim.create_group("SEC Analysts", user)
        operation = {"op": "replace", "path": "userName", "value": "new@example.com"}

        answer = world.scim.patch(f"/Users/{user}", operation)

        assert answer.status_code == 200, answer.text
        assert world.held("new@example.com") == {"role:investigator"}
        assert world.held("old@example.com") == set()


def test_a_group_is_not_shown_before_the_tenant_has_it(tmp_path: Path) -> None:
    pending = 'missing_user = "pending"'
    create = {pending: f'{pending}\nunmapped_groups = "create"'}
    with open_vendor_world(tmp_path, "cortex", **create) as world:
        fault = {"match": "POST *", "status": 503, "count": 20}
        world.simulator.app.test_client().post("/_sim/faults", json=fault)

        answer = world.scim("POST", "/Groups", {"displayName": "Blue Team"})
        hidden = world.scim("GET", '/Groups?filter=displayName eq "Blue Team"').json()
        world.simulator.faults.reset()
        again = world.scim("POST", "/Groups", {"displayName": "Blue Team"})

        assert answer.status_code == 429
        assert hidden["totalResults"] == 0
        assert again.status_code == 201, again.text


def test_two_requests_do_not_change_a_groups_object_at_once(tmp_path: Path) -> None:
    pending = 'missing_user = "pending"'
    create = {pending: f'{pending}\nunmapped_groups = "create"'}
    with open_vendor_world(tmp_path, "cortex", **create) as world:
        objects = world.bridge.providers["cortex"].operations.objects
        fault = {"match": "POST *", "status": 503, "count": 20}
        world.simulator.app.test_client().post("/_sim/faults", json=fault)
        world.scim("POST", "/Groups", {"displayName": "Blue Team"})
        with world.bridge.directory.read() as connection:
            row = resources.find_by_any_key(connection, "cortex", "Group", "blue team")
        assert row is not None

        objects._lease(row, 60)
        with pytest.raises(VendorUnavailable, match="Blue Team"):
            objects._lease(row, 60)


def test_an_operation_that_somebody_else_finished_is_over(world: World) -> None:
    world.scim.create_group("SEC Falcon Readers")
    with world.bridge.directory.read() as connection:
        row = resources.find_by_any_key(connection, "falcon", "Group", "sec falcon readers")
        assert row is not None
        creation = journal.last_creation(connection, row.pk)
    assert creation is not None

    assert world.provider.operations.outcomes.finish_group(creation.pk) is True


def test_what_was_written_though_not_answered_is_not_overwritten_by_a_look(world: World) -> None:
    world.vendor.simulator.state.add_account({"user_name": "jane@example.com"})
    world.vendor.grant("jane@example.com", "falconhost_admin")
    roles = "POST /user-management/entities/user-role-actions/v1"
    world.vendor.fault(roles, status=503, count=9)
    body = {"userName": "jane@example.com", "active": False}
    assert world.scim("POST", "/Users", body).status_code == 429
    world.vendor.simulator.faults.clear()
    world.recover()
    assert world.vendor.roles("jane@example.com") == set()

    world.provider.observer.observe()

    (jane,) = world.scim("GET", '/Users?filter=userName eq "jane@example.com"').json()["Resources"]
    assert jane["active"] is False


def test_who_is_deleted_while_the_vendor_is_read_does_not_come_back(world: World) -> None:
    jane = world.scim.create_user("jane@example.com")["id"]
    connector = world.provider.target.connector
    read = list(connector.accounts())

    def old_page() -> list[Account]:
        assert world.scim("DELETE", f"/Users/{jane}").status_code == 204
        return read

    object.__setattr__(connector, "accounts", old_page)
    world.provider.observer.observe()

    found = world.scim("GET", '/Users?filter=userName eq "jane@example.com"').json()
    assert found["totalResults"] == 0
