"""Asking a vendor directly: who holds this, what does this person hold; and its password."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scimbridge.app import open_connector
from scimbridge.cli.options import config_option, read_config, require_target, target_argument
from scimbridge.cli.output import json_option, print_json
from scimbridge.cli.provider import open_provider
from scimbridge.config.secrets import resolve_secret
from scimbridge.errors import ScimbridgeError
from scimbridge.provisioning.entitlements import parse_entitlement
from scimbridge.provisioning.holders import holders as holders_of


@click.command()
@config_option
@target_argument
@click.argument("entitlement")
@json_option
def holders(path: Path, target: str, entitlement: str, as_json: bool) -> None:
    """List who holds ENTITLEMENT (kind:id) at TARGET right now, and whom the bridge gave it."""
    table = Table("account", "native id", "given by the bridge", "SCIM id")
    with open_provider(path, target) as provider:
        found = holders_of(
            provider.target, provider.observer.directory, parse_entitlement(entitlement)
        )
        for each in found:
            if as_json:
                print_json(each)
            given = "yes" if each.given else "no"
            table.add_row(
                escape(each.user_name), escape(each.native_id), given, each.scim_id or "-"
            )
    if not as_json:
        Console(soft_wrap=True).print(table)


@click.command()
@config_option
@target_argument
@click.argument("user_name")
@json_option
def held(path: Path, target: str, user_name: str, as_json: bool) -> None:
    """Show what the account USER_NAME holds at TARGET right now, and what it may do by that."""
    config = read_config(path)
    require_target(path, config, target)
    connector = open_connector(config.targets[target])
    account = connector.find_account(user_name)
    if account is None:
        raise ScimbridgeError(f"{target} has no account {user_name}")
    grants = sorted(connector.grants(str(account.native_id)), key=lambda each: each.entitlement)
    permissions = sorted(connector.permissions(str(account.native_id)))
    if as_json:
        print_json({"held": grants, "permissions": permissions})
        return
    table = Table("holds", "through")
    for each in grants:
        through = "" if each.direct else each.via or "another tenant or group"
        table.add_row(escape(str(each.entitlement)), escape(through))
    Console(soft_wrap=True).print(table)
    for permission in permissions:
        click.echo(permission)


@click.command(name="rotate-password")
@config_option
@target_argument
@click.option(
    "--from",
    "reference",
    help="Where the new one is: env:NAME or file:PATH; asked for if this is left out.",
)
@json_option
def rotate_password(path: Path, target: str, reference: str | None, as_json: bool) -> None:
    """Change the password of the bridge's own account at TARGET.

    Put the new one where the configuration reads it, and restart the bridge: until then it is
    refused, and it stops trying so that the account is not locked.
    """
    config = read_config(path)
    require_target(path, config, target)
    if reference is None:
        password = click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        secret = resolve_secret(reference, relative_to=path.parent, environ=os.environ)
        password = secret.reveal()
    open_connector(config.targets[target]).change_own_password(password)
    if as_json:
        print_json({"target": target, "changed": True})
    else:
        click.echo(f"The password at {target} is changed; now restart the bridge with it.")
