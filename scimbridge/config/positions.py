"""On which line of a TOML file each key stands, which `tomllib` does not tell."""

from __future__ import annotations

import re
import tomllib
from typing import Any

KeyPath = tuple[str | int, ...]
"""The names from the root to a key; an integer is a place in an array, counted from 0."""

_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_SCALAR = re.compile(
    r'''
      """ (?:\\.|[^\\])*? """ "{0,2}        # the last three of up to five quotes end the string
    | \'\'\' .*? \'\'\' '{0,2}
    | " (?:\\.|[^"\\])* "
    | ' [^']* '
    | \d{4}-\d\d-\d\d[ ]\d\d [^\s,\]}#]*    # a date and a time may be separated by a space
    | [^\s,\]}#]+
    ''',
    re.VERBOSE | re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) on which each table, key and array element of ``text`` first appears.

    ``text`` must be valid TOML. The elements of an array of tables are not told apart.
    """
    return _Scanner(text).document()


class _Scanner:
    """Walks over a valid document, noting where its keys begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._peek():
            if self._skip("["):
                double = self._skip("[")
                table = self._key(())
                self._at += 2 if double else 1
            else:
                self._pair(table)
        return self._lines

    def _peek(self) -> str:
        """The next character that is neither white space nor comment; empty at the end."""
        self._at = self._match(_BLANK, self._at).end()
        return self._text[self._at : self._at + 1]

    def _skip(self, character: str) -> bool:
        found = self._peek() == character
        self._at += found
        return found

    def _match(self, pattern: re.Pattern[str], at: int) -> re.Match[str]:
        match = pattern.match(self._text, at)
        if match is None:
            raise ValueError(f"not valid TOML at character {at}")
        return match

    def _note(self, path: KeyPath) -> None:
        self._lines.setdefault(path, self._text.count("\n", 0, self._at) + 1)

    def _key(self, parent: KeyPath) -> KeyPath:
        """Read a key, dotted or not, and note it and the tables that it implies."""
        self._peek()
        match = self._match(_KEY, self._at)
        path = parent
        parts: Any = tomllib.loads(f"{match[0]} = 0")
        while isinstance(parts, dict):
            [(name, parts)] = parts.items()
            path = (*path, name)
            self._note(path)
        self._at = match.end()
        self._peek()
        return path

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table)
        self._skip("=")
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._skip("["):
            self._elements(path)
        elif self._skip("{"):
            while not self._skip("}"):
                self._pair(path)
                self._skip(",")
        else:
            self._at = self._match(_SCALAR, self._at).end()

    def _elements(self, path: KeyPath) -> None:
        index = 0
        while not self._skip("]"):
            self._peek()
            self._note((*path, index))
            self._value((*path, index))
            self._skip(",")
            index += 1
