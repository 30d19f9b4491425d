"""Running the bridge: serve, migrate, check, entitlements."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scimbridge.app import open_connector
from scimbridge.cli.options import config_option, read_config, require_target, secret_key
from scimbridge.directory import migrate as directory_migrate
from scimbridge.errors import ScimbridgeError, VendorError
from scimbridge.web.metrics import MULTIPROCESS_VARIABLE
from scimbridge.wsgi import CONFIG_VARIABLE


@click.command()
@config_option
def serve(path: Path) -> None:
    """Run the bridge under gunicorn, after bringing the directory's schema up to date."""
    config = read_config(path)
    secret_key(config)
    directory_migrate.migrate(config.bridge.database)
    bridge = config.bridge
    environment = os.environ | {
        CONFIG_VARIABLE: str(path.resolve()),
        # Fresh, so that nothing is counted twice; gunicorn removes it when it ends.
        MULTIPROCESS_VARIABLE: tempfile.mkdtemp(prefix="scimbridge-metrics-"),
        "SCIMBRIDGE_LISTEN": bridge.listen,
        "SCIMBRIDGE_WORKERS": str(bridge.workers),
        "SCIMBRIDGE_THREADS": str(bridge.threads),
        "SCIMBRIDGE_LOG_LEVEL": bridge.log_level,
        "SCIMBRIDGE_DEADLINE_S": str(bridge.deadline_s),
    }
    # In place of this process, so that a supervisor's signals reach gunicorn itself.
    arguments = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:scimbridge.gunicorn_conf",
        "scimbridge.wsgi:create_app()",
    ]
    os.execve(sys.executable, arguments, environment)  # noqa: S606 - no shell is wanted


@click.command()
@config_option
def migrate(path: Path) -> None:
    """Bring the directory's schema up to date; `serve` does this by itself."""
    config = read_config(path)
    directory_migrate.migrate(config.bridge.database)
    Console().print("The directory's schema is up to date.")


@click.command()
@config_option
def check(path: Path) -> None:
    """Prove the configuration, and each vendor's credentials, scopes and certificate."""
    config = read_config(path)
    secret_key(config)
    console = Console(soft_wrap=True)
    failed = False
    for name, target in config.targets.items():
        try:
            open_connector(target).check()
        except VendorError as error:
            failed = True
            console.print(f"[red]✗[/red] {name}:", error.reason, markup=True)
        else:
            console.print(f"[green]✓[/green] {name}: the vendor answers and the scopes suffice")
    if failed:
        raise ScimbridgeError("not every target can be used")


@click.command()
@config_option
@click.argument("target")
def entitlements(path: Path, target: str) -> None:
    """List what accounts of TARGET can hold, in the form that the configuration takes."""
    config = read_config(path)
    require_target(path, config, target)
    table = Table("entitlement", "name", "description")
    for each in open_connector(config.targets[target]).entitlements():
        table.add_row(
            escape(str(each.entitlement)), escape(each.display_name), escape(each.description)
        )
    Console(soft_wrap=True).print(table)
