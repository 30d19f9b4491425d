"""Where expectations come from: citations in transcripts, resolved to a label and a link."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.model import Source

_RFC = re.compile(r"RFC (?P<number>\d{4})(?: section (?P<section>[\d.]+))?")
_THREAD = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)#(?P<number>\d+)")


class SourceError(LookupError):
    """The citation names no known document."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The documents that may be cited by a short name."""

    documents: Mapping[str, Source]

    def resolve(self, citation: str) -> Source:
        """Return what a citation stands for; raises `SourceError`.

        Three forms: ``RFC 7644 section 3.5.2.1``; ``owner/repository#123`` for a GitHub thread; and
        ``name`` or ``name: place`` for a document of ``sources.json``.
        """
        if rfc := _RFC.fullmatch(citation):
            anchor = f"#section-{rfc['section']}" if rfc["section"] else ""
            return Source(citation, f"https://www.rfc-editor.org/rfc/rfc{rfc['number']}{anchor}")
        if thread := _THREAD.fullmatch(citation):
            return Source(
                citation, f"https://github.com/{thread['repo']}/issues/{thread['number']}"
            )
        name, _, place = citation.partition(": ")
        if name not in self.documents:
            raise SourceError(f"{citation!r} is no RFC section, no thread and not in sources.json")
        document = self.documents[name]
        return Source(f"{document.label}, {place}" if place else document.label, document.url)


def load_sources(path: Path) -> Sources:
    """Read ``sources.json``: name to ``{"label", "url"}``."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return Sources({name: Source(row["label"], row["url"]) for name, row in rows.items()})
