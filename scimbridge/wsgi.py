"""What gunicorn loads in each worker, after the fork."""

from __future__ import annotations

import atexit
import os
from pathlib import Path

from flask import Flask

from scimbridge.app import open_bridge
from scimbridge.config import CONFIG_VARIABLE, load_config
from scimbridge.connectors.registry import vendor_settings
from scimbridge.logs import configure_logs


def create_app() -> Flask:
    """The application of one worker, its background work running.

    Raises `ConfigError` or `DirectoryError`, which ends the worker with the reason.
    """
    config = load_config(Path(os.environ[CONFIG_VARIABLE]), vendor_settings())
    configure_logs(config.bridge.log_level)
    bridge = open_bridge(config)
    bridge.start()
    atexit.register(bridge.close)
    return bridge.app
