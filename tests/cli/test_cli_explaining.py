"""What a request would do, and why somebody has what they have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scimbridge.simulation.faults import Fault
from tests.bridge.other_vendors import VendorWorld
from tests.cli.conftest import Commands

JANE = "jane@example.com"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def file_of(folder: Path, *operations: dict[str, Any]) -> str:
    file = folder / "request.json"
    file.write_text(
        json.dumps({"Operations": operations} if len(operations) > 1 else operations[0])
    )
    return str(file)


def post(user_name: str) -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "data": {"userName": user_name}}


def planned(run: Commands, file: str) -> list[dict[str, Any]]:
    lines = run("plan", "falcon", file, "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]


# --- plan ------------------------------------------------------------------------------------


def test_a_hire_is_planned_and_not_made(world: VendorWorld, run: Commands, tmp_path: Path) -> None:
    world.forget()

    shown = run.done("plan", "falcon", file_of(tmp_path, post(JANE)))

    assert "POST /Users: 201" in shown
    assert f"create the account {JANE}" in shown
    assert world.scim("GET", "/Users?count=0").json()["totalResults"] == 0
    assert JANE not in {each["user_name"] for each in world.simulator.state.snapshot()["accounts"]}


def test_a_deactivation_names_all_that_would_go(
    world: VendorWorld, run: Commands, tmp_path: Path
) -> None:
    jane = world.scim.create_user(JANE)["id"]
    world.scim.create_group("SEC Analysts", jane)
    leave = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": {"active": False}}]}

    (found,) = planned(
        run, file_of(tmp_path, {"method": "PATCH", "path": f"/Users/{jane}", "data": leave})
    )

    assert found["status"] == 200
    assert [words.rpartition(" from ")[0] for words in found["told"]] == [
        "revoke role:falconhost_analyst",
        "revoke role:falconhost_read_only",
    ]
    assert world.held(JANE) == {"role:falconhost_analyst", "role:falconhost_read_only"}
    assert world.scim("GET", f"/Users/{jane}").json()["active"] is True


def test_each_request_is_planned_as_if_those_before_were_done(
    run: Commands, tmp_path: Path
) -> None:
    found = planned(run, file_of(tmp_path, post(JANE), post(JANE)))

    assert [each["status"] for each in found] == [201, 409]


def test_what_would_be_refused_says_why(run: Commands, tmp_path: Path) -> None:
    result = run("plan", "falcon", file_of(tmp_path, {"method": "DELETE", "path": "/Users/nobody"}))

    assert "no User nobody" in result.stdout
    assert "1 of 1 requests would be refused" in str(result.exception)


def test_what_touches_nobody_has_nothing_to_do(run: Commands, tmp_path: Path) -> None:
    group = {"method": "POST", "path": "/Groups", "data": {"displayName": "Coffee"}}

    assert "nothing to be done at the vendor" in run.done(
        "plan", "falcon", file_of(tmp_path, group)
    )


def test_what_is_no_request_is_refused(run: Commands, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hire Jane")
    (tmp_path / "empty").write_text('{"Operations": []}')

    assert "not JSON" in run.fails("plan", "falcon", str(tmp_path / "text"))
    assert "no operation" in run.fails("plan", "falcon", str(tmp_path / "empty"))
    assert 'needs "method"' in run.fails("plan", "falcon", file_of(tmp_path, {"path": "/Users"}))


# --- explain ---------------------------------------------------------------------------------


def explained(run: Commands, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run.done("explain", "falcon", JANE, "--json", *options))
    return found


def test_a_role_is_explained_by_the_groups_that_grant_it(world: VendorWorld, run: Commands) -> None:
    jane = world.scim.create_user(JANE)["id"]
    world.scim.create_group("SEC Analysts", jane)
    world.scim.create_group("SEC Readers", jane)

    found = explained(run)

    reasons = {each["entitlement"]: each for each in found["reasons"]}
    assert reasons["role:falconhost_read_only"]["groups"] == ["SEC Analysts", "SEC Readers"]
    assert reasons["role:falconhost_analyst"]["recorded"] == "given by the bridge, confirmed"
    assert [each["action"] for each in found["history"]] == ["create done"]


def test_the_text_says_the_same(world: VendorWorld, run: Commands) -> None:
    role = {"value": "falconhost_admin"}
    jane = world.scim.create_user(JANE, roles=[role])["id"]
    world.scim.create_group("SEC Readers", jane)
    world.scim.create_group("Coffee", jane)

    shown = run.done("explain", "falcon", jane, "--vendor")

    assert "groups: SEC Readers, Coffee" in shown
    assert "through the group SEC Readers" in shown
    assert "named by the user's own roles or entitlements" in shown
    assert "held at the vendor now:\n  role:falconhost_admin" in shown
    assert "create done" in shown


def test_what_the_vendor_shows_can_be_asked_for(world: VendorWorld, run: Commands) -> None:
    world.scim.create_user(JANE)
    (account,) = (
        each["native_id"]
        for each in world.simulator.state.snapshot()["accounts"]
        if each["user_name"] == JANE
    )
    world.simulator.state.add_grant(account, None, "falconhost_admin")

    (held,) = explained(run, "--vendor")["held"]

    assert held["entitlement"] == "role:falconhost_admin"


def test_who_was_only_seen_is_told_apart(world: VendorWorld, run: Commands) -> None:
    world.simulator.state.add_account({"user_name": JANE})
    run.done("import", "falcon")

    shown = run.done("explain", "falcon", JANE)

    assert "the account was only seen" in shown
    assert "access: none through SCIM" in shown


def test_what_is_unfinished_is_told(world: VendorWorld, run: Commands) -> None:
    jane = world.scim.create_user(JANE, roles=[{"value": "falconhost_admin"}])["id"]
    world.simulator.faults.add(Fault(method="POST", status=503), count=50)
    world.scim.set_active(jane, False)

    shown = run.done("explain", "falcon", JANE)

    assert "unfinished: deactivate, attempt 1; " in shown


def test_nobody_of_that_name_is_an_error(run: Commands) -> None:
    assert "no User nobody@example.com" in run.fails("explain", "falcon", "nobody@example.com")
