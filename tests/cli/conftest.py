"""A bridge in front of a simulated Falcon, and its command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scimbridge.cli import cli
from tests.bridge.other_vendors import VendorWorld, open_vendor_world


@dataclass
class Commands:
    """Runs commands with the configuration of one bridge."""

    world: VendorWorld

    def __call__(self, *words: str, terminal: bool = False, typed: str = "") -> Result:
        """Run one; the options come last."""
        shown = {"TERM": "xterm", "TTY_COMPATIBLE": "1", "COLUMNS": "100"} if terminal else {}
        runner = CliRunner(env={**self.world.environ, **shown})
        return runner.invoke(cli, [*words, "--config", str(self.world.path)], input=typed)

    def done(self, *words: str) -> str:
        """Run one that must succeed; returns what it prints."""
        result = self(*words)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    def fails(self, *words: str) -> str:
        """Run one that must fail; returns what it says."""
        result = self(*words)
        assert result.exit_code != 0, result.output
        return str(result.exception)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VendorWorld]:
    with open_vendor_world(tmp_path, "falcon") as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorWorld]:
    """One for all tests of a module, which leave it as they find it."""
    with open_vendor_world(tmp_path_factory.mktemp("shared"), "falcon") as opened:
        yield opened


@pytest.fixture
def run(world: VendorWorld) -> Commands:
    return Commands(world)
