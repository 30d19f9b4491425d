"""SCIM filters as Falcon Query Language: a query that finds all matching users, and maybe more.

Only ``uid`` is asked for. The other properties cannot be relied on: whether equality of names minds
case is not known, and an unsupported property finds nobody instead of failing. Values come from
strangers, so that everything which the language might read as more than text stays out of queries:
what is left out is fetched, and matched by the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from scimbridge.scim.filters import (
    And,
    Compare,
    Filter,
    Not,
    Or,
    Present,
    ValuePathFilter,
)

_UID_PATHS = frozenset({"userName", "emails", "emails.value"})
"""Every account has one e-mail address, and that is its uid."""
_MOST_TERMS = 20
"""Properties that one statement may name."""
_PATTERNS = {"co": "*{}*", "sw": "{}*", "ew": "*{}"}


@dataclass(frozen=True, slots=True)
class _Query:
    text: str
    terms: int
    compound: bool = False

    @property
    def operand(self) -> str:
        """``,`` binds weaker than ``+``: with parentheses nobody has to know."""
        return f"({self.text})" if self.compound else self.text


def from_filter(node: Filter) -> str | None:
    """A query for a superset of the accounts that match; None stands for all accounts."""
    query = _translate(node, _UID_PATHS, negated=False)
    return None if query is None else query.text


def uid_is(user_name: str) -> str | None:
    """A query for the user with this login, in the case given or lower; None: ask for all."""
    query = _uid(user_name, _equality)
    return None if query is None else query.text


def cid_is(cid: str) -> str:
    """A query for the users whose home is the (checked) CID."""
    return f"cid:'{cid}'"


def both(one: str, other: str | None) -> str:
    """A query for what both queries find."""
    return one if other is None else f"{one}+({other})"


def _translate(node: Filter, uid_paths: frozenset[str], *, negated: bool) -> _Query | None:
    """``node``, or its negation: the language has none for groups, so that it moves inwards."""
    match node:
        case Not(operand):
            return _translate(operand, uid_paths, negated=not negated)
        case And(operands) | Or(operands):
            queries = [_translate(each, uid_paths, negated=negated) for each in operands]
            return _all(queries) if isinstance(node, And) != negated else _any(queries)
        case Compare(path, op, str(value)) if str(path) in uid_paths:
            return _compare(op, value, negated=negated)
        case ValuePathFilter(path, inner) if str(path) == "emails" and not negated:
            return _translate(inner, frozenset({"value"}), negated=False)
        case Compare() | Present() | ValuePathFilter():
            return None
        case _:
            assert_never(node)


def _compare(op: str, value: str, *, negated: bool) -> _Query | None:
    if op == ("ne" if negated else "eq"):
        return _uid(value, _equality)
    if op in _PATTERNS and not negated and "*" not in value:
        return _uid(value, partial(_wildcard, _PATTERNS[op]))
    return None


def _all(queries: list[_Query | None]) -> _Query | None:
    """Leaving out a term of a conjunction finds more, which is allowed."""
    kept: list[_Query] = []
    for query in queries:
        if query is not None and sum(each.terms for each in kept) + query.terms <= _MOST_TERMS:
            kept.append(query)
    return _joined("+", kept)


def _any(queries: list[_Query | None]) -> _Query | None:
    """Leaving out a term of a disjunction would find less."""
    known = [query for query in queries if query is not None]
    if len(known) < len(queries) or sum(query.terms for query in known) > _MOST_TERMS:
        return None
    return _joined(",", known)


def _joined(separator: str, queries: list[_Query]) -> _Query | None:
    if len(queries) < 2:
        return queries[0] if queries else None
    text = separator.join(query.operand for query in queries)
    return _Query(text, sum(query.terms for query in queries), compound=True)


def _uid(value: str, term: Callable[[str], str]) -> _Query | None:
    """``term`` in lower case, which is how uids are kept, or as given, should one not be."""
    if not _speakable(value):
        return None
    spellings = dict.fromkeys((value.lower(), value))
    return _joined(",", [_Query(term(_quoted(each)), 1) for each in spellings])


def _equality(quoted: str) -> str:
    return f"uid:'{quoted}'"


def _wildcard(pattern: str, quoted: str) -> str:
    return f"uid:*'{pattern.format(quoted)}'"


def _speakable(value: str) -> bool:
    """Whether the value can be said in a query.

    How a backslash is written is not known, and before the closing quote it would open it; beyond
    ASCII, SCIM and the vendor may differ in what is the same letter.
    """
    return bool(value) and value.isascii() and value.isprintable() and "\\" not in value


def _quoted(value: str) -> str:
    """A quote is the one character to escape: others, escaped, find nothing (TF PR#484)."""
    return value.replace("'", "\\'")
