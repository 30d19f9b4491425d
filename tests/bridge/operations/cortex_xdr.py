"""Palo Alto Cortex XDR without Platform IAM."""

from __future__ import annotations

from tests.bridge.operations.scene import Scene, Tenant, drive

CORTEX_3 = Tenant(
    "cortex", switches={"generation": 3}, replaced={'generation = "iam"': 'generation = "v1"'}
)


@drive(CORTEX_3)
def the_catalogue_is_listed(scene: Scene) -> None:
    """The user groups that people are in are asked for by their names."""
    assert "user-group:" in scene.run("entitlements", "cortex")
