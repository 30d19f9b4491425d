from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.connectors.falcon.fql import both, cid_is, from_filter, uid_is
from scimbridge.scim.attributes import user_type
from scimbridge.scim.filters import parse_filter

USER = user_type()

TABLE = [
    # userName and the one e-mail address are the uid
    ('userName eq "jane@example.com"', "uid:'jane@example.com'"),
    ('USERNAME EQ "jane@example.com"', "uid:'jane@example.com'"),
    ('userName eq "Jane@Example.com"', "uid:'jane@example.com',uid:'Jane@Example.com'"),
    ('emails.value eq "jane@example.com"', "uid:'jane@example.com'"),
    ('emails[value eq "jane@example.com"]', "uid:'jane@example.com'"),
    ('emails[type eq "work" and value eq "jane@example.com"]', "uid:'jane@example.com'"),
    ('emails[type eq "work"].value eq "jane@example.com"', "uid:'jane@example.com'"),
    ('emails[type eq "work"]', None),
    ('emails[type eq "work" or value eq "a@b"]', None),
    ('emails[not (value ne "a@b")]', "uid:'a@b'"),
    ('userName co "jane"', "uid:*'*jane*'"),
    ('userName sw "jane"', "uid:*'jane*'"),
    ('userName ew "example.com"', "uid:*'*example.com'"),
    ('userName sw "Jane"', "uid:*'jane*',uid:*'Jane*'"),
    ('emails.value ew "@example.com"', "uid:*'*@example.com'"),
    ('emails[value sw "jane"]', "uid:*'jane*'"),
    # what is left out is fetched
    ('userName ne "jane@example.com"', None),
    ('userName gt "jane@example.com"', None),
    ('userName ge "jane@example.com"', None),
    ('userName lt "jane@example.com"', None),
    ('userName le "jane@example.com"', None),
    ("userName pr", None),
    ("emails pr", None),
    ("emails.value pr", None),
    ('name.givenName eq "Jane"', None),
    ('name.familyName sw "D"', None),
    ('displayName eq "Jane Doe"', None),
    ('id eq "7f9d"', None),
    ('externalId eq "00u1"', None),
    ("active eq true", None),
    ("active eq false", None),
    ('meta.created gt "2026-01-01T00:00:00Z"', None),
    ('meta.lastModified ge "2026-01-01T00:00:00Z"', None),
    ('roles.value eq "falconhost_admin"', None),
    ('groups.value eq "1"', None),
    ("title pr", None),
    # and: what is known narrows, the rest is matched by the caller
    ('userName eq "a@b" and active eq true', "uid:'a@b'"),
    ('active eq true and userName eq "a@b"', "uid:'a@b'"),
    ("active eq true and title pr", None),
    ('userName sw "a" and userName ew "b"', "uid:*'a*'+uid:*'*b'"),
    (
        'userName eq "A@b" and userName sw "a"',
        "(uid:'a@b',uid:'A@b')+uid:*'a*'",
    ),
    ('userName sw "a" and userName co "x" and userName ew "b"', "uid:*'a*'+uid:*'*x*'+uid:*'*b'"),
    # or: all or nothing
    ('userName eq "a@b" or userName eq "c@d"', "uid:'a@b',uid:'c@d'"),
    ('userName eq "a@b" or active eq true', None),
    ('userName eq "a@b" or (active eq true and userName sw "c")', "uid:'a@b',uid:*'c*'"),
    ('userName eq "a@b" or emails.value eq "c@d"', "uid:'a@b',uid:'c@d'"),
    # and binds tighter than or in both languages; parentheses say so anyway
    (
        'userName sw "a" or userName sw "b" and userName ew "c"',
        "uid:*'a*',(uid:*'b*'+uid:*'*c')",
    ),
    (
        '(userName sw "a" or userName sw "b") and userName ew "c"',
        "(uid:*'a*',uid:*'b*')+uid:*'*c'",
    ),
    # not moves inwards
    ('not (userName eq "a@b")', None),
    ('not (userName ne "a@b")', "uid:'a@b'"),
    ('not (not (userName eq "a@b"))', "uid:'a@b'"),
    ('not (userName sw "a")', None),
    ('not (not (userName sw "a"))', "uid:*'a*'"),
    ('not (userName ne "a@b" or active eq true)', "uid:'a@b'"),
    ('not (userName ne "a@b" and active eq true)', None),
    ('not (userName ne "a@b" and userName ne "c@d")', "uid:'a@b',uid:'c@d'"),
    ('not (userName ne "a@b" or userName ne "c@d")', "uid:'a@b'+uid:'c@d'"),
    ("not (userName pr)", None),
    ('not (emails[value eq "a@b"])', None),
    ('not (not (emails[value eq "a@b"]))', "uid:'a@b'"),
    # values are text and nothing else
    ('userName eq "o\'brien@example.com"', r"uid:'o\'brien@example.com'"),
    ("userName eq \"x',uid:*'*\"", r"uid:'x\',uid:*\'*'"),
    ('userName eq "a+b@example.com"', "uid:'a+b@example.com'"),
    ('userName eq "a,b(c)[d]:!e@f"', "uid:'a,b(c)[d]:!e@f'"),
    ('userName eq "a\\\\"', None),
    ('userName eq "a\\\\\' b"', None),
    ('userName eq "a\\nb"', None),
    ('userName eq "a\\u0001b"', None),
    ('userName eq "a\\u2028b"', None),
    ('userName eq "jané@example.com"', None),
    ('userName eq ""', None),
    ('userName co ""', None),
    ('userName eq "a*b"', "uid:'a*b'"),
    ('userName co "a*b"', None),
    ('userName sw "*"', None),
    ('userName ew "*x"', None),
]


@pytest.mark.parametrize(("text", "query"), TABLE)
def test_a_filter_becomes_a_query(text: str, query: str | None) -> None:
    assert from_filter(parse_filter(text, USER)) == query


def test_a_disjunction_of_more_than_twenty_properties_asks_for_all() -> None:
    twenty = " or ".join(f'userName eq "a{n}@b"' for n in range(20))

    assert from_filter(parse_filter(twenty, USER)) is not None
    assert from_filter(parse_filter(f'{twenty} or userName eq "z@b"', USER)) is None


def test_a_conjunction_keeps_to_twenty_properties() -> None:
    many = " and ".join(f'userName co "a{n}"' for n in range(25))

    query = from_filter(parse_filter(many, USER))

    assert query is not None
    assert query.count("uid:") == 20


def test_a_login_is_asked_for_in_lower_case_and_as_given() -> None:
    assert uid_is("jane@example.com") == "uid:'jane@example.com'"
    assert uid_is("Jane@x") == "uid:'jane@x',uid:'Jane@x'"


def test_a_login_that_cannot_be_said_asks_for_all() -> None:
    assert uid_is("a\\") is None


def test_two_queries_are_joined_so_that_both_hold() -> None:
    assert both(cid_is("0" * 32), "uid:'a',uid:'A'") == f"cid:'{'0' * 32}'+(uid:'a',uid:'A')"
    assert both(cid_is("0" * 32), None) == f"cid:'{'0' * 32}'"


# --- a tiny evaluator of the language, written from its grammar --------------------------------

TOKEN = re.compile(r"uid:(?P<op>\*?)'(?P<value>(?:[^'\\]|\\')*)'|(?P<mark>[+,()])")

Predicate = Callable[[str], bool]


def compile_query(query: str, *, minds_case: bool) -> Predicate:
    """What the query says about a uid; ValueError if it has any token but those of the grammar."""
    tokens: list[Any] = []
    position = 0
    while position < len(query):
        match = TOKEN.match(query, position)
        if match is None:
            raise ValueError(query[position:])
        tokens.append(match["mark"] or term(match, minds_case=minds_case))
        position = match.end()
    predicate, rest = disjunction(tokens)
    if rest:
        raise ValueError(rest)
    return predicate


def term(match: re.Match[str], *, minds_case: bool) -> Predicate:
    value = match["value"].replace("\\'", "'")

    def holds(uid: str) -> bool:
        ours, theirs = (value, uid) if minds_case else (value.lower(), uid.lower())
        if not match["op"]:
            return ours == theirs
        literal = re.sub(r"([\[?])", r"[\1]", ours)
        return fnmatchcase(theirs, literal)

    return holds


def disjunction(tokens: list[Any]) -> tuple[Predicate, list[Any]]:
    left, rest = conjunction(tokens)
    if rest[:1] == [","]:
        right, rest = disjunction(rest[1:])
        return lambda uid: left(uid) or right(uid), rest
    return left, rest


def conjunction(tokens: list[Any]) -> tuple[Predicate, list[Any]]:
    left, rest = factor(tokens)
    if rest[:1] == ["+"]:
        right, rest = conjunction(rest[1:])
        return lambda uid: left(uid) and right(uid), rest
    return left, rest


def factor(tokens: list[Any]) -> tuple[Predicate, list[Any]]:
    if tokens[0] == "(":
        inner, rest = disjunction(tokens[1:])
        if rest[:1] != [")"]:
            raise ValueError(rest)
        return inner, rest[1:]
    if not callable(tokens[0]):
        raise ValueError(tokens)
    return tokens[0], tokens[1:]


# --- filters whose meaning is known ------------------------------------------------------------

CHARACTERS = "aB'.*+,()[]:!\\ é\n?~@"
VALUES = st.text(alphabet=CHARACTERS, max_size=4)
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda uid, value: uid == value,
    "ne": lambda uid, value: uid != value,
    "co": lambda uid, value: value in uid,
    "sw": lambda uid, value: uid.startswith(value),
    "ew": lambda uid, value: uid.endswith(value),
    "gt": lambda uid, value: uid > value,
}


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def compare(path: str, op: str, value: str) -> tuple[str, Predicate]:
    text = f"{path} {op} {quoted(value)}"
    return text, lambda uid: OPERATORS[op](uid.lower(), value.lower())


def opaque(*, truth: bool) -> tuple[str, Predicate]:
    """A term that cannot be pushed down, with either outcome."""
    return f"active eq {str(truth).lower()}", lambda _uid: truth


LEAVES = st.one_of(
    st.builds(
        compare,
        st.sampled_from(["userName", "emails.value"]),
        st.sampled_from(list(OPERATORS)),
        VALUES,
    ),
    st.builds(
        lambda op, value: (f"emails[value {op} {quoted(value)}]", compare("value", op, value)[1]),
        st.sampled_from(list(OPERATORS)),
        VALUES,
    ),
    st.builds(lambda truth: opaque(truth=truth), st.booleans()),
)

Tree = tuple[str, Predicate]


def combined(word: str, left: Tree, right: Tree) -> Tree:
    (a, holds_a), (b, holds_b) = left, right
    if word == "and":
        return f"({a}) and ({b})", lambda uid: holds_a(uid) and holds_b(uid)
    return f"({a}) or ({b})", lambda uid: holds_a(uid) or holds_b(uid)


TREES = st.recursive(
    LEAVES,
    lambda trees: st.one_of(
        st.builds(combined, st.sampled_from(["and", "or"]), trees, trees),
        st.builds(lambda tree: (f"not ({tree[0]})", lambda uid: not tree[1](uid)), trees),
    ),
    max_leaves=6,
)
UIDS = st.lists(st.text(alphabet=CHARACTERS.replace("é", ""), min_size=1, max_size=5), max_size=8)


@given(TREES, UIDS, st.booleans())
def test_a_query_finds_every_user_that_the_filter_matches(
    tree: Tree, uids: list[str], vendor_minds_case: bool
) -> None:
    text, matches = tree
    # Where the vendor minds case it holds uids in lower case, which is how the bridge sends them.
    users = [uid.lower() if vendor_minds_case else uid for uid in uids]

    query = from_filter(parse_filter(text, USER))

    if query is not None:
        finds = compile_query(query, minds_case=vendor_minds_case)
        assert [uid for uid in users if matches(uid) and not finds(uid)] == []


@given(st.text(max_size=30))
def test_no_value_ends_its_quotes(value: str) -> None:
    query = uid_is(value)

    if query is not None:
        assert compile_query(query, minds_case=True)(value)
        assert len(TOKEN.findall(query)) <= 3


@pytest.mark.parametrize("hostile", ["x',uid:*'", "x'+cid:'", "')", "\\'", "x\\", "'", "','"])
def test_the_evaluator_tells_when_a_value_breaks_out(hostile: str) -> None:
    with pytest.raises(ValueError, match=r".|^$"):
        compile_query(f"uid:'{hostile}'x", minds_case=True)
