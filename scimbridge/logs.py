"""Logging: JSON lines on standard error, each with the id of the request that it belongs to."""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import TextIO

request_id: ContextVar[str] = ContextVar("scimbridge_request_id", default="-")
"""Set by the web layer for each request, and seen by every line down to the vendor call."""


class _JsonLine(logging.Formatter):
    """JSON, so that a newline in a user name cannot forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        # The time, the level and the logger's name have nothing in them that JSON would escape.
        line = (
            f'{{"asctime": "{_second(int(record.created))},{int(record.msecs):03d}", '
            f'"levelname": "{record.levelname}", "name": "{record.name}", '
            f'"message": {quoted(record.getMessage())}, '
            f'"request_id": {quoted(request_id.get())}'
        )
        if record.exc_info:
            line += f', "exc_info": {quoted(self.formatException(record.exc_info))}'
        return line + "}"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    """Local time; many lines are of one second."""
    return time.strftime(logging.Formatter.default_time_format, time.localtime(seconds))


def configure_logs(level: str) -> None:
    """Write everything from ``level`` (a name of the logging module, any case) to stderr."""
    root = logging.getLogger()
    root.handlers[:] = [line_handler()]
    root.setLevel(level.upper())
    # What no line says need not be found out for each; gunicorn's lines say the process. The last
    # is the file, the line, the function, and a stack that is asked for without an exception
    # (Python's Logging HOWTO, "Optimization").
    logging.logThreads = logging.logMultiprocessing = False
    logging._srcfile = None
    # One line a call is ours to write; urllib3's would hold query strings.
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def line_handler(stream: TextIO | None = None) -> logging.Handler:
    """What writes a JSON line for each record, to standard error unless told otherwise."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLine())
    return handler
