"""Tokens for IdPs: create, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from scimbridge.app import now_ms
from scimbridge.cli.options import config_option, read_config, secret_key
from scimbridge.config import Config
from scimbridge.directory import tokens
from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate
from scimbridge.errors import ConfigError, ScimbridgeError
from scimbridge.keys import derive_key

_DAY_MS = 86_400_000


@click.group()
def token() -> None:
    """The tokens that IdPs present: as a bearer token, by OAuth 2 or by HTTP Basic."""


@token.command()
@config_option
@click.argument("target")
@click.option("--name", default="idp", show_default=True, help="What the token is called in logs.")
@click.option("--days", type=click.IntRange(1), help="Days until it expires; default: never.")
@click.option("--read-only", is_flag=True, help="For reading alone.")
@click.option("--oauth", "form", flag_value="oauth", help="Show it as an OAuth 2 client.")
@click.option("--basic", "form", flag_value="basic", help="Show it as user and password.")
def create(
    path: Path, target: str, name: str, days: int | None, read_only: bool, form: str | None
) -> None:
    """Create a token for TARGET and show it, for the only time."""
    config = read_config(path)
    if target not in config.targets:
        known = ", ".join(config.targets)
        raise ConfigError(f"{path}: there is no target {target}; there are {known}")
    key = derive_key(secret_key(config), "tokens")
    directory = _open(config)
    with directory.write() as connection:
        issued = tokens.issue(
            connection,
            key,
            target=target,
            name=name,
            now=now_ms(),
            expires=None if days is None else now_ms() + days * _DAY_MS,
            read_only=read_only,
        )
    directory.close()
    click.echo(_shown(issued, form, f"{config.bridge.public_url or ''}/{target}/oauth/token"))


@token.command(name="list")
@config_option
def list_tokens(path: Path) -> None:
    """List all tokens; the secrets are not stored and cannot be shown."""
    directory = _open(read_config(path))
    with directory.read() as connection:
        found = tokens.listing(connection)
    directory.close()
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
def revoke(path: Path, token_id: str) -> None:
    """End the token with the id TOKEN_ID now."""
    directory = _open(read_config(path))
    with directory.write() as connection:
        done = tokens.revoke(connection, token_id, now=now_ms())
    directory.close()
    if not done:
        raise ScimbridgeError(f"no token {token_id} is in force; `scimbridge token list` shows all")
    Console().print(f"Token {token_id} is revoked.")


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


def _open(config: Config) -> Directory:
    migrate(config.bridge.database)
    return Directory(config.bridge.database)


def _day(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "-"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()
