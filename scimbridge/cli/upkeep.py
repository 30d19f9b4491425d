"""Looking after a bridge that runs: import, reconcile, backup."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from scimbridge.cli.options import config_option, read_config, target_argument
from scimbridge.cli.output import json_option, print_json
from scimbridge.cli.progress import bar
from scimbridge.cli.provider import open_provider
from scimbridge.directory.backup import back_up
from scimbridge.errors import ScimbridgeError
from scimbridge.provisioning.reconcile import Drift, Mode


@click.command(name="import")
@config_option
@target_argument
@json_option
def import_(path: Path, target: str, as_json: bool) -> None:
    """Read all accounts and entitlements of TARGET into the directory; no account is changed.

    The bridge does so by itself every observe_every_s. Ids are derived from the vendor's own, so
    that a directory that was lost is filled with the same ones again.
    """
    with open_provider(path, target) as provider, bar(f"accounts of {target}") as shown:
        # Custom roles of the configuration are put in place first, which a pause holds.
        provider.pauses.require_running()
        done = provider.observer.observe(shown.move)
    if not done:
        raise ScimbridgeError(f"another process is reading {target} just now; try again later")
    if as_json:
        print_json({"target": target, "accounts": shown.done})
    else:
        click.echo(f"{target} was read: {shown.done} accounts.")


@click.command()
@config_option
@target_argument
@click.option("--apply", "mode", flag_value="enforce", help="Bring accounts to what is desired.")
@click.option("--accept", "mode", flag_value="accept", help="Take names and deletions over.")
@json_option
def reconcile(path: Path, target: str, mode: Mode | None, as_json: bool) -> None:
    """Show which accounts of TARGET are not as the IdP asked, and set them right if told to.

    Exit status 1 if anything differs that was not mended.
    """
    console = Console(soft_wrap=True)
    left = 0
    with open_provider(path, target) as provider, bar(f"users of {target}") as shown:
        for drift in provider.reconciler.run(mode or "report", shown.move):
            shown.stop()
            left += mode is None or bool(drift.failure)
            if as_json:
                print_json(_as_json(drift))
            else:
                console.print(drift.user_name, style="bold", markup=False)
                for words in drift.words:
                    console.print(f"  {words}", markup=False)
                if drift.failure:
                    console.print(f"  not done: {drift.failure}", style="red", markup=False)
    if left:
        raise ScimbridgeError(f"{left} accounts of {target} are not as the IdP asked")
    if not as_json:
        console.print(f"Every account of {target} is as the IdP asked.")


@click.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def backup(path: Path, file: Path, as_json: bool) -> None:
    """Copy the directory to the new FILE while the bridge runs.

    To restore it, stop the bridge and put FILE in the place of the database; then run
    `scimbridge reconcile` for each target, since the vendors have moved on.
    """
    size = back_up(read_config(path).bridge.database, file)
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        click.echo(f"{file}: {size:,} bytes, whole and checked.")


def _as_json(drift: Drift) -> dict[str, object]:
    return {
        "scim_id": drift.scim_id,
        "user_name": drift.user_name,
        "steps": drift.words,
        "failure": drift.failure or None,
    }
