"""A removal that the vendor could not make yet survives whatever else becomes of the request."""

from __future__ import annotations

from tests.conftest import World

ACTIONS = "POST /user-management/entities/user-role-actions/v1"
REMOVE_ROLES = {"op": "remove", "path": "roles"}


def test_a_role_that_was_to_go_from_the_user_goes_however_late_the_vendor_is_back(
    world: World,
) -> None:
    world.provider.observer.observe()
    jane = str(
        world.scim.create_user("jane@example.com", roles=[{"value": "falconhost_admin"}])["id"]
    )
    world.vendor.fault(ACTIONS, status=503, count=50)
    answer = world.scim.patch(f"/Users/{jane}", REMOVE_ROLES)
    assert answer.status_code == 429

    world.clock.advance(2 * 86400)
    world.provider.operations.recover()
    world.vendor.simulator.faults.clear()
    world.clock.advance(3600)
    world.provider.operations.recover()

    assert world.vendor.roles("jane@example.com") == set()


def test_a_refused_change_does_not_take_back_an_earlier_removal_of_a_role(world: World) -> None:
    world.provider.observer.observe()
    jane = str(
        world.scim.create_user("jane@example.com", roles=[{"value": "falconhost_admin"}])["id"]
    )
    world.vendor.fault(ACTIONS, status=503, count=3)
    assert world.scim.patch(f"/Users/{jane}", REMOVE_ROLES).status_code == 429
    world.vendor.fault("PATCH /user-management/entities/users/v1", status=400)
    name = {"op": "replace", "path": "name.givenName", "value": "Refused"}
    assert world.scim.patch(f"/Users/{jane}", name).status_code == 400

    world.recover()

    assert world.vendor.roles("jane@example.com") == set()


def test_a_refused_change_gives_back_the_role_that_it_would_have_taken(world: World) -> None:
    world.provider.observer.observe()
    jane = str(
        world.scim.create_user("jane@example.com", roles=[{"value": "falconhost_admin"}])["id"]
    )
    world.vendor.fault("PATCH /user-management/entities/users/v1", status=400)
    name = {"op": "replace", "path": "name.givenName", "value": "Refused"}
    assert world.scim.patch(f"/Users/{jane}", REMOVE_ROLES, name).status_code == 400

    assert world.vendor.roles("jane@example.com") == {"falconhost_admin"}
