"""Citations for the checks that are written in Python."""

from __future__ import annotations

from conformance.model import Source
from conformance.sources import Sources


def rfc(*citations: str) -> tuple[Source, ...]:
    """Return the sources for RFC sections and GitHub threads; see `Sources.resolve`."""
    return tuple(Sources({}).resolve(citation) for citation in citations)
