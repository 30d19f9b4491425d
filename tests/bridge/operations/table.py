"""The table of docs/operations.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs/operations.md"

_ROW = re.compile(
    r"^\| (?P<method>[A-Z]+) \| `(?P<route>/[^`]+)` \| (?P<operation>\w+) "
    r"\| (?P<reached>[^|]+) \| `(?P<proof>[\w.]+)` \|$"
)


@dataclass(frozen=True)
class Row:
    """One vendor operation."""

    method: str
    route: str
    operation: str
    reached: str
    """The SCIM request or command that reaches it, in words that begin with it."""
    proof: str
    """The name of the drive that proves it."""

    @property
    def key(self) -> tuple[str, str, str]:
        """As in `reference.OPERATIONS`."""
        return self.method, self.route, self.operation

    @property
    def call(self) -> str:
        """``METHOD route``."""
        return f"{self.method} {self.route}"

    @property
    def request(self) -> str:
        """The SCIM request or command alone; empty if the row names none."""
        match = re.match(r"`([^`]+)`", self.reached)
        return match[1] if match else ""


def parse(text: str) -> list[Row]:
    """The rows of all tables of operations in ``text``. Raises `ValueError` for a broken one."""
    rows = []
    for line in text.splitlines():
        if re.match(r"\| (GET|POST|PUT|PATCH|DELETE) ", line):
            match = _ROW.match(line)
            if match is None:
                raise ValueError(f"not a row of five cells: {line}")
            rows.append(Row(**match.groupdict()))
    return rows
