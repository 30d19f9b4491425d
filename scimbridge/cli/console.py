"""The operator's pages: passwords."""

from __future__ import annotations

import click

from scimbridge.web.console.passwords import hashed


@click.group()
def console() -> None:
    """The operator's pages at /console."""


@console.command()
def password() -> None:
    """Ask for a password and print its hash, for the table [console] of the configuration."""
    # Asked on the other stream, so that the hash alone goes into a file.
    typed = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    try:
        click.echo(hashed(typed))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
