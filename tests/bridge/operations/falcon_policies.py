"""CrowdStrike Falcon's response policies, in a CID that sees no others."""

from __future__ import annotations

from typing import Any

from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS
from scimbridge.connectors.falcon.simulator.seed_policies import LAPTOPS, default_policy_id
from tests.bridge.operations.scene import Scene, Tenant, drive

_KEYS = f'response_policies = true\nmember_cid = "{CHILD_CIDS[0]}"'
CHILD = Tenant("falcon", replaced={"flight_control = true": _KEYS})
SCHEMA = "urn:scimbridge:params:scim:schemas:falcon:2.0:ResponsePolicy"


@drive(CHILD)
def a_policy_comes_changes_and_goes(scene: Scene) -> None:
    """With everything that can be changed."""
    _create(scene, "First")
    policy = f"/ResponsePolicies/{_create(scene, 'Second')}"
    scene.scim.patch(
        policy,
        {"op": "add", "path": "settings", "value": [{"value": "RealTimeFunctionality"}]},
        {"op": "add", "path": "hostGroups", "value": [{"value": LAPTOPS}]},
        {"op": "replace", "path": "precedence", "value": 1},
    )
    scene.scim("GET", policy)
    scene.scim("DELETE", policy)


@drive(CHILD)
def policies_are_listed(scene: Scene) -> None:
    """A page, and how many there are."""
    listed: dict[str, Any] = scene.scim("GET", "/ResponsePolicies").json()
    counted = scene.scim("GET", "/ResponsePolicies?count=0").json()
    assert listed["totalResults"] == counted["totalResults"] == 3


@drive(CHILD)
def the_members_of_a_policy_are_listed(scene: Scene) -> None:
    """A page, and how many there are."""
    members = f"/ResponsePolicies/{default_policy_id(CHILD_CIDS[0], 'Mac')}/members"
    scene.scim("GET", members)
    scene.scim("GET", f"{members}?count=0")


def _create(scene: Scene, name: str) -> str:
    policy = {"schemas": [SCHEMA], "name": name, "platformName": "Windows"}
    return str(scene.scim("POST", "/ResponsePolicies", policy).json()["id"])
