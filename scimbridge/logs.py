"""Logging: JSON lines on standard error, each with the id of the request that it belongs to."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("scimbridge_request_id", default="-")
"""Set by the web layer for each request, and seen by every line down to the vendor call."""

_FIELDS = "{asctime}{levelname}{name}{message}{request_id}"


class _WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


def configure_logs(level: str) -> None:
    """Write everything from ``level`` (a name of the logging module, any case) to stderr."""
    root = logging.getLogger()
    root.handlers[:] = [line_handler()]
    root.setLevel(level.upper())
    # One line a call is ours to write; urllib3's would hold query strings.
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def line_handler(stream: TextIO | None = None) -> logging.Handler:
    """What writes a JSON line for each record, to standard error unless told otherwise."""
    handler = logging.StreamHandler(stream)
    # JSON, so that a newline in a user name cannot forge a line.
    handler.setFormatter(JsonFormatter(_FIELDS, style="{"))
    handler.addFilter(_WithRequestId())
    return handler
