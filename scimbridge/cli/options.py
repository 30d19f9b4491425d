"""Options and loading that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from scimbridge.app import open_bridge
from scimbridge.config import Config, load_config
from scimbridge.connectors.registry import vendor_settings
from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate
from scimbridge.errors import ConfigError
from scimbridge.provisioning.service_provider import ServiceProvider

config_option: Callable[[Any], Any] = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("scimbridge.toml"),
    show_default=True,
    envvar="SCIMBRIDGE_CONFIG",
    help="The configuration file.",
)


def read_config(path: Path) -> Config:
    """The configuration in ``path``. Raises `ConfigError`."""
    return load_config(path, vendor_settings())


def secret_key(config: Config) -> bytes:
    """The bridge's secret key. Raises `ConfigError` if there is none."""
    if config.bridge.secret_key is None:
        raise ConfigError(
            "[bridge] secret_key is missing; make one with `openssl rand -base64 48`, store it in "
            'a file and write secret_key = "file:/path"'
        )
    return config.bridge.secret_key.reveal().encode()


def require_target(path: Path, config: Config, target: str) -> None:
    """Raise `ConfigError` unless the configuration in ``path`` has this target."""
    if target not in config.targets:
        known = ", ".join(config.targets)
        raise ConfigError(f"{path}: there is no target {target}; there are {known}")


def open_directory(config: Config) -> Directory:
    """The directory, its schema brought up to date."""
    migrate(config.bridge.database)
    return Directory(config.bridge.database)


@contextmanager
def open_provider(path: Path, target: str) -> Iterator[ServiceProvider]:
    """One target of the configuration in ``path``, as a bridge serves it."""
    config = read_config(path)
    require_target(path, config, target)
    migrate(config.bridge.database)
    bridge = open_bridge(config)
    try:
        yield bridge.providers[target]
    finally:
        bridge.directory.close()
