"""The run as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import Enum
from typing import Any

from conformance.model import Run


def machine(run: Run, *, indent: int | None = 2) -> str:
    """Return the run as a JSON document; `Run` and `Result` say what the keys mean.

    Without ``indent`` it is one line.
    """
    shown = {"conforms": run.conforms, **asdict(run)}
    return json.dumps(shown, indent=indent, default=_plain) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"{type(value).__name__} has no place in the report")
