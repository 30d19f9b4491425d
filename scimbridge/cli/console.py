"""The operator's pages: passwords."""

from __future__ import annotations

import click

from scimbridge.web.console.passwords import hashed


@click.group()
def console() -> None:
    """The operator's pages at /console."""


@console.command()
@click.password_option(help="The password; asked for without showing it if left out.")
def password(password: str) -> None:
    """Print the hash of a password, for the table [console] of the configuration."""
    try:
        click.echo(hashed(password))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="the password") from error
