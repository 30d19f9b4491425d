"""What an operator decides about writes: see how they stand, pause a target, let it go on."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scimbridge.cli.options import (
    config_option,
    open_directory,
    optional_target,
    read_config,
    require_target,
    target_argument,
)
from scimbridge.cli.output import json_option, print_json
from scimbridge.clock import now_ms
from scimbridge.directory.audit import AuditLog
from scimbridge.directory.journal import Caller
from scimbridge.keys import derive_key, secret_key
from scimbridge.provisioning.budget import Budget
from scimbridge.provisioning.pauses import Pauses, Standing


@click.group()
def guard() -> None:
    """The removal budget and the pauses of the targets."""


@guard.command()
@config_option
@optional_target
@json_option
def status(path: Path, target: str | None, as_json: bool) -> None:
    """Show how writes to TARGET, or to every target, stand."""
    with _pauses(path, target) as opened:
        _show([each.standing() for each in opened], as_json=as_json)


@guard.command()
@config_option
@target_argument
@json_option
def pause(path: Path, target: str, as_json: bool) -> None:
    """Have every write to TARGET wait, until it is resumed.

    IdPs are told to try again later. Reads go on; what was accepted before is held.
    """
    with _pauses(path, target) as (opened,):
        opened.pause(_operator())
        _show([opened.standing()], as_json=as_json)


@guard.command()
@config_option
@target_argument
@click.option(
    "--allow",
    type=click.IntRange(1),
    help="How many accounts may lose access in the window that begins now.",
)
@json_option
def resume(path: Path, target: str, allow: int | None, as_json: bool) -> None:
    """Have writes to TARGET go on, removals with a fresh budget."""
    with _pauses(path, target) as (opened,):
        opened.resume(_operator(), allow=allow)
        _show([opened.standing()], as_json=as_json)


@contextmanager
def _pauses(path: Path, target: str | None) -> Iterator[list[Pauses]]:
    config = read_config(path)
    if target is not None:
        require_target(path, config, target)
    audit = AuditLog(derive_key(secret_key(config), "audit"))
    retry_after_s = config.bridge.transient_retry_after_s
    with open_directory(config) as directory:
        yield [
            Pauses(directory, audit, Budget(each, now_ms), retry_after_s, now_ms)
            for each in config.targets.values()
            if target in (None, each.name)
        ]


def _operator() -> Caller:
    """Who runs the command, as the operating system knows them: the environment can be set."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number without a name
        name = str(os.getuid())
    return Caller(actor=f"os:{name}", request_id="-")


def _show(standings: list[Standing], *, as_json: bool) -> None:
    if as_json:
        for each in standings:
            print_json(each)
        return
    table = Table("target", "writes", "removals", "used", "limit", "why")
    for each in standings:
        table.add_row(
            escape(each.target),
            _state(each.paused_at),
            _state(each.removals_paused_at),
            str(each.used),
            "off" if each.limit is None else f"{each.limit} in {each.window_s} s",
            escape(each.reason or ""),
        )
    Console(soft_wrap=True).print(table)


def _state(paused_at: int | None) -> str:
    if paused_at is None:
        return "go on"
    return f"paused since {datetime.fromtimestamp(paused_at / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
