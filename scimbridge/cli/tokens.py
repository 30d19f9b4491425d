"""Tokens for IdPs: create, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from scimbridge.cli.options import (
    config_option,
    open_directory,
    read_config,
    require_target,
    target_argument,
)
from scimbridge.cli.output import json_option, print_json
from scimbridge.clock import now_ms
from scimbridge.directory import tokens
from scimbridge.errors import ScimbridgeError
from scimbridge.keys import derive_key, secret_key

_DAY_MS = 86_400_000


@click.group()
def token() -> None:
    """The tokens that IdPs present: as a bearer token, by OAuth 2 or by HTTP Basic."""


@token.command()
@config_option
@target_argument
@click.option("--name", default="idp", show_default=True, help="What the token is called in logs.")
@click.option("--days", type=click.IntRange(1), help="Days until it expires; default: never.")
@click.option("--read-only", is_flag=True, help="For reading alone.")
@click.option("--oauth", "form", flag_value="oauth", help="Show it as an OAuth 2 client.")
@click.option("--basic", "form", flag_value="basic", help="Show it as user and password.")
@json_option
def create(
    path: Path,
    target: str,
    name: str,
    days: int | None,
    read_only: bool,
    form: str | None,
    as_json: bool,
) -> None:
    """Create a token for TARGET and show it, for the only time."""
    config = read_config(path)
    require_target(path, config, target)
    key = derive_key(secret_key(config), "tokens")
    with open_directory(config) as directory, directory.write() as connection:
        issued = tokens.issue(
            connection,
            key,
            target=target,
            name=name,
            now=now_ms(),
            expires=None if days is None else now_ms() + days * _DAY_MS,
            read_only=read_only,
        )
    token_url = f"{config.bridge.public_url or ''}/{target}/oauth/token"
    if as_json:
        token_id, secret = tokens.client_of(issued)
        print_json({"token": issued, "id": token_id, "secret": secret, "token_url": token_url})
    else:
        click.echo(_shown(issued, form, token_url))


@token.command(name="list")
@config_option
@json_option
def list_tokens(path: Path, as_json: bool) -> None:
    """List all tokens; the secrets are not stored and cannot be shown."""
    with open_directory(read_config(path)) as directory, directory.read() as connection:
        found = tokens.listing(connection)
    if as_json:
        for each in found:
            shown = {name: getattr(each, name) for name in tokens.Token._fields}
            del shown["digest"]
            print_json(shown | {"read_only": bool(each.read_only)})
        return
    table = Table()
    table.add_column("id", min_width=12)  # whole in any window: `token revoke` takes it
    for name in ("target", "name", "access", "created", "last used", "expires", "revoked"):
        table.add_column(name)
    for each in found:
        table.add_row(
            each.id,
            each.target,
            each.name,
            "read" if each.read_only else "read and write",
            _day(each.created),
            _day(each.last_used),
            _day(each.expires),
            _day(each.revoked),
        )
    Console().print(table)


@token.command()
@config_option
@click.argument("token_id")
@json_option
def revoke(path: Path, token_id: str, as_json: bool) -> None:
    """End the token with the id TOKEN_ID now."""
    now = now_ms()
    with open_directory(read_config(path)) as directory, directory.write() as connection:
        done = tokens.revoke(connection, token_id, now=now)
    if not done:
        raise ScimbridgeError(f"no token {token_id} is in force; `scimbridge token list` shows all")
    if as_json:
        print_json({"id": token_id, "revoked": now})
    else:
        click.echo(f"Token {token_id} is revoked.")


def _shown(token: str, form: str | None, token_url: str) -> str:
    """The same token in the words of the form that asks for it."""
    token_id, secret = tokens.client_of(token)
    match form:
        case "oauth":
            return f"client id:     {token_id}\nclient secret: {secret}\ntoken URL:     {token_url}"
        case "basic":
            return f"user:     {token_id}\npassword: {secret}"
        case _:
            return token


def _day(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "-"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()
