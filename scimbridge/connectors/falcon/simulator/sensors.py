"""The one route of the sensor download API that tells a client its own CID."""

from __future__ import annotations

from hashlib import sha256

from scimbridge.connectors.falcon.simulator.call import Call, Route
from scimbridge.connectors.falcon.simulator.envelope import SENSORS, Answer


def checksum(cid: str) -> str:
    """The two digits after a CID in its long form, which no API takes as input."""
    return sha256(cid.encode()).hexdigest()[:2].upper()


def own_cid(call: Call) -> Answer:
    """``GET /sensors/queries/installers/ccid/v1``: ``ABC...-0F``."""
    return Answer([f"{call.cid.upper()}-{checksum(call.cid)}"])


ROUTES = (
    Route("GET", "/sensors/queries/installers/ccid/v1", "sensor-installers:read", SENSORS, own_cid),
)
