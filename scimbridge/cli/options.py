"""Arguments, options and loading that several commands share."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from scimbridge.config import CONFIG_VARIABLE, Config, load_config
from scimbridge.connectors.registry import vendor_settings
from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate
from scimbridge.errors import ConfigError

config_option: Callable[[Any], Any] = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("scimbridge.toml"),
    show_default=True,
    envvar=CONFIG_VARIABLE,
    help="The configuration file.",
)


def _complete_target(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The targets of the configuration; no secret is looked up, and no mistake is told here."""
    try:
        with Path(context.params["path"]).open("rb") as file:
            targets = tomllib.load(file).get("targets")
    except (OSError, ValueError):
        return []
    return [name for name in targets if name.startswith(begun)] if isinstance(targets, dict) else []


target_argument: Callable[[Any], Any] = click.argument("target", shell_complete=_complete_target)
optional_target: Callable[[Any], Any] = click.argument(
    "target", required=False, shell_complete=_complete_target
)


def read_config(path: Path) -> Config:
    """The configuration in ``path``. Raises `ConfigError`."""
    return load_config(path, vendor_settings())


def require_target(path: Path, config: Config, target: str) -> None:
    """Raise `ConfigError` unless the configuration in ``path`` has this target."""
    if target not in config.targets:
        known = ", ".join(config.targets)
        raise ConfigError(f"{path}: there is no target {target}; there are {known}")


@contextmanager
def open_directory(config: Config) -> Iterator[Directory]:
    """The directory, its schema brought up to date."""
    migrate(config.bridge.database)
    directory = Directory(config.bridge.database)
    try:
        yield directory
    finally:
        directory.close()
