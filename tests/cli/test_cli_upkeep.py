"""Importing, reconciling, backing up and restoring on the command line."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from scimbridge.clock import now_ms
from scimbridge.directory import leases
from scimbridge.directory.backup import back_up
from scimbridge.errors import DirectoryError
from tests.bridge.other_vendors import VendorWorld
from tests.cli.conftest import Commands

JANE = "jane@example.com"


def database(world: VendorWorld) -> Path:
    return world.path.parent / "directory.db"


def ids(world: VendorWorld) -> dict[str, str]:
    found = world.scim("GET", "/Users?count=1000").json()["Resources"]
    return {each["userName"]: each["id"] for each in found}


def forget_everything(world: VendorWorld) -> None:
    """As after the loss of the disk: a new and empty directory, but for the IdP's token."""
    with world.bridge.directory.write() as connection:
        for table in ("memberships", "grants", "group_entitlements", "resources", "entitlements"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608


def revoke_by_hand(world: VendorWorld) -> None:
    (jane,) = (each for each in state(world)["accounts"] if each["user_name"] == JANE)
    world.simulator.state.remove_grant(jane["native_id"], None, "falconhost_read_only")


def settle(world: VendorWorld) -> None:
    """Let the last change be older than the vendor's reads may lag."""
    with world.bridge.directory.write() as connection:
        connection.exec_driver_sql("UPDATE resources SET converged_at = 1 WHERE converged_at > 0")


def state(world: VendorWorld) -> dict[str, Any]:
    return world.simulator.state.snapshot()


def test_a_lost_directory_is_filled_with_the_same_ids_and_nothing_changes_at_the_vendor(
    world: VendorWorld, run: Commands
) -> None:
    jane = world.scim.create_user(JANE)["id"]
    world.scim.create_group("SEC Readers", jane)
    run.done("import", "falcon")
    before, accounts = ids(world), state(world)
    groups = {each["displayName"] for each in world.scim("GET", "/Groups").json()["Resources"]}
    forget_everything(world)
    assert ids(world) == {}

    assert "falcon was read: " in run.done("import", "falcon")

    assert ids(world) == before
    assert state(world) == accounts
    after = {each["displayName"] for each in world.scim("GET", "/Groups").json()["Resources"]}
    assert after == groups - {"SEC Readers"}


def test_a_report_names_what_differs_and_fails(world: VendorWorld, run: Commands) -> None:
    world.scim.create_group("SEC Readers", world.scim.create_user(JANE)["id"])
    assert "as the IdP asked" in run.done("reconcile", "falcon")
    revoke_by_hand(world)
    settle(world)

    result = run("reconcile", "falcon", "--json")

    assert "1 accounts of falcon" in str(result.exception)
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["user_name"] == JANE
    assert json.loads(line)["steps"][0].startswith("grant role:falconhost_read_only to ")


def test_on_a_terminal_it_is_seen_how_far_the_work_is(world: VendorWorld, run: Commands) -> None:
    read = run("import", "falcon", "--json", terminal=True)
    world.scim.create_group("SEC Readers", world.scim.create_user(JANE)["id"])
    revoke_by_hand(world)
    settle(world)
    compared = run("reconcile", "falcon", "--json", terminal=True)

    there = json.loads(read.stdout)["accounts"]
    assert there > 1
    assert "accounts of falcon" in read.stderr
    assert f"{there}/?" in read.stderr
    assert "1/1" in compared.stderr
    assert json.loads(compared.stdout)["user_name"] == JANE
    assert run("reconcile", "falcon").stderr == ""


def test_two_do_not_compare_at_once(world: VendorWorld, run: Commands) -> None:
    with world.bridge.directory.write() as connection:
        now = now_ms()
        leases.take_target(connection, "falcon", owner="other", now=now, until=now + 900_000)

    assert "another process is reading falcon" in run.fails("reconcile", "falcon")
    assert "another process is reading falcon" in run.fails("import", "falcon")


def test_applied_it_is_mended(world: VendorWorld, run: Commands) -> None:
    world.scim.create_group("SEC Readers", world.scim.create_user(JANE)["id"])
    revoke_by_hand(world)
    settle(world)

    shown = run.done("reconcile", "falcon", "--apply")

    assert "grant role:falconhost_read_only" in shown
    assert world.held(JANE) == {"role:falconhost_read_only"}


def test_what_is_not_accepted_says_why(world: VendorWorld, run: Commands) -> None:
    world.scim.create_group("SEC Readers", world.scim.create_user(JANE)["id"])
    revoke_by_hand(world)
    settle(world)

    result = run("reconcile", "falcon", "--accept")

    assert result.exit_code == 1
    assert "access and logins are not accepted" in result.stdout


def test_a_target_that_is_not_configured_is_refused(run: Commands) -> None:
    assert "there is no target tenable; there are falcon" in run.fails("reconcile", "tenable")


def test_a_backup_holds_all_that_was_answered(
    world: VendorWorld, run: Commands, tmp_path: Path
) -> None:
    world.scim.create_group("SEC Readers", world.scim.create_user(JANE)["id"])
    file = tmp_path / "backup.db"

    assert json.loads(run.done("backup", str(file), "--json"))["file"] == str(file)
    world.scim.create_user("joe@example.com")
    known = ids(world)
    world.bridge.directory.close()
    for left in world.path.parent.glob("directory.db*"):
        left.unlink()
    shutil.copy(file, database(world))

    assert JANE in ids(world)
    assert run.done("reconcile", "falcon")
    # Who came after the backup is found at the vendor again, under the same id.
    run.done("import", "falcon")
    assert known.items() <= ids(world).items()


def test_a_backup_is_for_its_owner_alone(run: Commands, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"

    assert "whole and checked" in run.done("backup", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_backup_is_overwritten(run: Commands, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    file.write_text("an older backup")

    assert "no backup is overwritten" in run.fails("backup", str(file))
    assert file.read_text() == "an older backup"


def test_a_folder_that_is_not_there_is_named(run: Commands, tmp_path: Path) -> None:
    assert "could not be written" in run.fails("backup", str(tmp_path / "missing" / "backup.db"))


def test_postgresql_has_its_own_tool_for_that(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="pg_dump"):
        back_up("postgresql://scimbridge@localhost/scimbridge", tmp_path / "backup.db")
