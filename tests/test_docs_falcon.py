"""The page of Falcon agrees with the connector and the simulator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scimbridge.config import load_config
from scimbridge.connectors.falcon.simulator.switches import SWITCHES
from scimbridge.connectors.registry import vendor_settings

PAGE = (Path(__file__).parent.parent / "docs/vendors/falcon.md").read_text()
ROWS = re.findall(r"^\| [^|]+ \| `(\w+)` \| ([^|]+) \|$", PAGE.split("## Not known")[1], re.M)


def test_there_are_open_questions() -> None:
    assert len(ROWS) > 10


@pytest.mark.parametrize(("name", "values"), ROWS)
def test_an_open_question_names_a_switch_with_its_default_first(name: str, values: str) -> None:
    [switch] = [each for each in SWITCHES if each.name == name]

    first = re.split(r"[ ,;]", values.strip())[0].strip("`")
    shown = str(switch.default).lower().removesuffix(".0")
    assert first in (shown, "any")


def test_the_target_in_the_page_is_accepted(tmp_path: Path) -> None:
    [block] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "scimbridge.toml"
    path.write_text(f'[bridge]\ndatabase = "directory.db"\n{block}')

    config = load_config(path, vendor_settings(), environ={"FALCON_CLIENT_SECRET": "secret"})

    assert list(config.targets) == ["falcon-prod"]
