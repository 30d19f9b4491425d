"""Logging: JSON lines on standard error, each with the id of the request that it belongs to."""

from __future__ import annotations

import json
import logging
import time
from contextvars import ContextVar
from functools import lru_cache
from typing import TextIO

request_id: ContextVar[str] = ContextVar("scimbridge_request_id", default="-")
"""Set by the web layer for each request, and seen by every line down to the vendor call."""


class _JsonLine(logging.Formatter):
    """JSON, so that a newline in a user name cannot forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        line = {
            "asctime": f"{_second(int(record.created))},{int(record.msecs):03d}",
            "levelname": record.levelname,
            "name": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
        }
        if record.exc_info:
            line["exc_info"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack_info"] = self.formatStack(record.stack_info)
        return json.dumps(line)


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    """Local time; many lines are of one second."""
    return time.strftime(logging.Formatter.default_time_format, time.localtime(seconds))


def configure_logs(level: str) -> None:
    """Write everything from ``level`` (a name of the logging module, any case) to stderr."""
    root = logging.getLogger()
    root.handlers[:] = [line_handler()]
    root.setLevel(level.upper())
    # What no line says need not be found out for each; gunicorn's lines say the process.
    logging.logThreads = logging.logMultiprocessing = False
    # One line a call is ours to write; urllib3's would hold query strings.
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def line_handler(stream: TextIO | None = None) -> logging.Handler:
    """What writes a JSON line for each record, to standard error unless told otherwise."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLine())
    return handler
