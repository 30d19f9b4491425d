"""Falcon Query Language: parsing and evaluation, as far as the simulated routes take it.

::

    expr := and (',' and)*             ',' is OR and binds weaker
    and  := term ('+' term)*           '+' is AND
    term := '(' expr ')' | field ':' operator? value
    value := 'text' | integer | true | false | null | '[' value (',' value)* ']'

Which fields exist, and what the operators do to them, is the routes' business: `evaluate` takes a
predicate on single terms, and `holds` is the usual one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from scimbridge.connectors.falcon.simulator.timestamps import parse_timestamp

Value = str | int | bool | None

Part = TypeVar("Part")

_MAXIMUM_PROPERTIES = 20
_FIELD = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*(?=:)")
_OPERATOR = re.compile(r"~\*!|~\*|!~|>=|<=|[!><~*]|")
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_WORD = re.compile(r"true|false|null|-?\d+")
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}
_NOT_WORD = re.compile(r"[\W_]+")


class FqlError(ValueError):
    """The filter does not parse; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on one field."""

    field: str
    operator: str
    """One of ``! > >= < <= ~ !~ * ~* ~*!``, or empty for equality."""
    values: tuple[Value, ...]
    exact: bool = False
    """The value was a list: any of its values, compared with regard to case."""


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Expression, ...]


Expression = Term | And | Or


def parse(text: str) -> Expression:
    """Parse a whole filter. Raises `FqlError`."""
    parser = _Parser(text)
    expression = parser.expression()
    if not parser.at_end():
        parser.fail("end of filter")
    if len(list(terms(expression))) > _MAXIMUM_PROPERTIES:
        raise FqlError(f"more than {_MAXIMUM_PROPERTIES} properties in one filter")
    return expression


def terms(expression: Expression) -> Iterator[Term]:
    """All conditions of an expression, from left to right."""
    if isinstance(expression, Term):
        yield expression
    else:
        for part in expression.parts:
            yield from terms(part)


def evaluate(expression: Expression, test: Callable[[Term], bool]) -> bool:
    """Whether the expression holds if ``test`` decides each condition."""
    match expression:
        case Term():
            return test(expression)
        case And(parts):
            return all(evaluate(part, test) for part in parts)
        case Or(parts):
            return any(evaluate(part, test) for part in parts)


def holds(
    term: Term, actual: Any, *, case_sensitive: bool = False, not_matches_absent: bool = True
) -> bool:
    """Whether ``actual``, the field's value, satisfies ``term``; of a list any element does."""
    negated = "!" in term.operator
    present = actual if isinstance(actual, list | tuple) else [actual]
    present = [item for item in present if item is not None]
    if not present and None not in term.values:
        return negated and not_matches_absent
    compare = _COMPARISONS[term.operator.replace("!", "")]
    found = any(
        compare(item, value, case_sensitive or term.exact)
        for item in present or [None]
        for value in term.values
    )
    return found != negated


def _equal(actual: Any, value: Value, case_sensitive: bool) -> bool:
    if isinstance(actual, str) and isinstance(value, str) and not case_sensitive:
        return actual.lower() == value.lower()
    return type(actual) is type(value) and actual == value


def _resembles(actual: Any, value: Value, _: bool) -> bool:
    # Ignores case, spaces and punctuation, as some routes of the vendor do.
    return _NOT_WORD.sub("", str(value).lower()) in _NOT_WORD.sub("", str(actual).lower())


def _wildcard(actual: Any, value: Value, case_sensitive: bool) -> bool:
    pattern = ".*".join(re.escape(part) for part in str(value).split("*"))
    flags = re.DOTALL | (0 if case_sensitive else re.IGNORECASE)
    return re.fullmatch(pattern, str(actual), flags) is not None


def _wildcard_ignoring_case(actual: Any, value: Value, _: bool) -> bool:
    return _wildcard(actual, value, False)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Value, bool], bool]:
    def compare(actual: Any, value: Value, _: bool) -> bool:
        left, right = _comparable(actual), _comparable(value)
        return type(left) is type(right) and left is not None and test(left, right)

    return compare


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        moment = parse_timestamp(value)
        return value if moment is None else moment
    return float(value) if isinstance(value, int | float) else None


_COMPARISONS: dict[str, Callable[[Any, Value, bool], bool]] = {
    "": _equal,
    "~": _resembles,
    "*": _wildcard,
    "~*": _wildcard_ignoring_case,
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
}


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def at_end(self) -> bool:
        return self._at == len(self._text)

    def fail(self, expected: str) -> NoReturn:
        raise FqlError(f"expected {expected} at position {self._at} of {self._text!r}")

    def expression(self) -> Expression:
        parts = self._separated(",", self._all_of)
        return parts[0] if len(parts) == 1 else Or(parts)

    def _all_of(self) -> Expression:
        parts = self._separated("+", self._term)
        return parts[0] if len(parts) == 1 else And(parts)

    def _term(self) -> Expression:
        if self._skip("("):
            inner = self.expression()
            if not self._skip(")"):
                self.fail("')'")
            return inner
        field = self._take(_FIELD, "a property and ':'").group()
        self._at += 1
        operator = self._take(_OPERATOR, "an operator").group()
        if not self._skip("["):
            return Term(field, operator, (self._value(),))
        values = self._separated(",", self._value)
        if not self._skip("]"):
            self.fail("']'")
        return Term(field, operator, values, exact=True)

    def _value(self) -> Value:
        if self._text.startswith("'", self._at):
            quoted = self._take(_TEXT, "a closing quote").group(1)
            # Only the quote is escaped; any other backslash stands for itself.
            return str(quoted).replace("\\'", "'")
        word = self._take(_WORD, "a value").group()
        return _WORDS[word] if word in _WORDS else int(word)

    def _separated(self, separator: str, part: Callable[[], Part]) -> tuple[Part, ...]:
        parts = [part()]
        while self._skip(separator):
            parts.append(part())
        return tuple(parts)

    def _skip(self, literal: str) -> bool:
        found = self._text.startswith(literal, self._at)
        self._at += found * len(literal)
        return found

    def _take(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        if match is None:
            self.fail(expected)
        self._at = match.end()
        return match
