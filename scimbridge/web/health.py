"""Probes for load balancers and orchestrators."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from scimbridge.directory.migrate import check_schema
from scimbridge.errors import DirectoryError
from scimbridge.web.responses import scim_response
from scimbridge.web.site import site

health = Blueprint("health", __name__)


@health.get("/livez")
def livez() -> Response:
    """200 while the process answers; touches nothing else."""
    return scim_response({"status": "ok"})


@health.get("/readyz")
def readyz() -> Response:
    """200 if requests can be served: the directory takes writes at the right schema.

    A vendor that is down does not count: reads go on, and writes are answered truthfully.
    """
    directory = site().authenticator.directory
    try:
        check_schema(directory.engine)
        with directory.write():
            pass
    except DirectoryError as error:
        current_app.logger.warning("not ready: %s", error)
        return scim_response({"status": "not ready", "directory": str(error)}, status=503)
    return scim_response({"status": "ok", "directory": "ok"})
