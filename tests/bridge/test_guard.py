"""The guard over HTTP: a wiped group, a hostile token, and the operator's decisions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from scimbridge.app import open_bridge
from scimbridge.cli import cli
from scimbridge.directory import guards
from scimbridge.directory.audit import AuditLog
from scimbridge.directory.schema import audit, resources
from scimbridge.errors import DirectoryError
from scimbridge.keys import derive_key
from scimbridge.provisioning.background import observe
from scimbridge.simulation.server import serve
from tests.conftest import PATCH_OP, SECRET_KEY, Scim, World, open_world

TIGHT = "removal_budget_accounts = 5\nremoval_budget_percent = 0\n"


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[World]:
    """Five accounts an hour may lose access."""
    with open_world(tmp_path, policy=TIGHT) as opened:
        yield opened


@contextmanager
def replica(world: World) -> Iterator[Scim]:
    """Another bridge on the same directory."""
    with ExitStack() as stack:
        opened = open_bridge(world.config, now=world.clock)
        stack.callback(opened.directory.close)
        served = stack.enter_context(serve(opened.app))
        yield Scim(f"{served.url}/falcon/scim/v2", world.scim.token)


@pytest.fixture
def operate(tight: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command as somebody does on the bridge's machine."""
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("CLIENT_SECRET", tight.vendor.simulator.credentials["client_secret"])

    def run(*arguments: str) -> Result:
        path = str(tmp_path / "scimbridge.toml")
        return CliRunner().invoke(cli, ["guard", *arguments, "--config", path])

    return run


def emptied(world: World, group: str) -> requests.Response:
    return world.scim.patch(f"/Groups/{group}", {"op": "replace", "path": "members", "value": []})


def test_a_wiped_group_is_stopped_before_any_access_is_taken(tight: World) -> None:
    users = tight.scim.create_users(6)
    group = tight.scim.create_group("SEC Falcon Readers", *users)
    tight.vendor.forget_calls()
    before = rows(tight)

    first, again = emptied(tight, group), emptied(tight, group)

    assert (first.status_code, again.status_code) == (403, 403)
    assert "6 accounts at falcon, where 0 of the 5" in first.json()["detail"]
    assert "scimbridge guard resume falcon" in again.json()["detail"]
    assert tight.vendor.calls() == []
    assert rows(tight) == before
    assert len(tight.scim("GET", f"/Groups/{group}").json()["members"]) == 6
    root = tight.scim.base_url.removesuffix("/falcon/scim/v2")
    assert requests.get(f"{root}/readyz", timeout=5).status_code == 200


def test_in_a_bulk_what_is_too_much_is_refused_and_the_rest_done(tight: World) -> None:
    users = tight.scim.create_users(7)
    urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
    removals = [{"method": "DELETE", "path": f"/Users/{user}"} for user in users]

    answer = tight.scim("POST", "/Bulk", {"schemas": [urn], "Operations": removals})

    statuses = [each["status"] for each in answer.json()["Operations"]]
    assert statuses == ["204"] * 5 + ["403"] * 2


def test_however_many_ask_at_once_not_one_account_too_many_loses_access(tight: World) -> None:
    users = tight.scim.create_users(14)

    with replica(tight) as second, ThreadPoolExecutor(8) as pool:
        ask = [tight.scim, second] * 7
        answers = list(pool.map(lambda n: ask[n]("DELETE", f"/Users/{users[n]}"), range(14)))

    assert sorted(answer.status_code for answer in answers) == [204] * 5 + [403] * 9
    left = [name for name in tight.vendor.accounts() if name.startswith("user")]
    assert len(left) == 9


def test_neither_a_restart_nor_another_replica_resets_the_count(tight: World) -> None:
    users = tight.scim.create_users(8)
    for user in users[:5]:
        assert tight.scim("DELETE", f"/Users/{user}").status_code == 204

    with replica(tight) as second:
        assert second.set_active(users[5], False).status_code == 403
    assert tight.scim.set_active(users[6], False).status_code == 403


def test_a_paused_target_has_every_write_wait_and_reads_go_on(tight: World, operate: Any) -> None:
    user = str(tight.scim.create_user("jane@example.com")["id"])
    group = tight.scim.create_group("SEC Falcon Readers")
    assert operate("pause", "falcon").exit_code == 0
    tight.vendor.forget_calls()
    body = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "title", "value": "x"}]}
    before = rows(tight)

    answers = [
        tight.scim("POST", "/Users", {"userName": "new@example.com"}),
        tight.scim("PUT", f"/Users/{user}", {"userName": "jane@example.com"}),
        tight.scim("PATCH", f"/Users/{user}", body),
        tight.scim("DELETE", f"/Users/{user}"),
        tight.scim.add_members(group, user),
        tight.scim("POST", "/Bulk", {}),
    ]

    assert {answer.status_code for answer in answers} == {429}
    assert {answer.headers["Retry-After"] for answer in answers} == {"30"}
    assert "paused falcon" in answers[0].json()["detail"]
    assert tight.scim("GET", f"/Users/{user}").status_code == 200
    assert tight.scim("GET", "/Groups").status_code == 200
    assert tight.vendor.calls() == []
    assert rows(tight) == before
    assert operate("resume", "falcon").exit_code == 0
    assert tight.scim("DELETE", f"/Users/{user}").status_code == 204


def test_a_paused_target_is_not_looked_at(tight: World, operate: Any) -> None:
    operate("pause", "falcon")
    tight.vendor.forget_calls()

    observe(tight.provider)
    assert tight.vendor.calls() == []
    operate("resume", "falcon")
    observe(tight.provider)

    assert tight.vendor.calls() != []


def test_an_operator_sees_what_happened_and_lets_it_go_on(tight: World, operate: Any) -> None:
    users = tight.scim.create_users(6)
    group = tight.scim.create_group("SEC Falcon Readers", *users)
    assert emptied(tight, group).status_code == 403

    shown = json.loads(operate("status", "--json").stdout)
    assert shown["target"] == "falcon"
    assert (shown["used"], shown["limit"], shown["window_s"]) == (0, 5, 3600)
    assert shown["paused_at"] is None
    assert shown["removals_paused_at"] is not None
    assert "asked to take access from 6 accounts, with 0 of 5 used" in shown["reason"]
    assert "paused since" in operate("status", "falcon").stdout
    resumed = json.loads(operate("resume", "falcon", "--allow", "6", "--json").stdout)
    assert (resumed["limit"], resumed["removals_paused_at"]) == (6, None)

    assert emptied(tight, group).status_code == 200
    assert json.loads(operate("status", "--json").stdout)["used"] == 6


def test_decisions_are_audited_with_the_name_that_the_system_knows(
    tight: World, operate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    operate("pause", "falcon")
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    operate("resume", "falcon", "--allow", "9")

    with tight.bridge.directory.read() as connection:
        lines = connection.execute(audit.select().order_by(audit.c.pk)).all()
        key = derive_key(SECRET_KEY.encode(), "audit")
        assert AuditLog(key).verify(connection, "falcon") is None
    assert [line.action for line in lines] == ["target paused", "target resumed"]
    assert lines[0].actor.startswith("os:")
    assert "somebody" not in lines[0].actor
    assert lines[1].actor == "os:4000000000"
    assert json.loads(lines[1].detail)["allow"] == 9


def test_a_target_that_is_not_configured_is_named(tight: World, operate: Any) -> None:
    answer = operate("pause", "falcno")

    assert answer.exit_code != 0
    assert "no target falcno; there are falcon" in str(answer.exception)


def test_the_guard_is_in_the_metrics(tight: World, operate: Any) -> None:
    user = tight.scim.create_user("jane@example.com")["id"]
    tight.scim("DELETE", f"/Users/{user}")
    operate("pause", "falcon")

    text = metrics(tight)

    assert 'scimbridge_paused{target="falcon",what="writes"} 1.0' in text
    assert 'scimbridge_paused{target="falcon",what="removals"} 0.0' in text
    assert 'scimbridge_removal_budget_used{target="falcon"} 1.0' in text
    assert 'scimbridge_removal_budget_limit{target="falcon"} 5.0' in text


def test_a_budget_that_is_off_has_no_gauges(tmp_path: Path) -> None:
    with open_world(tmp_path, policy="removal_budget = false") as world:
        text = metrics(world)

    assert "scimbridge_paused{" in text
    assert "scimbridge_removal_budget_used{" not in text


def test_metrics_are_there_while_the_directory_is_not(
    tight: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight.scim("GET", "/Users")

    def fail(*_: object) -> None:
        raise DirectoryError("disk I/O error")

    monkeypatch.setattr(guards, "get", fail)
    text = metrics(tight)

    assert "scimbridge_requests_total{" in text
    assert "scimbridge_paused{" not in text


def metrics(world: World) -> str:
    root = world.scim.base_url.removesuffix("/falcon/scim/v2")
    return requests.get(f"{root}/metrics", timeout=5).text


def rows(world: World) -> list[Any]:
    with world.bridge.directory.read() as connection:
        return list(connection.execute(resources.select().order_by(resources.c.pk)))
