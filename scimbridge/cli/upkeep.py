"""Looking after a bridge that runs: import, reconcile, backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from scimbridge.cli.options import config_option, open_provider, read_config
from scimbridge.directory.backup import back_up
from scimbridge.errors import ScimbridgeError
from scimbridge.provisioning.reconcile import Drift, Mode


@click.command(name="import")
@config_option
@click.argument("target")
def import_(path: Path, target: str) -> None:
    """Read all accounts and entitlements of TARGET into the directory; no account is changed.

    The bridge does so by itself every observe_every_s. Ids are derived from the vendor's own, so
    that a directory that was lost is filled with the same ones again.
    """
    with open_provider(path, target) as provider, _progress(f"reading {target}"):
        # Custom roles of the configuration are put in place first, which a pause holds.
        provider.pauses.require_running()
        done = provider.observer.observe()
    if not done:
        raise ScimbridgeError(f"another process is reading {target} just now; try again later")
    Console().print(f"{target} was read.")


@click.command()
@config_option
@click.argument("target")
@click.option("--apply", "mode", flag_value="enforce", help="Bring accounts to what is desired.")
@click.option("--accept", "mode", flag_value="accept", help="Take names and deletions over.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def reconcile(path: Path, target: str, mode: Mode | None, as_json: bool) -> None:
    """Show which accounts of TARGET are not as the IdP asked, and set them right if told to.

    Exit status 1 if anything differs that was not mended.
    """
    console = Console(soft_wrap=True)
    left = 0
    with open_provider(path, target) as provider, _progress(f"comparing {target}"):
        for drift in provider.reconciler.run(mode or "report"):
            left += mode is None or bool(drift.failure)
            if as_json:
                click.echo(orjson.dumps(_as_json(drift)).decode())
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
def backup(path: Path, file: Path) -> None:
    """Copy the directory to the new FILE while the bridge runs.

    To restore it, stop the bridge and put FILE in the place of the database; then run
    `scimbridge reconcile` for each target, since the vendors have moved on.
    """
    size = back_up(read_config(path).bridge.database, file)
    Console().print(f"{file}: {size:,} bytes, whole and checked.")


def _as_json(drift: Drift) -> dict[str, object]:
    return {
        "id": drift.scim_id,
        "userName": drift.user_name,
        "steps": drift.words,
        "failure": drift.failure or None,
    }


@contextmanager
def _progress(words: str) -> Iterator[None]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(words, total=None)
        yield
