"""How a mistake in the configuration is worded: where it stands, what it says, what to write."""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, field
from pathlib import Path

from scimbridge.config.positions import KeyPath

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_URL_PASSWORD = re.compile(r"(//[^/:@]*:).*(?=@)|([?&]password=)[^&]*")
_SHOWN_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a configuration file. As text: ``scimbridge.toml:12: targets.falcon.type``."""

    file: Path
    path: KeyPath = ()
    lines: Mapping[KeyPath, int] = field(default_factory=dict, repr=False)
    """As `key_lines` finds them."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    """What ``env:NAME`` is looked up in."""

    def at(self, key: str | int) -> Where:
        """The place of ``key`` in this table, or of an element in this array."""
        return dataclasses.replace(self, path=(*self.path, key))

    def __str__(self) -> str:
        # A key that is missing is looked for in the nearest table that is there.
        ends = range(len(self.path), -1, -1)
        line = next((self.lines[self.path[:n]] for n in ends if self.path[:n] in self.lines), None)
        place = f"{self.file}:{line}" if line else str(self.file)
        return f"{place}: {_key_text(self.path)}" if self.path else place

    def mistake(self, reason: str, value: object = MISSING) -> str:
        """One sentence for `ConfigError`: the place, the value if there is one, the reason."""
        shown = "" if value is MISSING else f" = {shown_value(value)}"
        return f"{self}{shown}: {reason}"


def suggestion(wrong: str, known: Collection[str]) -> str:
    """What to write instead: the one that was probably meant, else all of them."""
    close = difflib.get_close_matches(wrong, known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"write {any_of(known)}"


def shown_value(value: object) -> str:
    """``value`` as TOML spells it, cut where it is long, without the password of a URL."""
    match value:
        case bool():
            text = str(value).lower()
        case str():
            text = json.dumps(_URL_PASSWORD.sub(r"\1\2***", value), ensure_ascii=False)
        case list():
            text = f"[{', '.join(shown_value(each) for each in value)}]"
        case dict():
            text = "{...}"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."


def any_of(values: Collection[object]) -> str:
    """All of ``values``, as a sentence names them."""
    *others, last = (shown_value(each) for each in values)
    return f"{', '.join(others)} or {last}" if others else last


def _key_text(path: KeyPath) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE_KEY.fullmatch(part) else f'"{part}"')
    return text
