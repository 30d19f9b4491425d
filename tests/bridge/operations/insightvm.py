"""Rapid7 InsightVM."""

from __future__ import annotations

from dataclasses import replace

from tests.bridge.operations.scene import Scene, Tenant, drive

TYPE = 'type = "insightvm"'
INSIGHTVM = Tenant("insightvm")
TWO_FACTOR = Tenant("insightvm", switches={"two_factor": True})
OLD_ROLE = Tenant("insightvm", replaced={TYPE: f'{TYPE}\nroles = {{ "Patch Coordinator" = [] }}'})
WRITERS = Tenant(
    "insightvm", replaced={TYPE: f'{TYPE}\nroles = {{ "Ticket Writer" = ["create-tickets"] }}'}
)
NIGHT_WATCH = Tenant("insightvm", replaced={"role:security-manager": "role:Night Watch"})
EXTENSION = "urn:scimbridge:params:scim:schemas:extension:insightvm:2.0:User"
JANE = "jane@example.com"
IRENE = "irene.okafor@example.com"


@drive(INSIGHTVM)
def a_person_joins_and_leaves(scene: Scene) -> None:
    """Created, changed, deleted."""
    user = scene.scim.create_user(JANE)["id"]
    change = {"op": "replace", "path": "displayName", "value": "Jane Doe"}
    scene.scim.patch(f"/Users/{user}", change)
    scene.scim("DELETE", f"/Users/{user}")


@drive(INSIGHTVM)
def a_person_has_access_to_single_sites_and_asset_groups(scene: Scene) -> None:
    """Up to two at once are given and taken one by one."""
    user = scene.scim.create_user(JANE)["id"]
    for name, number in (("site", 1), ("asset-group", 2)):
        _entitle(scene, user, f"{name}:{number}")
        _take(scene, user, f"{name}:{number}")


@drive(INSIGHTVM)
def a_person_has_access_to_many_sites_and_asset_groups(scene: Scene) -> None:
    """Three and more at once are one change of the whole list; of all of them, its end."""
    user = scene.scim.create_user(JANE)["id"]
    for name in ("site", "asset-group"):
        values = [f"{name}:{number}" for number in (1, 2, 3)]
        _entitle(scene, user, *values)
        _take(scene, user, *values)


@drive(TWO_FACTOR)
def a_person_gets_a_second_factor(scene: Scene) -> None:
    """A seed that is given, and one of the console's making; both are read again."""
    user = scene.scim.create_user(JANE)["id"]
    for key in ("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "regenerate"):
        change = {"op": "replace", "path": f"{EXTENSION}:twoFactorKey", "value": key}
        scene.scim.patch(f"/Users/{user}", change)


@drive(INSIGHTVM)
def a_person_is_unlocked(scene: Scene) -> None:
    """The console has locked her after too many wrong passwords."""
    found = scene.scim("GET", '/Users?filter=userName eq "lena.berg"').json()
    change = {"op": "replace", "path": f"{EXTENSION}:locked", "value": False}
    scene.scim.patch(f"/Users/{found['Resources'][0]['id']}", change)


@drive(INSIGHTVM)
def the_catalogue_is_listed(scene: Scene) -> None:
    """On the command line."""
    assert "role:Patch Coordinator" in scene.run("entitlements", "insightvm")


@drive(INSIGHTVM)
def it_is_asked_who_may_do_something(scene: Scene) -> None:
    """By an auditor; the console answers a word that it does not know with its own."""
    assert "mara.lind" in scene.run("holders", "insightvm", "privilege:create-reports")
    scene.run_in_vain("holders", "insightvm", "privilege:fly")
    assert "create-reports" in scene.run("held", "insightvm", "mara.lind")


@drive(INSIGHTVM)
def the_bridge_gets_another_password(scene: Scene) -> None:
    """From a file, never from the command's words."""
    new = scene.world.path.with_name("new-password")
    new.write_text("Correct-Horse-7")
    scene.run("rotate-password", "insightvm", "--from", f"file:{new}")


@drive(INSIGHTVM)
def authentication_sources_are_read(scene: Scene) -> None:
    """All, one, and the people whose credentials one checks."""
    sources = scene.scim("GET", "/AuthenticationSources").json()["Resources"]
    (ldap,) = [each["id"] for each in sources if each["name"] == "Example LDAP"]
    scene.scim("GET", f"/AuthenticationSources/{ldap}")
    people = scene.scim("GET", f"/AuthenticationSources/{ldap}/users").json()["Resources"]
    assert [each["userName"] for each in people] == ["tomas.ruiz"]


@drive(NIGHT_WATCH)
def a_group_stands_for_a_role_that_is_new_at_the_console(scene: Scene) -> None:
    """It is not among those that were read last, and is asked for by its id."""
    roles = scene.vendor.roles
    roles["Night Watch"] = replace(roles["user"], role_id="Night Watch", name="Night Watch")
    user = scene.scim.create_user(JANE)["id"]
    scene.scim.create_group("SEC Analysts", user)
    assert "role:Night Watch" in scene.world.held(JANE)


@drive(WRITERS)
def a_custom_role_is_brought_to_what_is_configured(scene: Scene) -> None:
    """Somebody has deleted it at the console."""
    del scene.vendor.roles["Ticket Writer"]
    scene.run("import", "insightvm")
    assert scene.vendor.roles["Ticket Writer"].privileges == ("create-tickets",)


@drive(OLD_ROLE)
def a_custom_role_is_deleted_when_its_last_holder_is_gone(scene: Scene) -> None:
    """It is configured not to exist."""
    found = scene.scim("GET", f'/Users?filter=userName eq "{IRENE}"').json()
    scene.scim("DELETE", f"/Users/{found['Resources'][0]['id']}")
    scene.run("import", "insightvm")
    assert "Patch Coordinator" not in scene.vendor.roles


def _entitle(scene: Scene, user: str, *values: str) -> None:
    given = [{"value": each} for each in values]
    scene.scim.patch(f"/Users/{user}", {"op": "add", "path": "entitlements", "value": given})


def _take(scene: Scene, user: str, *values: str) -> None:
    paths = [f'entitlements[value eq "{each}"]' for each in values]
    scene.scim.patch(f"/Users/{user}", *({"op": "remove", "path": each} for each in paths))
