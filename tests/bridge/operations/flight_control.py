"""CrowdStrike Falcon Flight Control, with the API client of a parent."""

from __future__ import annotations

from tests.bridge.operations.scene import Scene, Tenant, drive

TYPE = 'type = "falcon"'
CREATING = f'{TYPE}\nunmapped_groups = "create"'
WHOLE = {"flight_control_resources = false": "flight_control_resources = true"}
PARENT = Tenant("falcon", replaced={TYPE: CREATING, **WHOLE})
LEGACY = Tenant("falcon", replaced={TYPE: f'{CREATING}\nfalcon_api = "legacy"', **WHOLE})
EXTENSION = "urn:scimbridge:params:scim:schemas:extension:falcon:2.0:Group"
NORTH = "90c4f7a16e2d4b85b3f1d7a8e5026c39"
CHILD = "a17c3e5b90d2468f8b1e6c04f3d7a952"
JANE = "jane@example.com"


@drive(PARENT)
def somebody_joins_and_leaves_a_user_group(scene: Scene) -> None:
    """A user group of the vendor is a group."""
    user = scene.scim.create_user(JANE)["id"]
    found = scene.scim("GET", '/Groups?filter=displayName eq "SOC"').json()
    group = found["Resources"][0]["id"]
    scene.scim.add_members(group, user)
    scene.scim.remove_member(group, user)


@drive(PARENT)
def somebody_in_a_user_group_is_deactivated(scene: Scene) -> None:
    """What the group gives in child CIDs goes too."""
    found = scene.scim("GET", '/Users?filter=userName eq "tomas.ruiz@example.com"').json()
    scene.scim.set_active(found["Resources"][0]["id"], False)


@drive(PARENT)
def the_catalogue_is_listed(scene: Scene) -> None:
    """The parent's user groups are entitlements."""
    assert "SOC" in scene.run("entitlements", "falcon")


@drive(PARENT)
def a_user_group_comes_and_goes(scene: Scene) -> None:
    """A group that stands for nothing is created at the vendor."""
    _group_comes_and_goes(scene)


@drive(LEGACY)
def a_user_group_comes_and_goes_by_the_first_reads(scene: Scene) -> None:
    """What is read by id is read by the first version of the routes."""
    _group_comes_and_goes(scene)


@drive(PARENT)
def a_user_group_is_delegated_roles(scene: Scene) -> None:
    """In the CIDs of a CID group; and these are taken again."""
    group = scene.scim.create_group("Tier 2")
    delegation = {"cidGroup": NORTH, "roles": ["event_viewer"]}
    path = f"{EXTENSION}:delegations"
    scene.scim.patch(f"/Groups/{group}", {"op": "add", "path": path, "value": [delegation]})
    scene.scim.patch(f"/Groups/{group}", {"op": "remove", "path": path})


@drive(PARENT)
def a_cid_group_comes_and_goes(scene: Scene) -> None:
    """With a child in it, and described."""
    group = {"name": "East", "members": [{"value": CHILD}]}
    path = f"/CidGroups/{scene.scim('POST', '/CidGroups', group).json()['id']}"
    scene.scim.patch(path, {"op": "add", "path": "description", "value": "Offices"})
    scene.scim("DELETE", path)


@drive(PARENT)
def cid_groups_and_children_are_listed(scene: Scene) -> None:
    """All of them, and the groups that a child is in."""
    assert scene.scim("GET", "/CidGroups").json()["totalResults"] == 2
    found = scene.scim("GET", f'/CidGroups?filter=members.value eq "{CHILD}"').json()
    assert found["totalResults"] == 2
    assert scene.scim("GET", "/Children").json()["totalResults"] == 2


@drive(LEGACY)
def a_cid_group_and_a_child_are_read_by_the_first_reads(scene: Scene) -> None:
    """Each by its id."""
    assert scene.scim("GET", f"/CidGroups/{NORTH}").json()["name"] == "North"
    assert scene.scim("GET", f"/Children/{CHILD}").json()["name"] == "Example North"


def _group_comes_and_goes(scene: Scene) -> None:
    user = scene.scim.create_user(JANE)["id"]
    group = scene.scim.create_group("Tier 2", user)
    change = {"op": "replace", "path": "displayName", "value": "Tier 3"}
    scene.scim.patch(f"/Groups/{group}", change)
    scene.scim("DELETE", f"/Groups/{group}")
