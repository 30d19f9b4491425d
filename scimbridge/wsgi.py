"""What gunicorn loads in each worker, after the fork."""

from __future__ import annotations

import atexit
import logging
import os
import time
from functools import cache
from pathlib import Path

from flask import Flask

from scimbridge.app import open_bridge
from scimbridge.config import CONFIG_VARIABLE, Config, load_config
from scimbridge.connectors.registry import vendor_settings
from scimbridge.errors import DirectoryError
from scimbridge.logs import configure_logs

logger = logging.getLogger(__name__)

RETRY_S = 5.0
"""How long a worker that could not reach the directory stays, before the next one tries."""


@cache
def configuration() -> Config:
    """The configuration file, read once for all workers of a parent that asks before it forks.

    One that is replaced has what the others have, whatever the file says by then. Raises
    `ConfigError`.
    """
    return load_config(Path(os.environ[CONFIG_VARIABLE]), vendor_settings())


def create_app() -> Flask:
    """The application of one worker, its background work running.

    Raises `ConfigError`, and `SystemExit` if the directory cannot be reached.
    """
    config = configuration()
    configure_logs(config.bridge.log_level)
    try:
        bridge = open_bridge(config)
    except DirectoryError as error:
        logger.error("A worker cannot start: %s. The next one tries in %g s.", error, RETRY_S)
        time.sleep(RETRY_S)
        # An application that cannot be built is a mistake to gunicorn, which ends as a whole then.
        raise SystemExit(1) from error
    bridge.start()
    atexit.register(bridge.close)
    return bridge.app
