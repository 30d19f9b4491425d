"""The ceiling: a bare Flask application that returns the bytes that the bridge returned."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response

FOLDER_VARIABLE = "SCIMBRIDGE_BENCH_BODIES"
"""Names the folder that has a file of bytes for each operation."""


def create_app() -> Flask:
    """``/<operation>/...`` answers with the bytes of that operation, whatever is asked."""
    app = Flask("ceiling", static_folder=None)
    bodies = {path.name: path.read_bytes() for path in Path(os.environ[FOLDER_VARIABLE]).iterdir()}

    @app.route("/<operation>/<path:rest>", methods=["GET", "POST", "PATCH"])
    def answer(operation: str, rest: str) -> Response:
        return Response(bodies[operation], content_type="application/scim+json")

    return app
