"""The bridge's gunicorn configuration, for servers that have no configuration file to read."""

from scimbridge.gunicorn_conf import *  # noqa: F403

del on_starting  # noqa: F821
