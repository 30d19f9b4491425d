"""Cases that a kind of target may fail, each with the reason (``exemptions.json``)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.model import Outcome, Result

_KEYS = {"case", "target_type", "reason"}


class ExemptionError(ValueError):
    """The file is not a list of complete rows."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """One case that targets of one type are excused from."""

    case: str
    target_type: str
    reason: str


def load_exemptions(path: Path) -> list[Exemption]:
    """Read the rows ``{"case", "target_type", "reason"}``; raises `ExemptionError`."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    for row in rows:
        if not isinstance(row, dict) or row.keys() != _KEYS or not all(row.values()):
            raise ExemptionError(f"{path.name}: {row} needs exactly {', '.join(sorted(_KEYS))}")
    return [Exemption(**row) for row in rows]


def excuse(result: Result, exemptions: list[Exemption], target_type: str) -> Result:
    """Return a failed result as exempt if a row excuses it, any other as it is."""
    if result.outcome is not Outcome.FAILED:
        return result
    for row in exemptions:
        if (row.case, row.target_type) == (result.info.id, target_type):
            return replace(result, outcome=Outcome.EXEMPT, reason=row.reason)
    return result


def stale(
    results: tuple[Result, ...], exemptions: list[Exemption], target_type: str
) -> tuple[str, ...]:
    """Return the cases whose exemption for this target type excused nothing in this run."""
    used = {result.info.id for result in results if result.outcome is Outcome.EXEMPT}
    return tuple(
        row.case for row in exemptions if row.target_type == target_type and row.case not in used
    )
