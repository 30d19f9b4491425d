"""The command line: one module for each family of commands."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from scimbridge.cli.asking import held, holders, rotate_password
from scimbridge.cli.auditing import audit
from scimbridge.cli.console import console
from scimbridge.cli.demonstration import demo, simulate
from scimbridge.cli.explaining import explain_, plan
from scimbridge.cli.guarding import guard
from scimbridge.cli.running import check, entitlements, migrate, serve
from scimbridge.cli.tokens import token
from scimbridge.cli.upkeep import backup, import_, reconcile
from scimbridge.errors import ConfigError, ScimbridgeError

EXIT_FAILED = 1
EXIT_CONFIG = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scimbridge")
def cli() -> None:
    """SCIM 2.0 provisioning for security consoles that have no SCIM of their own.

    Exit status: 0 done, 1 failed, 2 wrong usage or configuration.
    """


for command in (
    serve,
    migrate,
    check,
    entitlements,
    holders,
    held,
    rotate_password,
    token,
    guard,
    import_,
    plan,
    explain_,
    reconcile,
    audit,
    backup,
    console,
    demo,
    simulate,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; every foreseen failure is one message and no traceback."""
    try:
        cli()
    except ConfigError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(EXIT_CONFIG)
    except ScimbridgeError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(EXIT_FAILED)
