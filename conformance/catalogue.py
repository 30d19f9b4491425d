"""All cases: the transcripts of the clients, and the RFC checks as data and as code."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from conformance.model import Case
from conformance.play import case_of
from conformance.rfc import bulk, concurrency, discovery, locations, paging
from conformance.sources import load_sources
from conformance.transcript import load_transcripts

HERE = Path(__file__).parent


def all_cases() -> list[Case]:
    """Return every case, transcripts first; raises `TranscriptError` if a file is malformed."""
    sources = load_sources(HERE / "sources.json")
    transcripts = [
        *load_transcripts(HERE / "transcripts", sources),
        *load_transcripts(HERE / "rfc", sources),
    ]
    checks = (
        *discovery.CHECKS,
        *locations.CHECKS,
        *paging.CHECKS,
        *concurrency.CHECKS,
        *bulk.CHECKS,
    )
    return [*map(case_of, transcripts), *checks]


def select(cases: list[Case], pattern: str) -> list[Case]:
    """Return the cases whose id matches a shell-style pattern."""
    return [case for case in cases if fnmatchcase(case.info.id, pattern)]
