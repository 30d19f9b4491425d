"""The guide names what exists, and all of it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings
from scimbridge.connectors.cortex_xdr.simulator import create_simulator

GUIDE = Path(__file__).parents[3] / "docs/vendors/cortex_xdr.md"


def unknowns() -> list[list[str]]:
    """The rows of the last table: what is open, what is done, setting, simulator's switch."""
    table = GUIDE.read_text(encoding="utf-8").rpartition("| open |")[2].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def named(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_setting_named_for_an_unknown_exists() -> None:
    settings = {field.name for field in dataclasses.fields(CortexXdrSettings)}

    assert {name for row in unknowns() for name in named(row[2])} <= settings


def test_every_switch_named_for_an_unknown_exists() -> None:
    switches = create_simulator().switches.as_dict()

    names = [name for row in unknowns() for name in named(row[3])]
    assert len(names) > 5
    assert set(names) <= switches.keys()
