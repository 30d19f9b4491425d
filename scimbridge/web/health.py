"""For whoever runs the bridge: probes of load balancers and orchestrators, and metrics."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST

from scimbridge.directory.migrate import check_schema
from scimbridge.errors import DirectoryError, NotFound
from scimbridge.provisioning.status import Status, status
from scimbridge.web.gauges import StatusGauges
from scimbridge.web.responses import scim_response
from scimbridge.web.site import site

health = Blueprint("health", __name__)

_FROM_A_PROXY = ("X-Forwarded-For", "Forwarded")


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


@health.get("/metrics")
def metrics() -> Response:
    """What was counted, for a scraper that calls the bridge directly and needs no token.

    Not for the public: what comes through a proxy, which says so in a header, finds nothing here.
    """
    if any(header in request.headers for header in _FROM_A_PROXY):
        raise NotFound(f"nothing is served at {request.path}")
    exposition = site().metrics.exposition(StatusGauges(_statuses(), site().now()))
    return Response(exposition, content_type=CONTENT_TYPE_LATEST)


def _statuses() -> tuple[Status, ...]:
    """How each target stands; nothing while the directory fails: the rest is wanted then."""
    try:
        return tuple(status(provider) for provider in site().providers.values())
    except DirectoryError as error:
        current_app.logger.warning("no gauges of the targets: %s", error)
        return ()
