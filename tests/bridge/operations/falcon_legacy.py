"""CrowdStrike Falcon by its deprecated user and role routes."""

from __future__ import annotations

from tests.bridge.operations.scene import Scene, Tenant, drive

LEGACY = Tenant("falcon", replaced={'type = "falcon"': 'type = "falcon"\nfalcon_api = "legacy"'})
JANE = "jane@example.com"
MARA = "mara.lind@example.com"


@drive(LEGACY)
def a_person_joins_and_leaves(scene: Scene) -> None:
    """Created with a role, renamed, deactivated, deleted."""
    user = scene.scim.create_user(JANE, roles=[{"value": "event_viewer"}])["id"]
    rename = {"op": "replace", "path": "name.givenName", "value": "Jane"}
    scene.scim.patch(f"/Users/{user}", rename)
    scene.scim("DELETE", f"/Users/{user}")


@drive(LEGACY)
def a_person_is_deactivated(scene: Scene) -> None:
    """All roles are read and taken."""
    user = scene.scim.create_user(JANE, roles=[{"value": "event_viewer"}])["id"]
    scene.scim.set_active(user, False)


@drive(LEGACY)
def a_person_is_found(scene: Scene) -> None:
    """A login that the bridge does not know yet is asked for at the vendor."""
    found = scene.scim("GET", f'/Users?filter=userName eq "{MARA}"').json()
    assert found["totalResults"] == 1


@drive(LEGACY)
def the_catalogue_is_listed(scene: Scene) -> None:
    """On the command line."""
    assert "role:help_desk" in scene.run("entitlements", "falcon")


@drive(LEGACY)
def the_tenant_is_looked_at(scene: Scene) -> None:
    """All people become visible."""
    scene.run("import", "falcon")
    assert scene.scim("GET", "/Users?count=0").json()["totalResults"] == 3
