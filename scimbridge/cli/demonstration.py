"""Trying the bridge without a vendor: demo and simulate."""

from __future__ import annotations

from pathlib import Path

import click

from scimbridge.demo.running import run_demo, run_simulator
from scimbridge.demo.setup import TARGETS


@click.command()
@click.option("--port", default=8080, show_default=True, help="The bridge's port; 0: a free one.")
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Written as JSON once everything answers: base URLs, tokens, simulators.",
)
@click.option("--story/--no-story", default=True, show_default=True, help="Play the story first.")
def demo(port: int, ready_file: Path | None, story: bool) -> None:
    """Run the bridge in front of simulated vendors, on loopback, until ctrl-C."""
    run_demo(port=port, ready_file=ready_file, story=story)


@click.command()
@click.argument("vendor", type=click.Choice(sorted(TARGETS)))
@click.option("--port", default=0, help="The simulator's port; default: a free one.")
def simulate(vendor: str, port: int) -> None:
    """Run the simulator of VENDOR alone, on loopback, until ctrl-C."""
    run_simulator(vendor, port=port)
