"""Looking at the configuration and what it leads to: check, entitlements."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scimbridge.app import open_connector
from scimbridge.cli.options import config_option, read_config, require_target, target_argument
from scimbridge.cli.output import json_option, print_json
from scimbridge.errors import ScimbridgeError, VendorError
from scimbridge.keys import secret_key


@click.command()
@config_option
@json_option
def check(path: Path, as_json: bool) -> None:
    """Prove the configuration, and each vendor's credentials, scopes and certificate."""
    config = read_config(path)
    secret_key(config)
    console = Console(soft_wrap=True)
    unusable = []
    for name, target in config.targets.items():
        reason = None
        try:
            open_connector(target).check()
        except VendorError as error:
            reason = error.reason
            unusable.append(name)
        if as_json:
            print_json({"target": name, "usable": reason is None, "reason": reason})
        elif reason is None:
            console.print(f"[green]✓[/green] {name}: the vendor answers and the scopes suffice")
        else:
            console.print(f"[red]✗[/red] {name}: {escape(reason)}")
    if unusable:
        raise ScimbridgeError(f"not usable: {', '.join(unusable)}")


@click.command()
@config_option
@target_argument
@json_option
def entitlements(path: Path, target: str, as_json: bool) -> None:
    """List what accounts of TARGET can hold, in the form that the configuration takes."""
    config = read_config(path)
    require_target(path, config, target)
    table = Table("entitlement", "name", "description")
    for each in open_connector(config.targets[target]).entitlements():
        if as_json:
            print_json(each)
        table.add_row(
            escape(str(each.entitlement)), escape(each.display_name), escape(each.description)
        )
    if not as_json:
        Console(soft_wrap=True).print(table)
