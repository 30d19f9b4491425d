"""The conformance suite as a command of the bridge."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from scimbridge.cli import cli
from tests.bridge.other_vendors import VendorWorld


def test_a_running_endpoint_is_checked_from_outside(world: VendorWorld, tmp_path: Path) -> None:
    command = ["conformance", world.scim.base_url, "--only", "okta.users.create*", "--json"]
    runner = CliRunner(env={"SCIM_TOKEN": world.scim.token})

    done = runner.invoke(cli, [*command, "--out", str(tmp_path)])

    assert done.exit_code == 0, done.output
    run = json.loads(done.stdout)
    assert run["conforms"] is True
    assert run["left_behind"] == []
    assert run["results"]
    assert (tmp_path / "conformance.html").exists()
    assert world.scim("GET", "/Users?count=0").json()["totalResults"] == 0
