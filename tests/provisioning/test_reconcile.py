"""Comparing what is desired with what the vendor has, and mending the difference."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from scimbridge.connectors.interface import Account
from scimbridge.directory import differences
from scimbridge.directory.schema import audit
from scimbridge.errors import TemporarilyUnavailable
from scimbridge.provisioning.background import reconcile
from scimbridge.provisioning.outcome import BRIDGE
from scimbridge.provisioning.plan import SetActive, UpdateAccount
from scimbridge.provisioning.reconcile import Drift, Mode, accepted
from tests.bridge.other_vendors import open_vendor_world
from tests.conftest import World, open_world

JANE = "jane@example.com"
READER = "falconhost_read_only"
EMPTY = {"meta": {"pagination": {"offset": 0, "limit": 1, "total": 0}}, "resources": []}
DAY_S = 86_400
"""Longer than Falcon's reads lag, within which differences are ignored."""


def hire(world: World, **attributes: Any) -> str:
    """The id of Jane, who is a reader."""
    jane = str(world.scim.create_user(JANE, **attributes)["id"])
    world.scim.create_group("SEC Falcon Readers", jane)
    return jane


def run(world: World, mode: Mode = "report") -> list[Drift]:
    world.clock.advance(DAY_S)
    return list(world.provider.reconciler.run(mode))


def known(world: World) -> list[tuple[str, ...]]:
    with world.bridge.directory.read() as connection:
        return [each.steps for each in differences.of_target(connection, "falcon")]


def by_hand(world: World) -> tuple[Any, str]:
    """What an administrator can do in the vendor's console, and Jane's id there."""
    return world.vendor.simulator.state, world.vendor.accounts()[JANE]["native_id"]


def disarmed(world: World) -> tuple[str, str]:
    """The id of Jane, a reader whose role somebody revoked by hand, and her account's."""
    jane = hire(world)
    state, account = by_hand(world)
    state.remove_grant(account, None, READER)
    return jane, account


def test_what_the_bridge_did_is_no_difference(world: World) -> None:
    jane = hire(world, name={"givenName": "Jane", "familyName": "Doe"}, displayName="Jane D.")
    world.scim.set_active(world.scim.create_user("joe@example.com")["id"], False)
    world.scim.patch(f"/Users/{jane}", {"op": "add", "path": "title", "value": "CISO"})

    assert run(world) == []


@pytest.mark.parametrize("name", ["insightvm", "cortex"])
def test_nor_is_it_at_the_other_vendors(tmp_path: Path, name: str) -> None:
    with open_vendor_world(tmp_path, name) as world:
        if name == "cortex":
            world.simulator.state.add_account({"user_name": "Ada.Byron@example.com"})
        given = {"givenName": "Ada", "familyName": "Byron"}
        ada = world.scim.create_user("ada.byron@example.com", name=given, displayName="Ada B.")
        world.scim.create_group("SEC Analysts", ada["id"])
        world.scim.set_active(world.scim.create_user("joe@example.com")["id"], False)

        assert list(world.bridge.providers[name].reconciler.run("report")) == []


def test_a_grant_that_somebody_revoked_by_hand_is_reported_and_not_touched(world: World) -> None:
    _, account = disarmed(world)
    world.vendor.forget_calls()

    (drift,) = run(world)

    assert (drift.user_name, drift.words) == (JANE, (f"grant role:{READER} to {account}",))
    assert known(world) == [drift.words]
    assert {call.split()[0] for call in world.vendor.calls()} <= {"GET", "POST"}
    assert world.vendor.roles(JANE) == set()


def test_enforcing_gives_it_back(world: World) -> None:
    disarmed(world)

    (drift,) = run(world, "enforce")

    assert drift.failure == ""
    assert world.vendor.roles(JANE) == {READER}
    assert known(world) == []


def test_access_that_a_leaver_was_given_by_hand_is_found_and_taken(world: World) -> None:
    world.scim.set_active(hire(world), False)
    state, account = by_hand(world)
    state.add_grant(account, None, "falconhost_admin")

    (drift,) = run(world)
    assert drift.words == (f"revoke role:falconhost_admin from {account}",)
    assert run(world, "enforce")

    assert world.vendor.roles(JANE) == set()
    assert run(world) == []


def test_roles_that_somebody_gave_by_hand_to_who_is_there_stay(world: World) -> None:
    hire(world)
    world.vendor.grant(JANE, "falconhost_admin")

    assert run(world, "enforce") == []
    assert "falconhost_admin" in world.vendor.roles(JANE)


def test_a_name_that_was_changed_by_hand_is_set_right(world: World) -> None:
    hire(world, name={"givenName": "Jane", "familyName": "Doe"})
    state, account = by_hand(world)
    state.rename_user(state.users[account], "Janet", "Doe")

    assert run(world, "enforce")

    assert world.vendor.accounts()[JANE]["given_name"] == "Jane"


def test_an_accepted_name_is_what_readers_see(world: World) -> None:
    jane = hire(world, name={"givenName": "Jane", "familyName": "Doe"})
    before = world.scim("GET", f"/Users/{jane}").json()["meta"]["version"]
    state, account = by_hand(world)
    state.rename_user(state.users[account], "Janet", "Doe")

    assert [each.failure for each in run(world, "accept")] == [""]

    shown = world.scim("GET", f"/Users/{jane}").json()
    assert shown["name"] == {"givenName": "Janet", "familyName": "Doe"}
    assert shown["meta"]["version"] != before
    assert run(world) == []


def test_a_disabled_account_without_a_name_is_accepted_as_that() -> None:
    document = {"userName": JANE, "active": True, "name": {"givenName": "Jane"}, "title": "CISO"}
    account = Account(JANE, active=False, native_id="7")
    steps = (UpdateAccount(account, frozenset({"given_name"})), SetActive("7", active=True))

    after = accepted(document, account, steps)

    assert after == {"userName": JANE, "active": False, "title": "CISO"}


def test_access_is_never_accepted(world: World) -> None:
    disarmed(world)

    (drift,) = run(world, "accept")

    assert "enforce what it asked for" in drift.failure
    assert known(world) == [drift.words]


def test_an_account_that_was_deleted_by_hand_is_made_again(world: World) -> None:
    jane = hire(world)
    state, account = by_hand(world)
    state.delete_user(state.users[account])

    (drift,) = run(world, "enforce")

    assert (drift.account, drift.failure) == (None, "")
    assert world.vendor.roles(JANE) == {READER}
    assert world.scim("GET", f"/Users/{jane}").status_code == 200


def test_an_accepted_deletion_is_one_for_readers_too(world: World) -> None:
    jane = hire(world)
    state, account = by_hand(world)
    state.delete_user(state.users[account])

    run(world, "accept")

    assert world.scim("GET", f"/Users/{jane}").status_code == 404
    (group,) = world.scim("GET", "/Groups").json()["Resources"]
    assert group.get("members", []) == []


def test_what_cannot_be_mended_says_why(world: World) -> None:
    disarmed(world)
    world.vendor.fault("POST /user-management/entities/user-role-actions/v1", status=503, count=9)

    (drift,) = run(world, "enforce")

    assert "503" in drift.failure
    assert known(world) == [drift.words]


def test_differences_younger_than_the_vendors_reads_lag_are_ignored(world: World) -> None:
    disarmed(world)

    assert list(world.provider.reconciler.run("report")) == []


def test_who_was_never_provisioned_is_not_compared(world: World) -> None:
    state = world.vendor.simulator.state
    state.add_account({"user_name": JANE})
    world.provider.observer.observe()
    world.vendor.forget_calls()

    assert run(world) == []
    assert world.vendor.calls() == []


@pytest.mark.parametrize("mode", ["enforce", "accept"])
def test_who_changes_while_being_looked_at_is_left_for_the_next_pass(
    world: World, mode: Mode
) -> None:
    jane, _ = disarmed(world)
    world.clock.advance(DAY_S)
    passing = world.provider.reconciler
    (drift,) = passing._differences()
    world.scim.patch(f"/Users/{jane}", {"op": "add", "path": "name.givenName", "value": "J."})

    mended = passing._mend(drift, mode)

    assert "next pass" in mended.failure


def test_an_account_that_only_a_list_left_out_is_no_difference(world: World) -> None:
    hire(world)
    world.vendor.fault("GET /user-management/queries/users/v1", status=200, body=EMPTY)

    assert run(world, "enforce") == []


def test_an_account_that_goes_while_it_is_looked_at_is_gone(world: World) -> None:
    hire(world)
    errors = {"meta": {}, "resources": [], "errors": [{"code": 404, "message": "not found"}]}
    route = "GET /user-management/combined/user-roles/v2"
    world.vendor.fault(route, status=404, body=errors, count=9)

    assert [each.account for each in run(world)] == [None]


def test_one_process_at_a_time_compares_a_target(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    disarmed(world)
    world.clock.advance(DAY_S)
    first = world.provider.reconciler.run("report")
    next(first)

    with pytest.raises(TemporarilyUnavailable, match="another process is reading falcon"):
        list(world.provider.reconciler.run("report"))
    with caplog.at_level(logging.INFO):
        reconcile(world.provider)
    assert [each.levelname for each in caplog.records if "is not compared" in each.message] == [
        "INFO"
    ]
    first.close()
    assert len(run(world)) == 1


def test_what_was_mended_is_in_the_audit_log(world: World) -> None:
    disarmed(world)

    run(world, "enforce")

    with world.bridge.directory.read() as connection:
        actions = list(connection.execute(select(audit.c.action).order_by(audit.c.pk)).scalars())
    assert actions[-2:] == ["reconcile wanted", "reconcile done"]


# --- the scheduled pass ----------------------------------------------------------------------


def test_the_scheduled_pass_runs_once_a_day(world: World, caplog: pytest.LogCaptureFixture) -> None:
    disarmed(world)
    caplog.set_level(logging.WARNING)

    reconcile(world.provider)
    assert "is not as desired" not in caplog.text
    world.clock.advance(DAY_S)
    reconcile(world.provider)
    assert caplog.text.count("is not as desired") == 1
    reconcile(world.provider)
    assert caplog.text.count("is not as desired") == 1


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    with open_world(tmp_path, policy='reconcile = "off"') as world:
        hire(world)
        world.clock.advance(DAY_S)
        world.vendor.forget_calls()

        reconcile(world.provider)

        assert world.vendor.calls() == []


def test_a_vendor_that_is_down_is_compared_later(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    hire(world)
    world.clock.advance(DAY_S)
    world.vendor.fault("GET /user-management/queries/users/v1", status=503, count=9)

    reconcile(world.provider)

    assert "could not be compared" in caplog.text
    assert world.provider.reconciler.is_due()


def test_a_fault_of_ours_does_not_end_the_schedule(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(world)
    world.clock.advance(DAY_S)
    monkeypatch.setattr("scimbridge.provisioning.reconcile.plan", lambda *_: 1 / 0)

    reconcile(world.provider)

    assert "ZeroDivisionError" in caplog.text


# --- brakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["enforce", "accept"])
def test_accounts_that_are_gone_by_the_dozen_are_left_to_an_operator(
    world: World, mode: Mode
) -> None:
    ids = world.scim.create_users(6)
    state = world.vendor.simulator.state
    for each in world.vendor.accounts().values():
        if each["user_name"].startswith("user"):
            state.delete_user(state.users[each["native_id"]])

    drifts = run(world, mode)

    assert len(drifts) == 6
    assert all("6 accounts are gone at once" in each.failure for each in drifts)
    assert {world.scim("GET", f"/Users/{each}").status_code for each in ids} == {200}
    assert not any(name.startswith("user") for name in world.vendor.accounts())


@pytest.mark.parametrize("mode", ["enforce", "accept"])
def test_nothing_is_mended_while_an_operator_has_the_target_paused(
    world: World, mode: Mode
) -> None:
    disarmed(world)
    world.provider.pauses.pause(BRIDGE)

    (drift,) = run(world, mode)

    assert drift.failure == "an operator has paused the target"
    assert world.vendor.roles(JANE) == set()


def test_a_leaver_whose_account_is_gone_is_as_desired(world: World) -> None:
    world.scim.set_active(hire(world), False)
    state, account = by_hand(world)
    state.delete_user(state.users[account])

    assert run(world, "enforce") == []
    assert JANE not in world.vendor.accounts()


@pytest.mark.parametrize("mode", ["enforce", "accept"])
def test_who_was_written_and_converged_meanwhile_is_left_for_the_next_pass(
    world: World, mode: Mode
) -> None:
    jane = hire(world, name={"givenName": "Jane", "familyName": "Doe"})
    state, account = by_hand(world)
    state.rename_user(state.users[account], "Janet", "Doe")
    world.clock.advance(DAY_S)
    (drift,) = world.provider.reconciler._differences()
    world.scim.patch(f"/Users/{jane}", {"op": "add", "path": "name.givenName", "value": "Jenny"})
    world.clock.advance(DAY_S)

    assert "next pass" in world.provider.reconciler._mend(drift, mode).failure
    assert world.scim("GET", f"/Users/{jane}").json()["name"]["givenName"] == "Jenny"


def test_an_account_that_came_back_meanwhile_is_not_accepted_as_gone(world: World) -> None:
    jane = hire(world)
    state, account = by_hand(world)
    user = state.users[account]
    state.delete_user(user)
    world.clock.advance(DAY_S)
    (drift,) = world.provider.reconciler._differences()
    state.users[account] = user

    assert "next pass" in world.provider.reconciler._mend(drift, "accept").failure
    assert world.scim("GET", f"/Users/{jane}").status_code == 200
