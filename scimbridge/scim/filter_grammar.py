"""Text to syntax tree, by scim2-filter-parser with the faults of its lexer repaired.

What of scim2-filter-parser 0.7.0 is used: the token names and the LALR grammar of RFC 7644
figure 1. What is repaired here: string escapes, numbers, literals that begin an attribute's name
(``trueName``), URNs of any form, bad characters (a bare ValueError there) and unquoted operands.
The precedence of ``and`` and ``or``, which the grammar gets wrong, is repaired in
`scimbridge.scim.filter_binding`; the bounds that are checked here keep both from recursing deep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from scim2_filter_parser import ast
from scim2_filter_parser.lexer import SCIMLexer
from scim2_filter_parser.parser import SCIMParser
from sly.lex import Token

from scimbridge.errors import InvalidFilter
from scimbridge.scim.filter_tree import Literal

_OPERATOR_TOKENS: Final = frozenset({"EQ", "NE", "CO", "SW", "EW", "GT", "GE", "LT", "LE"})
_TERM_TOKENS: Final = _OPERATOR_TOKENS | {"PR"}
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_UNQUOTED: Final = re.compile(r'[^\s()\[\]"]+')
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
STRING: Final = re.compile(_STRING)
"""A string in quotes."""
_LITERAL_END: Final = r"(?![^\s()\[\]])"
"""``trueName`` is a name, ``12@x`` an unquoted string."""


@dataclass(frozen=True, slots=True)
class FilterLimits:
    """What a filter may cost."""

    characters: int = 2048
    terms: int = 32
    """Comparisons and presence tests."""
    depth: int = 32
    """Brackets of both kinds inside each other."""


class Word(str):
    """A name or operator, with the place where it stands."""

    __slots__ = ("offset",)
    offset: int


@dataclass(frozen=True, slots=True)
class Operand:
    """The literal of a comparison."""

    value: Literal
    text: str
    """As it was written."""
    kind: str
    """``string``, ``number``, ``word`` (true, false, null) or ``unquoted``."""
    offset: int


class _Lexer(SCIMLexer):  # type: ignore[misc]
    """One token for a whole attribute path; literals as in JSON (RFC 8259)."""

    # ruff: noqa: F821
    tokens = SCIMLexer.tokens
    ignore = " "

    # An attribute path, URN and sub-attribute included, is one ATTRNAME; SUBATTR is left for the
    # part behind a bracket. A URN is told from an attribute by the schemas, not by its spelling.
    del SCHEMA_URI  # type: ignore[name-defined]

    FALSE = r"(?i:false)" + _LITERAL_END
    TRUE = r"(?i:true)" + _LITERAL_END
    NULL = r"(?i:null)" + _LITERAL_END
    NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?" + _LITERAL_END
    ATTRNAME = r"[a-zA-Z$][a-zA-Z0-9_$.:-]*"

    @_(_STRING)  # type: ignore[name-defined, untyped-decorator]
    def COMP_VALUE(self, t: Token) -> Token:
        return t

    def error(self, t: Token) -> Token:
        """Hand on what may be an unquoted operand, all at once: by characters it takes too long."""
        run = _UNQUOTED.match(t.value)
        t.value = run[0] if run else t.value[0]
        self.index += len(t.value)
        return t


class _Parser(SCIMParser):  # type: ignore[misc]
    """The inherited grammar; only what happens on an error differs."""

    _build = classmethod(lambda cls, definitions: None)
    """sly would build the tables of a grammar without rules; the parent's are inherited."""

    def __init__(self, end: int) -> None:
        self.end = end

    def error(self, token: Token | None) -> None:
        if token is None:
            raise InvalidFilter(f"the filter ends too early, at character {self.end + 1}")
        raise _unexpected(token)


def parse_syntax(text: str, limits: FilterLimits) -> ast.AST:
    """The syntax tree of ``text``, its names as `Word` and its literals as `Operand`.

    Raises `InvalidFilter`; costs at most a few milliseconds, whatever ``text`` is.
    """
    check_text(text, limits)
    tokens = list(_tokens(text))
    _check_bounds(tokens, limits)
    return _Parser(len(text)).parse(iter(tokens))


def check_text(text: str, limits: FilterLimits) -> None:
    """Raise `InvalidFilter` if ``text`` is too long or has characters that no filter has."""
    if len(text) > limits.characters:
        raise InvalidFilter(
            f"the filter has {len(text)} characters; at most {limits.characters} are allowed"
        )
    if bad := _FORBIDDEN.search(text):
        raise InvalidFilter(f"control character or lone surrogate at character {bad.start() + 1}")


def string_value(text: str, offset: int) -> str:
    """What ``text``, a quoted string at ``offset`` of a filter, says. Raises `InvalidFilter`."""
    try:
        value = str(json.loads(text))
    except ValueError as error:
        raise InvalidFilter(f"malformed string at character {offset + 1}") from error
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidFilter(f"NUL or lone surrogate in the string at character {offset + 1}")
    return value


def _tokens(text: str) -> Iterator[Token]:
    """The lexer's tokens with places and JSON values; what follows ``eq`` may lack quotes."""
    after_equals, skip_to = False, 0
    for token in _Lexer().tokenize(text):
        if token.index < skip_to:
            continue
        if token.type in _LITERALS:
            token.value = _LITERALS[token.type](token)
        elif after_equals and (unquoted := _UNQUOTED.match(text, token.index)):
            skip_to = unquoted.end()
            token.type = "COMP_VALUE"
            token.value = Operand(unquoted[0], unquoted[0], "unquoted", token.index)
        if token.type == "ERROR":
            raise _unexpected(token)
        if isinstance(token.value, str):
            token.value = _located(token)
        after_equals = token.type == "EQ"
        yield token


def _located(token: Token) -> Word:
    word = Word(token.value)
    word.offset = token.index
    return word


def _string(token: Token) -> Operand:
    return Operand(string_value(token.value, token.index), token.value, "string", token.index)


def _number(token: Token) -> Operand:
    value = json.loads(token.value)
    if value in (float("inf"), float("-inf")):
        raise InvalidFilter(f"number out of range at character {token.index + 1}")
    return Operand(value, token.value, "number", token.index)


def _word(token: Token) -> Operand:
    return Operand(json.loads(token.value.lower()), token.value, "word", token.index)


_LITERALS: Final[dict[str, Any]] = {
    "COMP_VALUE": _string,
    "NUMBER": _number,
    "TRUE": _word,
    "FALSE": _word,
    "NULL": _word,
}


def _check_bounds(tokens: list[Token], limits: FilterLimits) -> None:
    depth = terms = 0
    for token in tokens:
        if token.type in ("LPAREN", "LBRACKET"):
            depth += 1
        elif token.type in ("RPAREN", "RBRACKET"):
            depth -= 1
        elif token.type in _TERM_TOKENS:
            terms += 1
        if depth > limits.depth:
            raise InvalidFilter(f"the filter nests deeper than {limits.depth} brackets")
        if terms > limits.terms:
            raise InvalidFilter(f"the filter has more than {limits.terms} terms")


def _unexpected(token: Token) -> InvalidFilter:
    value = token.value.text if isinstance(token.value, Operand) else token.value
    return InvalidFilter(f"unexpected {str(value)!r} at character {token.index + 1}")
