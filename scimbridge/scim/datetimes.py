"""The dateTime type of RFC 7643 section 2.3.5: xsd:dateTime, compared as an instant."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_XSD_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE
)


def parse_instant(text: str) -> datetime:
    """The instant that ``text`` names; UTC where it names no offset. Raises ValueError."""
    match = _XSD_DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a dateTime")
    seconds, fraction, offset = match.groups()
    microseconds = (fraction or "").ljust(6, "0")[:6]
    zone = "+00:00" if offset in (None, "Z", "z") else offset
    return datetime.fromisoformat(f"{seconds}.{microseconds}{zone}").astimezone(UTC)
