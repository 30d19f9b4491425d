"""The command line: one module for each family of commands."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

import click
from rich.console import Console

from scimbridge.errors import ConfigError, ScimbridgeError

EXIT_FAILED = 1
EXIT_CONFIG = 2

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "serve": "scimbridge.cli.serving:serve",
        "migrate": "scimbridge.cli.serving:migrate",
        "check": "scimbridge.cli.checking:check",
        "entitlements": "scimbridge.cli.checking:entitlements",
        "holders": "scimbridge.cli.asking:holders",
        "held": "scimbridge.cli.asking:held",
        "rotate-password": "scimbridge.cli.asking:rotate_password",
        "token": "scimbridge.cli.tokens:token",
        "guard": "scimbridge.cli.guarding:guard",
        "import": "scimbridge.cli.upkeep:import_",
        "plan": "scimbridge.cli.explaining:plan",
        "explain": "scimbridge.cli.explaining:explain_",
        "reconcile": "scimbridge.cli.upkeep:reconcile",
        "audit": "scimbridge.cli.auditing:audit",
        "backup": "scimbridge.cli.upkeep:backup",
        "console": "scimbridge.cli.console:console",
        "conformance": "conformance.cli:main",
        "demo": "scimbridge.cli.demonstration:demo",
        "simulate": "scimbridge.cli.demonstration:simulate",
    }
)
"""Command to ``module:attribute``."""


class _Lazy(click.Group):
    """Imports a command when it is asked for: all of them together take seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See `click.Group.list_commands`."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See `click.Group.get_command`."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scimbridge")
def cli() -> None:
    """SCIM 2.0 provisioning for security consoles that have no SCIM of their own.

    Exit status: 0 done, 1 failed, 2 wrong usage or configuration.
    """


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
