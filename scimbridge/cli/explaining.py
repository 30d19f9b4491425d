"""Before and after: what a request would do, and why somebody has what they have."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from scimbridge.app import open_bridge
from scimbridge.cli.options import (
    config_option,
    open_directory,
    read_config,
    require_target,
    target_argument,
)
from scimbridge.cli.output import json_option, print_json
from scimbridge.cli.provider import open_provider
from scimbridge.clock import now_ms
from scimbridge.config import Config
from scimbridge.connectors.interface import Connector, HeldGrant
from scimbridge.connectors.rehearsal import Rehearsal
from scimbridge.directory import tokens
from scimbridge.directory.copying import copy_directory
from scimbridge.errors import ScimbridgeError
from scimbridge.keys import derive_key, secret_key
from scimbridge.provisioning.explain import Explanation, Reason, explain, observed_grants


@dataclass(frozen=True, slots=True)
class _Rehearsed:
    """What one request would do."""

    request: str
    status: int
    told: list[str]
    detail: str


@click.command()
@config_option
@target_argument
@click.argument("file", type=click.File("rb"))
@json_option
def plan(path: Path, target: str, file: Any, as_json: bool) -> None:
    """Show what the SCIM requests in FILE (- for stdin) would have TARGET's vendor do.

    FILE holds an operation of a SCIM bulk request (RFC 7644 section 3.7), for example
    {"method": "PATCH", "path": "/Users/ID", "data": {...}}, or a whole bulk request, whose
    operations are shown one after the other, each as if those before were done. Nothing is changed:
    the bridge works on a copy of its directory, and of the vendor it only asks.
    """
    config = read_config(path)
    require_target(path, config, target)
    operations = _operations(file.read())
    console = Console(soft_wrap=True)
    refused = 0
    for each in _rehearse(config, target, operations):
        refused += each.status >= 400
        if as_json:
            print_json(each)
            continue
        console.print(f"{each.request}: {each.status}", style="bold", markup=False)
        for words in each.told or ["nothing to be done at the vendor"]:
            console.print(f"  {words}", markup=False)
        if each.detail:
            console.print(f"  {each.detail}", style="red", markup=False)
    if refused:
        raise ScimbridgeError(f"{refused} of {len(operations)} requests would be refused")


def _operations(body: bytes) -> list[dict[str, Any]]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ScimbridgeError(f"the file is not JSON: {error}") from error
    found = given.get("Operations", [given]) if isinstance(given, dict) else given
    if not isinstance(found, list) or not found:
        raise ScimbridgeError("the file holds no operation")
    for each in found:
        if not isinstance(each, dict) or not {"method", "path"} <= each.keys():
            raise ScimbridgeError(f'an operation needs "method" and "path"; this is none: {each}')
    return found


def _rehearse(config: Config, target: str, operations: list[dict[str, Any]]) -> list[_Rehearsed]:
    rehearsals: list[Rehearsal] = []

    def stand_in(real: Connector) -> Connector:
        rehearsals.append(Rehearsal(real))
        return rehearsals[-1]

    key = secret_key(config)
    with tempfile.TemporaryDirectory(prefix="scimbridge-plan-") as folder:
        with open_directory(config) as directory:
            database = copy_directory(directory, Path(folder) / "directory.db")
        # Nobody calls from anywhere here.
        only = replace(config.targets[target], allowed_networks=())
        copied = replace(
            config, bridge=replace(config.bridge, database=database), targets={target: only}
        )
        bridge = open_bridge(copied, stand_in=stand_in)
        try:
            with bridge.directory.write() as connection:
                token = tokens.issue(
                    connection,
                    derive_key(key, "tokens"),
                    target=target,
                    name="plan",
                    now=now_ms(),
                )
            client = bridge.app.test_client()
            done = []
            for each in operations:
                before = len(rehearsals[0].told)
                answer = client.open(
                    f"/{target}/scim/v2{each['path']}",
                    method=each["method"],
                    json=each.get("data"),
                    headers={"Authorization": f"Bearer {token}"},
                )
                answer.close()  # as a server does; only then is a POST answered
                failed = answer.status_code >= 400 and answer.is_json
                done.append(
                    _Rehearsed(
                        request=f"{each['method']} {each['path']}",
                        status=answer.status_code,
                        told=rehearsals[0].told[before:],
                        detail=str(orjson.loads(answer.data).get("detail")) if failed else "",
                    )
                )
        finally:
            bridge.directory.close()
    return done


@click.command(name="explain")
@config_option
@target_argument
@click.argument("user")
@click.option("--vendor", is_flag=True, help="Also ask the vendor what the account holds now.")
@json_option
def explain_(path: Path, target: str, user: str, vendor: bool, as_json: bool) -> None:
    """Tell why USER (userName or SCIM id) holds what they hold at TARGET, and since when."""
    with open_provider(path, target) as provider:
        found = explain(provider.observer.directory, provider.target, user)
        held = None
        if vendor and found.native_id is not None:
            held = observed_grants(provider.target, found.native_id)
    if as_json:
        shown = {each.name: getattr(found, each.name) for each in fields(found)}
        print_json(shown | {"held": held})
    else:
        _print(found, held)


def _print(found: Explanation, held: list[HeldGrant] | None) -> None:
    console = Console(soft_wrap=True, file=sys.stdout)

    def line(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False)

    line(f"{found.user_name} ({found.scim_id})", "bold")
    line(f"  {'active' if found.active else 'deactivated'}; account {found.native_id or 'none'}")
    line(
        f"  as the IdP asked since {_when(found.converged_at)}"
        if found.converged_at
        else "  never written by an IdP: the account was only seen"
    )
    line("groups: " + (", ".join(each.display for each in found.groups) or "none"))
    line("access:" if found.reasons else "access: none through SCIM")
    for reason in found.reasons:
        line(f"  {reason.entitlement} {reason.display_name}".rstrip())
        for words in _grounds(reason):
            line(f"    {words}")
    if held is not None:
        line("held at the vendor now:" if held else "held at the vendor now: nothing")
        for each in held:
            through = "" if each.direct else f", through {each.via or 'another tenant or group'}"
            until = "" if each.expires is None else f", until {each.expires:%Y-%m-%d %H:%M}"
            line(f"  {each.entitlement}{through}{until}")
    for words in found.differs:
        line(f"not as asked: {words}", "yellow")
    for pending in found.pending:
        line(f"unfinished: {pending.kind}, attempt {pending.attempts}; {pending.failure}", "yellow")
    line("history:")
    for entry in found.history:
        line(f"  {_when(entry.at)}  {entry.actor}  {entry.action}  {entry.detail}")


def _grounds(reason: Reason) -> list[str]:
    found = [f"through the group {name}" for name in reason.groups]
    if reason.by_attribute:
        found.append("named by the user's own roles or entitlements")
    if reason.outranked:
        found.append("not given: another one ranks higher")
    if reason.recorded:
        found.append(reason.recorded)
    return found


def _when(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
