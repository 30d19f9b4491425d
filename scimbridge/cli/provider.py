"""One target as a bridge serves it, for the commands that need more than the directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scimbridge.app import open_bridge
from scimbridge.cli.options import read_config, require_target
from scimbridge.directory.migrate import migrate
from scimbridge.provisioning.service_provider import ServiceProvider


@contextmanager
def open_provider(path: Path, target: str) -> Iterator[ServiceProvider]:
    """One target of the configuration in ``path``. Raises `ConfigError`."""
    config = read_config(path)
    require_target(path, config, target)
    migrate(config.bridge.database)
    bridge = open_bridge(config)
    try:
        yield bridge.providers[target]
    finally:
        bridge.directory.close()
