"""Who holds what, asked of the vendor itself, and the password of the bridge's own account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.other_vendors import VendorWorld, open_vendor_world
from tests.cli.conftest import Commands

JANE = "jane@example.com"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[VendorWorld]:
    with open_vendor_world(tmp_path, "insightvm") as opened:
        yield opened


def test_who_holds_a_role_is_listed_with_whom_the_bridge_gave_it(console: VendorWorld) -> None:
    user = console.scim.create_user(JANE)["id"]
    console.scim.create_group("SEC Analysts", user)

    printed = Commands(console).done("holders", "insightvm", "role:security-manager", "--json")

    found = {each["user_name"]: each for each in map(json.loads, printed.splitlines())}
    assert found[JANE]["given"] is True
    assert found[JANE]["scim_id"] == user
    assert found["mara.lind"]["given"] is False
    assert found["mara.lind"]["scim_id"] is None


def test_holders_are_a_table_for_people(console: VendorWorld) -> None:
    assert "mara.lind" in Commands(console).done("holders", "insightvm", "site:1")


def test_who_has_a_privilege_by_their_role_can_be_asked(console: VendorWorld) -> None:
    run = Commands(console)

    assert "mara.lind" in run.done("holders", "insightvm", "privilege:create-reports")
    assert "create-reports" in run.fails("holders", "insightvm", "privilege:fly")
    assert "no entitlements of the kind" in run.fails("holders", "insightvm", "badge:1")


def test_what_a_person_holds_and_may_do_is_shown(console: VendorWorld) -> None:
    run = Commands(console)

    shown = json.loads(run.done("held", "insightvm", "mara.lind", "--json"))
    printed = run.done("held", "insightvm", "mara.lind")

    assert ("site:1", True) in {(each["entitlement"], each["direct"]) for each in shown["held"]}
    assert "create-reports" in shown["permissions"]
    assert "role:security-manager" in printed
    assert "create-reports" in printed
    assert "has no account" in run.fails("held", "insightvm", "nobody")


def test_the_bridge_s_own_password_is_changed_to_one_from_a_file(
    console: VendorWorld, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    new.write_text("Correct-Horse-7")

    done = Commands(console).done("rotate-password", "insightvm", "--from", f"file:{new}", "--json")

    assert json.loads(done) == {"target": "insightvm", "changed": True}
    login = console.simulator.credentials["user_name"]
    assert console.simulator.state.find_user(login).password == "Correct-Horse-7"


def test_the_new_password_is_asked_for_where_nothing_names_it(console: VendorWorld) -> None:
    typed = "Correct-Horse-8\nCorrect-Horse-8\n"

    result = Commands(console)("rotate-password", "insightvm", typed=typed)

    assert result.stdout == (
        "The password at insightvm is changed; now restart the bridge with it.\n"
    )
    login = console.simulator.credentials["user_name"]
    assert console.simulator.state.find_user(login).password == "Correct-Horse-8"


def test_where_there_is_no_password_none_is_changed(world: VendorWorld, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.write_text("Correct-Horse-7")

    said = Commands(world).fails("rotate-password", "falcon", "--from", f"file:{new}")

    assert "does not sign in" in said
