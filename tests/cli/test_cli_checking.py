"""Whether a configuration leads anywhere, and what can be written into it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from scimbridge.simulation.faults import Fault
from tests.bridge.other_vendors import VendorWorld
from tests.cli.conftest import Commands


@pytest.fixture
def world(shared: VendorWorld) -> Iterator[VendorWorld]:
    yield shared
    shared.simulator.faults.clear()


def test_a_vendor_that_answers_is_usable(run: Commands) -> None:
    assert "✓ falcon: the vendor answers" in run.done("check")
    assert json.loads(run.done("check", "--json")) == {
        "target": "falcon",
        "usable": True,
        "reason": None,
    }


def test_a_vendor_that_refuses_the_credentials_is_named_with_the_reason(
    world: VendorWorld, run: Commands
) -> None:
    world.simulator.faults.add(Fault(status=403), count=50)

    text, line = run("check"), run("check", "--json")

    assert "✗ falcon: " in text.stdout
    assert json.loads(line.stdout)["usable"] is False
    assert json.loads(line.stdout)["reason"]
    assert str(text.exception) == "not usable: falcon"
    assert (text.exit_code, line.exit_code) == (1, 1)


def test_what_can_be_held_is_listed_as_the_configuration_takes_it(run: Commands) -> None:
    assert "role:falconhost_analyst" in run.done("entitlements", "falcon")

    listed = [
        json.loads(line) for line in run.done("entitlements", "falcon", "--json").splitlines()
    ]

    assert "role:falconhost_analyst" in {each["entitlement"] for each in listed}
    assert listed[0].keys() == {"entitlement", "display_name", "description", "assignable"}


def test_the_schema_is_brought_up_to_date_and_named(run: Commands) -> None:
    revision = json.loads(run.done("migrate", "--json"))["revision"]

    assert f"up to date, at {revision}" in run.done("migrate")
