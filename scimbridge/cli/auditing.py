"""The audit log: show, verify, export."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from scimbridge.cli.options import config_option, open_directory, optional_target, read_config
from scimbridge.cli.output import json_option, print_json
from scimbridge.directory.audit import AuditLine, AuditLog, audited_targets, lines
from scimbridge.errors import ScimbridgeError
from scimbridge.keys import derive_key, secret_key


@click.group()
def audit() -> None:
    """Who wanted what, when, and what came of it; chained so that no line can change unseen."""


@audit.command()
@config_option
@optional_target
@click.option("--id", "scim_id", help="Only what concerns the resource with this SCIM id.")
@click.option("--last", default=50, show_default=True, help="How many lines.")
@json_option
def show(path: Path, target: str | None, scim_id: str | None, last: int, as_json: bool) -> None:
    """Show the last lines, of TARGET or of all."""
    with open_directory(read_config(path)) as directory, directory.read() as connection:
        found = lines(connection, target, scim_id=scim_id, last=last)
    for line in found:
        if as_json:
            print_json(line)
            continue
        when = datetime.fromtimestamp(line.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        resource = f"{line.resource_type} {line.scim_id or ''}".strip()
        # A line of the log is a line of text, however long: it is searched, not looked at.
        click.echo(f"{when}  {line.target}  {line.actor}  {line.action}  {resource}  {line.detail}")


@audit.command()
@config_option
@optional_target
def export(path: Path, target: str | None) -> None:
    """Write all lines, of TARGET or of all, as one JSON object a line.

    Kept where the bridge cannot write, an export is what `audit verify --against` proves later
    that nothing was cut off.
    """
    with open_directory(read_config(path)) as directory, directory.read() as connection:
        for line in lines(connection, target):
            print_json(line)


@audit.command()
@config_option
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An earlier export, every line of which must still be there.",
)
@json_option
def verify(path: Path, against: Path | None, as_json: bool) -> None:
    """Prove that no line was changed, deleted, put in between or reordered.

    Lines cut off at the end leave a chain that holds; an export made before shows them.
    """
    config = read_config(path)
    log = AuditLog(derive_key(secret_key(config), "audit"))
    exported = _read(against) if against else []
    broken = []
    count = 0
    with open_directory(config) as directory, directory.read() as connection:
        targets = {*audited_targets(connection), *(line.target for line in exported)}
        for target in sorted(targets):
            first = log.verify(connection, target)
            if first is not None:
                broken.append(f"{target}: the chain breaks at line {first}")
            there = {line.pk: line.digest for line in lines(connection, target)}
            count += len(there)
            broken += [
                f"{target}: line {line.pk} of {against} is missing or was changed"
                for line in exported
                if line.target == target and there.get(line.pk) != line.digest
            ]
    if as_json:
        print_json({"targets": sorted(targets), "lines": count, "broken": broken})
    if broken:
        raise ScimbridgeError("\n".join(broken))
    if not as_json:
        click.echo(f"{count} lines of {len(targets)} targets: the chain holds.")


def _read(file: Path) -> list[AuditLine]:
    found = []
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = orjson.loads(text)
            detail = orjson.dumps(line["detail"]).decode()
            found.append(AuditLine(**(line | {"detail": detail})))
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise ScimbridgeError(f"{file}, line {number}, is no line of an export") from error
    return found
