"""SCIM filters as Falcon Query Language: a query that finds all that matches, and maybe more.

What can be asked for differs between routes, which is what a vocabulary says. Of users it is only
``uid``. The other properties cannot be relied on: whether equality of names minds case is not
known, and an unsupported property finds nobody instead of failing. Values come from strangers, so
that everything which the language might read as more than text stays out of queries: what is left
out is fetched, and matched by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, assert_never

from scimbridge.scim.filters import (
    And,
    Compare,
    Filter,
    Not,
    Or,
    Present,
    ValuePathFilter,
)

Literal = str | bool | int | float | None

_MOST_TERMS = 20
"""Properties that one statement may name."""
_PATTERNS = {"co": "*{}*", "sw": "{}*", "ew": "*{}"}
_NEGATED: Final = {"eq": "ne", "ne": "eq"}
"""Of the other operators the negation also holds where there is no value."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query in the language."""

    text: str
    terms: int = 1
    exact: bool = False
    """It finds nothing but what the filter matches."""
    compound: bool = False

    @property
    def operand(self) -> str:
        """``,`` binds weaker than ``+``: with parentheses nobody has to know."""
        return f"({self.text})" if self.compound else self.text


Property = Callable[[str, Literal], Query | None]
"""What a comparison of one attribute (operator, value) is in a query; None if it cannot be said."""

Vocabulary = Mapping[str, Property]
"""The canonical path of each attribute that can be asked for to what is asked."""


def translate(node: Filter, vocabulary: Vocabulary) -> Query | None:
    """A query for a superset of what matches; None stands for everything."""
    return _translate(node, vocabulary, negated=False)


def text_of(query: Query | None) -> str | None:
    """What goes into ``filter=``: nothing, to ask for everything."""
    return None if query is None else query.text


def from_filter(node: Filter) -> str | None:
    """A query for a superset of the accounts that match; None stands for all accounts."""
    return text_of(translate(node, _USERS))


def uid_is(user_name: str) -> str | None:
    """A query for the user with this login, in the case given or lower; None: ask for all."""
    return text_of(_uid("eq", user_name))


def cid_is(cid: str) -> str:
    """A query for the users whose home is the (checked) CID."""
    return f"cid:'{cid}'"


def both(one: str, other: str | None) -> str:
    """A query for what both queries find."""
    return one if other is None else f"{one}+({other})"


def joined(separator: str, *queries: Query) -> Query:
    """One query of several: all hold (``+``), or any of them (``,``)."""
    if len(queries) == 1:
        return queries[0]
    return Query(
        separator.join(query.operand for query in queries),
        sum(query.terms for query in queries),
        all(query.exact for query in queries),
        compound=True,
    )


def speakable(value: str) -> bool:
    """Whether the value can be said in a query.

    How a backslash is written is not known, and before the closing quote it would open it; beyond
    ASCII, SCIM and the vendor may differ in what is the same letter.
    """
    return bool(value) and value.isascii() and value.isprintable() and "\\" not in value


def quoted(value: str) -> str:
    """A (speakable) value between quotes.

    A quote is the one character to escape: others, escaped, find nothing (TF PR#484).
    """
    return "'" + value.replace("'", "\\'") + "'"


def wildcard(op: str, value: str) -> str | None:
    """The pattern of ``co``, ``sw`` or ``ew`` with its operator; None if there is no such one."""
    if op not in _PATTERNS or "*" in value or not speakable(value):
        return None
    return "*" + quoted(_PATTERNS[op].format(value))


def _translate(node: Filter, vocabulary: Vocabulary, *, negated: bool) -> Query | None:
    """``node``, or its negation: the language has none for groups, so that it moves inwards."""
    match node:
        case Not(operand):
            return _translate(operand, vocabulary, negated=not negated)
        case And(operands) | Or(operands):
            queries = [_translate(each, vocabulary, negated=negated) for each in operands]
            return _all(queries) if isinstance(node, And) != negated else _any(queries)
        case Compare(path, op, value) if str(path) in vocabulary:
            effective = _NEGATED.get(op) if negated else op
            return vocabulary[str(path)](effective, value) if effective else None
        case ValuePathFilter(path, inner) if not negated:
            return _of_an_element(inner, f"{path}.", vocabulary)
        case Compare() | Present() | ValuePathFilter():
            return None
        case _:
            assert_never(node)


def _of_an_element(inner: Filter, prefix: str, vocabulary: Vocabulary) -> Query | None:
    """That one element meets all of ``inner``: the query may find each part in another one."""
    subs = {
        path.removeprefix(prefix): term
        for path, term in vocabulary.items()
        if path.startswith(prefix)
    }
    query = _translate(inner, subs, negated=False)
    return None if query is None else replace(query, exact=False)


def _all(queries: list[Query | None]) -> Query | None:
    """Leaving out a term of a conjunction finds more, which is allowed."""
    kept: list[Query] = []
    for query in queries:
        if query is not None and sum(each.terms for each in kept) + query.terms <= _MOST_TERMS:
            kept.append(query)
    if not kept:
        return None
    query = joined("+", *kept)
    return query if len(kept) == len(queries) else replace(query, exact=False)


def _any(queries: list[Query | None]) -> Query | None:
    """Leaving out a term of a disjunction would find less."""
    known = [query for query in queries if query is not None]
    if len(known) < len(queries) or sum(query.terms for query in known) > _MOST_TERMS:
        return None
    return joined(",", *known)


def _uid(op: str, value: Literal) -> Query | None:
    if not isinstance(value, str):
        return None
    if op == "eq":
        return _spelled(value, _equality)
    return _spelled(value, partial(wildcard, op))


def _spelled(value: str, condition: Callable[[str], str | None]) -> Query | None:
    """A condition on the uid in lower case, which is how they are kept, or as given."""
    conditions = [condition(each) for each in dict.fromkeys((value.lower(), value))]
    known = [Query(f"uid:{each}") for each in conditions if each is not None]
    return joined(",", *known) if len(known) == len(conditions) else None


def _equality(value: str) -> str | None:
    return quoted(value) if speakable(value) else None


_USERS: Final[Vocabulary] = dict.fromkeys(("userName", "emails", "emails.value"), _uid)
"""Every account has one e-mail address, and that is its uid."""
