"""The run as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import Enum
from typing import Any

from conformance.model import Run


def machine(run: Run) -> str:
    """Return the run as an indented JSON document; `Run` and `Result` say what the keys mean."""
    return json.dumps({"conforms": run.conforms, **asdict(run)}, indent=2, default=_plain) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"{type(value).__name__} has no place in the report")
