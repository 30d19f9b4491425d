"""Running the bridge: serve, migrate."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from scimbridge.cli.options import config_option, read_config
from scimbridge.cli.output import json_option, print_json
from scimbridge.config import CONFIG_VARIABLE
from scimbridge.directory import migrate as directory_migrate
from scimbridge.keys import secret_key
from scimbridge.web.multiprocess import MULTIPROCESS_VARIABLE


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
@json_option
def migrate(path: Path, as_json: bool) -> None:
    """Bring the directory's schema up to date; `serve` does this by itself."""
    revision = directory_migrate.migrate(read_config(path).bridge.database)
    if as_json:
        print_json({"revision": revision})
    else:
        click.echo(f"The directory's schema is up to date, at {revision}.")
