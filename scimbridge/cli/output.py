"""Results for programs: the one shape of ``--json``, which docs/cli.md describes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import click
import orjson

from scimbridge.connectors.interface import Entitlement
from scimbridge.directory.audit import AuditLine

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, for programs."
)


def print_json(found: object) -> None:
    """Print ``found``, a dataclass or a mapping, as one JSON object on a line of its own.

    Entitlements are written as the configuration has them, ``role:admin``, and times as
    milliseconds since the epoch.
    """
    option = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
    click.echo(orjson.dumps(found, default=_plain, option=option).decode())


def _plain(value: object) -> Any:
    if isinstance(value, Entitlement):
        return str(value)
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if is_dataclass(value):
        shown = {each.name: getattr(value, each.name) for each in fields(value)}
        if isinstance(value, AuditLine):
            shown["detail"] = orjson.loads(value.detail)
        return shown
    raise TypeError
