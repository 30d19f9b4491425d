"""The audit log on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import delete, update

from scimbridge.directory.schema import audit
from tests.bridge.other_vendors import VendorWorld
from tests.cli.conftest import Commands


def tamper(world: VendorWorld, statement: object) -> None:
    with world.bridge.directory.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_the_lines_tell_who_wanted_what(world: VendorWorld, run: Commands) -> None:
    jane = world.scim.create_user("jane@example.com")["id"]

    shown = [json.loads(line) for line in run.done("audit", "show", "--json").splitlines()]

    assert [line["action"] for line in shown] == ["create wanted", "create done"]
    assert {line["actor"].rpartition(":")[2] for line in shown} == {"test"}
    assert shown[-1]["scim_id"] == jane


def test_each_is_a_line_of_text(world: VendorWorld, run: Commands) -> None:
    world.scim.create_user("jane@example.com")

    wanted, done = run.done("audit", "show", "falcon").splitlines()

    assert "  create wanted  User  " in wanted
    assert "  create done  User " in done


def test_the_lines_of_one_resource_can_be_picked(world: VendorWorld, run: Commands) -> None:
    jane = world.scim.create_user("jane@example.com")["id"]
    world.scim.create_user("joe@example.com")

    shown = run.done("audit", "show", "--json", "--id", jane).splitlines()

    assert [json.loads(line)["scim_id"] for line in shown] == [jane]


def test_an_untouched_chain_holds(world: VendorWorld, run: Commands) -> None:
    world.scim.create_user("jane@example.com")

    assert "2 lines of 1 targets: the chain holds" in run.done("audit", "verify")
    assert json.loads(run.done("audit", "verify", "--json")) == {
        "targets": ["falcon"],
        "lines": 2,
        "broken": [],
    }


def test_a_changed_line_is_named(world: VendorWorld, run: Commands) -> None:
    world.scim.create_user("jane@example.com")
    tamper(world, update(audit).where(audit.c.pk == 1).values(actor="mallory"))

    assert "falcon: the chain breaks at line 1" in run.fails("audit", "verify")
    result = run("audit", "verify", "--json")
    assert json.loads(result.stdout)["broken"] == ["falcon: the chain breaks at line 1"]
    assert result.exit_code == 1


def test_lines_cut_off_at_the_end_are_missed_in_an_earlier_export(
    world: VendorWorld, run: Commands, tmp_path: Path
) -> None:
    world.scim.create_user("jane@example.com")
    export = tmp_path / "export.jsonl"
    export.write_text(run.done("audit", "export"))
    assert "holds" in run.done("audit", "verify", "--against", str(export))

    tamper(world, delete(audit).where(audit.c.pk == 2))

    assert "holds" in run.done("audit", "verify")
    assert "line 2 of" in run.fails("audit", "verify", "--against", str(export))


def test_a_whole_log_that_is_gone_is_missed_too(
    world: VendorWorld, run: Commands, tmp_path: Path
) -> None:
    world.scim.create_user("jane@example.com")
    export = tmp_path / "export.jsonl"
    export.write_text(run.done("audit", "export", "falcon"))

    tamper(world, delete(audit))

    assert "is missing or was changed" in run.fails("audit", "verify", "--against", str(export))


def test_what_is_no_export_is_refused(run: Commands, tmp_path: Path) -> None:
    export = tmp_path / "export.jsonl"
    export.write_text('{"pk": 1}\n')

    assert "line 1, is no line of an export" in run.fails(
        "audit", "verify", "--against", str(export)
    )
