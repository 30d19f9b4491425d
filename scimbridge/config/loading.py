"""Reads a configuration file, and reports everything that is wrong with it at once."""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from scimbridge.config.mistakes import Where, suggestion
from scimbridge.config.positions import key_lines
from scimbridge.config.reading import keys_of, read_table, report_unknown_keys
from scimbridge.config.settings import BridgeConfig, Config, ConsoleConfig, TargetConfig
from scimbridge.errors import ConfigError

CONFIG_VARIABLE = "SCIMBRIDGE_CONFIG"
"""The environment variable that names the configuration file."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_SQLITE = "sqlite:///"
_SYNTAX_LINE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)")


def load_config(
    path: Path, vendors: Mapping[str, type], *, environ: Mapping[str, str] = os.environ
) -> Config:
    """Read the configuration file at ``path``.

    ``vendors`` maps each known target type to the dataclass of its settings, whose keys stand in
    the target's own table. ``environ`` is what ``env:NAME`` is looked up in. Relative paths in the
    file count from its own folder.

    Raises `ConfigError` with every mistake that the file holds.
    """
    text = _read(path)
    document = _parse(path, text)
    where = Where(path, (), key_lines(text), environ)
    problems: list[str] = []
    report_unknown_keys(document, ("bridge", "console", "targets"), where, problems)
    bridge = _bridge(document.get("bridge", {}), where.at("bridge"), problems)
    targets = _targets(document.get("targets", {}), vendors, where.at("targets"), problems)
    console = None
    if "console" in document:
        console = _console(document["console"], targets, where, problems)
    if problems or bridge is None:
        raise ConfigError(*problems)
    return Config(bridge, targets, console)


def _read(path: Path) -> str:
    try:
        # Editors on Windows begin a UTF-8 file with a byte order mark.
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path}: the configuration file cannot be read ({error.strerror}); "
            "name one that exists and that the bridge's user may read"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: byte {error.start} is not UTF-8 text; save the file as UTF-8"
        ) from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.fullmatch(str(error))
        line = int(found[2]) if found else text.count("\n") + 1
        reason = f"{found[1]} at column {found[3]}" if found else str(error)
        raise ConfigError(
            f"{path}:{line}: this is not TOML: {reason}; strings stand in quotes, "
            "keys before `=`, tables in [brackets]"
        ) from error


def _bridge(table: object, where: Where, problems: list[str]) -> BridgeConfig | None:
    if not isinstance(table, dict):
        problems.append(where.mistake("has the wrong type; write the table [bridge]", table))
        return None
    bridge = read_table(table, BridgeConfig, where, problems)
    if bridge is None:
        return None
    if bridge.page_size > bridge.max_page_size:
        problems.append(
            where.at("page_size").mistake(
                f"is above max_page_size, which is {bridge.max_page_size}; lower it, or raise that",
                bridge.page_size,
            )
        )
    return dataclasses.replace(bridge, database=_absolute(bridge.database, where.file.parent))


def _console(
    table: object, targets: Mapping[str, TargetConfig], where: Where, problems: list[str]
) -> ConsoleConfig | None:
    here = where.at("console")
    if not isinstance(table, dict):
        problems.append(here.mistake("has the wrong type; write the table [console]", table))
        return None
    if "console" in targets:
        problems.append(
            where.at("targets")
            .at("console")
            .mistake("has the URL of the operators' pages; give the target another name")
        )
    return read_table(table, ConsoleConfig, here, problems)


def _absolute(database: str, folder: Path) -> str:
    if not database.startswith(_SQLITE):
        return database
    file = Path(database.removeprefix(_SQLITE)).expanduser()
    return f"{_SQLITE}{folder.absolute() / file}"


def _targets(
    tables: object, vendors: Mapping[str, type], where: Where, problems: list[str]
) -> dict[str, TargetConfig]:
    if not isinstance(tables, dict) or not tables:
        problems.append(where.mistake("no target is configured; add a table [targets.NAME]"))
        return {}
    targets = {}
    for name, table in tables.items():
        here = where.at(name)
        if not _NAME.fullmatch(name):
            problems.append(
                here.mistake(
                    "cannot be a part of the target's URL; write small letters, digits and "
                    f'hyphens, for example "{_slug(name)}"'
                )
            )
        if not isinstance(table, dict):
            problems.append(here.mistake("has the wrong type; write a table", table))
        elif target := _target(name, table, vendors, here, problems):
            _check_groups(target, here, problems)
            targets[name] = target
    _check_jwts(targets, where, problems)
    return targets


def _check_jwts(targets: Mapping[str, TargetConfig], where: Where, problems: list[str]) -> None:
    """Two targets that would accept the same JWT, which may open one target only."""
    accepting: list[TargetConfig] = [each for each in targets.values() if each.jwt_issuer]
    for index, target in enumerate(accepting):
        for other in accepting[:index]:
            same = (target.jwt_issuer, target.jwt_audience) == (
                other.jwt_issuer,
                other.jwt_audience,
            )
            # A target that names no tenant, or no client, accepts those of the other too.
            apart = _disjoint({target.jwt_tenant_id}, {other.jwt_tenant_id}) or _disjoint(
                target.jwt_clients, other.jwt_clients
            )
            if same and not apart:
                problems.append(
                    where.at(target.name)
                    .at("jwt_audience")
                    .mistake(
                        f"accepts JWTs that targets.{other.name} accepts too, and none may open "
                        "two targets; give each an audience, a jwt_tenant_id or jwt_clients of its "
                        "own",
                        target.jwt_audience,
                    )
                )


def _disjoint(one: Collection[str | None], other: Collection[str | None]) -> bool:
    """Whether both say what they accept, and nothing of it is the same."""
    return any(one) and any(other) and set(one).isdisjoint(other)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "falcon-prod"


def _target(
    name: str,
    table: Mapping[str, Any],
    vendors: Mapping[str, type],
    where: Where,
    problems: list[str],
) -> TargetConfig | None:
    settings = _settings(table, vendors, where, problems)
    vendor = None
    # Which further keys are known depends on the type: where that is wrong, none is called unknown.
    vendor_keys: Collection[str] = table.keys()
    if settings is not None:
        vendor = read_table(table, settings, where, problems, other_keys=table.keys())
        vendor_keys = keys_of(settings)
    return read_table(
        table,
        TargetConfig,
        where,
        problems,
        given={"name": name, "type": table.get("type"), "vendor": vendor},
        other_keys=("type", *vendor_keys),
    )


def _settings(
    table: Mapping[str, Any], vendors: Mapping[str, type], where: Where, problems: list[str]
) -> type | None:
    """The dataclass for the target's type; None, and a mistake, if there is none."""
    name = table.get("type")
    settings = vendors.get(name) if isinstance(name, str) else None
    if settings is None:
        reason = "is missing" if name is None else "is not a known target type"
        shown = MISSING if name is None else name
        problems.append(
            where.at("type").mistake(f"{reason}; {suggestion(str(name), vendors)}", shown)
        )
    elif taken := set(keys_of(settings)) & set(keys_of(TargetConfig)):
        raise TypeError(f"{settings.__name__} redefines keys of every target: {sorted(taken)}")
    return settings


def _check_groups(target: TargetConfig, where: Where, problems: list[str]) -> None:
    """Groups whose names SCIM would not tell apart, or that grant what the guard would refuse."""
    names: dict[str, str] = {}
    for name, entitlements in target.groups.items():
        here = where.at("groups").at(name)
        if not name.strip():
            problems.append(here.mistake("has no name; write the group's displayName"))
        first = names.setdefault(name.casefold(), name)
        if first != name:
            problems.append(
                here.mistake(
                    f'is the group "{first}" once more, in other letters; keep one of them'
                )
            )
        for index, entitlement in enumerate(entitlements):
            if entitlement in target.protected_entitlements:
                problems.append(
                    here.at(index).mistake(
                        "is in protected_entitlements too, and so could never be granted; "
                        "remove it from one of the two",
                        entitlement,
                    )
                )
