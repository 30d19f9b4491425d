"""Whether what the rows of the table say is so."""

from __future__ import annotations

from collections.abc import Iterable

from tests.bridge.operations import (
    cortex_xdr,
    falcon_legacy,
    falcon_policies,
    flight_control,
    insightvm,
)
from tests.bridge.operations.scene import DRIVES, Drive, Evidence
from tests.bridge.operations.table import Row

__all__ = [
    "DRIVES",
    "cortex_xdr",
    "falcon_legacy",
    "falcon_policies",
    "flight_control",
    "insightvm",
    "proven_by",
    "unproven",
]


def proven_by(drive: Drive, rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that name ``drive`` as their proof, after it was carried out: right, and wrong."""
    evidence = drive.evidence()
    cited = [row for row in rows if row.proof == drive.name]
    wrong = unproven(cited, evidence)
    return [row for row in cited if row not in wrong], wrong


def unproven(rows: Iterable[Row], evidence: Evidence) -> list[Row]:
    """The rows whose request did not lead to their vendor call."""
    return [row for row in rows if row.call not in evidence.get(row.request, set())]
