"""Filter text in, canonical filter text out; and what is refused, with the place."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim_generators import GROUP, USER, filters

from scimbridge.errors import InvalidFilter
from scimbridge.scim.attributes import group_type, parse_schema
from scimbridge.scim.filter_binding import Scope, bind
from scimbridge.scim.filter_grammar import STRING, parse_syntax
from scimbridge.scim.filters import (
    And,
    Compare,
    FilterLimits,
    Or,
    equality_conjuncts,
    parse_filter,
    referenced_attributes,
    to_text,
)
from scimbridge.scim.quirks import Dialect

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        pytest.param('userName Eq "x"', 'userName eq "x"', id="operator in any case"),
        pytest.param('USERNAME eq "x"', 'userName eq "x"', id="name in any case"),
        pytest.param(f'{CORE}:userName sw "J"', 'userName sw "J"', id="core URN"),
        pytest.param(f"{CORE.upper()}:userName pr", "userName pr", id="core URN in any case"),
        pytest.param(
            f'{ENTERPRISE}:manager.value eq "1"',
            f'{ENTERPRISE}:manager.value eq "1"',
            id="extension URN",
        ),
        pytest.param(
            f'{ENTERPRISE}.department eq "d"', f'{ENTERPRISE}:department eq "d"', id="URN and dot"
        ),
        pytest.param('department eq "d"', f'{ENTERPRISE}:department eq "d"', id="no URN"),
        pytest.param('manager eq "1"', f'{ENTERPRISE}:manager.value eq "1"', id="manager"),
        pytest.param('emails co "x.org"', 'emails.value co "x.org"', id="default sub-attribute"),
        pytest.param(
            "title pr or title pr and active eq true",
            "title pr or title pr and active eq true",
            id="and binds before or",
        ),
        pytest.param(
            "(title pr or title pr) and active eq true",
            "(title pr or title pr) and active eq true",
            id="group",
        ),
        pytest.param("((title pr))", "title pr", id="needless brackets"),
        pytest.param("title pr and (title pr and title pr)", " and ".join(["title pr"] * 3)),
        pytest.param("NOT(title pr)", "not (title pr)", id="not without space"),
        pytest.param("not (title pr) and title pr", "not (title pr) and title pr", id="not first"),
        pytest.param(
            'emails[type eq "work"].value eq "x"',
            'emails[type eq "work" and value eq "x"]',
            id="Entra's compared value path",
        ),
        pytest.param(
            'emails[type eq "work"] eq "x"',
            'emails[type eq "work" and value eq "x"]',
            id="value path compared as a whole",
        ),
        pytest.param(
            'emails[type eq "work"].display pr',
            'emails[type eq "work" and display pr]',
            id="presence behind a value path",
        ),
        pytest.param(
            'emails[type eq "a" or type eq "b"].value eq "x"',
            'emails[(type eq "a" or type eq "b") and value eq "x"]',
            id="or inside of a compared value path",
        ),
        pytest.param('roles[primary eq "True"]', "roles[primary eq true]", id="boolean string"),
        pytest.param("active eq TRUE", "active eq true", id="boolean in any case"),
        pytest.param("title ne NULL", "title ne null", id="null in any case"),
        pytest.param("userName eq jyoung", 'userName eq "jyoung"', id="unquoted word"),
        pytest.param("userName eq a@b.c", 'userName eq "a@b.c"', id="unquoted address"),
        pytest.param("userName eq 8f2c-1 and title pr", 'userName eq "8f2c-1" and title pr'),
        pytest.param("userName eq true@x", 'userName eq "true@x"', id="unquoted, literal first"),
        pytest.param("userName eq 12@x", 'userName eq "12@x"', id="unquoted, digits first"),
        pytest.param("not (userName eq 7)", 'not (userName eq "7")', id="number before a bracket"),
        pytest.param("userName eq or", 'userName eq "or"', id="unquoted keyword"),
        pytest.param("externalId eq 701984", 'externalId eq "701984"', id="unquoted number"),
        pytest.param("(userName eq true)", '(userName eq "true")'[1:-1], id="unquoted boolean"),
        pytest.param(r'title eq "a\"b\\cé"', r'title eq "a\"b\\cé"', id="escapes"),
        pytest.param('meta.created gt "2011-05-13T04:42:34+01:00"', None, id="dateTime"),
        pytest.param('meta.created sw "2011-05"', None, id="part of a dateTime"),
        pytest.param('schemas eq "urn:x"', None, id="schemas"),
        pytest.param('schemas[value eq "urn:x"]', None, id="element of a simple attribute"),
        pytest.param('x509Certificates.value eq "YQ=="', None, id="binary"),
    ],
)
def test_a_filter_has_one_canonical_text(text: str, canonical: str | None) -> None:
    assert to_text(parse_filter(text, USER)) == (canonical or text)


def test_numbers_keep_sign_fraction_and_exponent() -> None:
    machines = group_type(
        schema=parse_schema(
            {
                "id": "urn:example:Machine",
                "name": "Machine",
                "attributes": [
                    {"name": "load", "type": "decimal"},
                    {"name": "n", "type": "integer"},
                ],
            }
        )
    )

    parsed = parse_filter("load gt -1.5e3 and n le 12 and load ne 0.0", machines)

    assert isinstance(parsed, And)
    numbers = [term.value for term in parsed.operands if isinstance(term, Compare)]
    assert numbers == [-1500.0, 12, 0.0]
    with pytest.raises(InvalidFilter, match="number"):
        parse_filter('n eq "12"', machines)
    with pytest.raises(InvalidFilter, match="number out of range"):
        parse_filter("load eq 1e999", machines)
    with pytest.raises(InvalidFilter, match="co does not suit the integer attribute n"):
        parse_filter("n co 1", machines)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", r"ends too early, at character 1"),
        ("userName", r"ends too early"),
        ('userName eq "a', r"unexpected '\"' at character 13"),
        ('userName zz "x"', r"unexpected 'zz' at character 10"),
        ('(userName eq "a"', r"ends too early, at character 17"),
        ('userName eq "a")', r"unexpected '\)' at character 16"),
        ('userName eq "a" "b"', r"unexpected '\"b\"' at character 17"),
        ("userName co jyoung", r"unexpected 'jyoung' at character 13"),
        ("userName co 12", r"the value for userName needs quotes \(character 13\)"),
        ('shoeSize eq "44"', r"User has no attribute 'shoeSize' \(character 1\)"),
        ("title pr and not (shoeSize pr)", r"'shoeSize' \(character 19\)"),
        ('name.nick eq "x"', r"name has no sub-attribute 'nick'"),
        ('emails[kind eq "x"]', r"emails has no sub-attribute 'kind' \(character 8\)"),
        ('urn:example:x:title eq "x"', r"belongs to no schema of User"),
        (f"{ENTERPRISE}:shoeSize pr", r"User has no attribute"),
        (f"{ENTERPRISE} pr", r"is a schema, not an attribute"),
        ("a.b.c pr", r"is not an attribute path"),
        ('password eq "x"', r"password cannot be used in a filter"),
        ("password pr", r"password cannot be used in a filter"),
        ("active gt true", r"gt does not suit the boolean attribute active"),
        ('x509Certificates.value ge "YQ=="', r"ge does not suit the binary attribute"),
        ('active eq "yes"', r"active is compared with true or false"),
        ("active eq 1", r"active is compared with true or false"),
        ("title gt null", r"null cannot be compared by gt"),
        ('name eq "x"', r"name is complex"),
        ('meta eq "x"', r"meta is complex"),
        ('meta.created gt "yesterday"', r"dateTime such as .*\(character 17\)"),
        ('name[givenName eq "x"]', r"name has no elements to select from"),
        ('emails.value[type eq "x"]', r"emails.value has no elements to select from"),
        ('emails[type eq "x"][type eq "y"]', r"a value path cannot follow another"),
        ('emails[emails[type eq "x"]]', r"cannot stand inside of another"),
        (r'title eq "\x"', r"malformed string at character 10"),
        (r'title eq "\ud800"', r"lone surrogate in the string at character 10"),
        (r'title eq "\u0000"', r"NUL"),
        ("title eq\n1", r"control character or lone surrogate at character 9"),
        ('title eq "\x00"', r"control character"),
        ('title eq "\ud800"', r"lone surrogate at character 11"),
    ],
)
def test_a_filter_that_cannot_be_evaluated_is_refused_with_the_place(
    text: str, reason: str
) -> None:
    with pytest.raises(InvalidFilter, match=reason):
        parse_filter(text, USER)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(" * 10_000 + "title pr" + ")" * 10_000, id="10,000 nested brackets"),
        pytest.param("(" * 1_000 + "title pr" + ")" * 1_000, id="1,000 nested brackets"),
        pytest.param("not (" * 300, id="nested not"),
        pytest.param(" and ".join(["title pr"] * 200), id="200 terms"),
        pytest.param("title pr or " * 100_000, id="a megabyte of terms"),
        pytest.param(f'title eq "{"a" * 1_000_000}"', id="a megabyte of value"),
        pytest.param('title eq "' + "a" * 2_000, id="unterminated string"),
        pytest.param('title eq "' + "\\" * 2_001, id="backslashes"),
        pytest.param("title eq " + "[" * 2_000, id="open brackets as a value"),
        pytest.param("-" * 2_048, id="dashes"),
        pytest.param("a:" * 1_024, id="colons"),
        pytest.param("a." * 1_024, id="dots"),
        pytest.param('"' * 2_047, id="quotes"),
        pytest.param("emails[" * 290, id="open value paths"),
        pytest.param("active eq " + "9" * 2_000 + "e", id="digits"),
    ],
)
def test_hostile_filters_are_refused_at_once(text: str) -> None:
    def seconds() -> float:
        started = time.thread_time()
        with pytest.raises(InvalidFilter):
            parse_filter(text, USER)
        return time.thread_time() - started

    # The best of some: what is measured is the work, not the machine's other tasks.
    assert min(seconds() for _ in range(3)) < 0.05


def test_the_bounds_themselves_are_allowed() -> None:
    deep = "(" * 32 + "title pr" + ")" * 32
    long = " or ".join(["title pr"] * 32)

    assert to_text(parse_filter(deep, USER)) == "title pr"
    assert isinstance(parse_filter(long, USER), Or)
    with pytest.raises(InvalidFilter, match="deeper than 32"):
        parse_filter(f"({deep})", USER)
    with pytest.raises(InvalidFilter, match="more than 32 terms"):
        parse_filter(f"{long} or title pr", USER)
    with pytest.raises(InvalidFilter, match="has 9 characters; at most 8"):
        parse_filter("title  pr", USER, limits=FilterLimits(characters=8))


@settings(max_examples=300, deadline=None)
@given(filters(USER))
def test_filter_to_text_to_filter_is_the_identity(filter: Any) -> None:
    assert parse_filter(to_text(filter), USER, limits=FilterLimits(100_000, 1_000, 100)) == filter


INSIDE_QUOTES = st.sampled_from(
    ["", "x", "true", "2011-05-13T04:42:34Z", "\ue0000", "\\u0000", "\\ud800", "\\x", '\\"', "\x01"]
)


@settings(max_examples=300, deadline=None)
@given(filters(USER), st.lists(INSIDE_QUOTES, min_size=1))
def test_what_is_in_the_quotes_is_read_as_if_its_filter_were_the_first(
    filter: Any, inside: list[str]
) -> None:
    values = itertools.cycle(inside)
    shape = to_text(filter)
    text = STRING.sub(lambda _: f'"{next(values)}"', shape)

    def parsed(parse: Callable[[], Any]) -> Any:
        try:
            return parse()
        except InvalidFilter as error:
            return error.detail

    limits = FilterLimits(100_000, 1_000, 100)
    alone = parsed(lambda: bind(parse_syntax(text, limits), Scope(USER, Dialect.tolerant())))
    parse_filter(shape, USER, limits=limits)
    assert parsed(lambda: parse_filter(text, USER, limits=limits)) == alone


def test_what_looks_like_the_place_of_a_value_is_a_value() -> None:
    filter = parse_filter('title eq \ue0000 and userName eq "x"', USER)

    assert to_text(filter) == 'title eq "\ue0000" and userName eq "x"'


FRAGMENTS = (
    'userName emails type active name.givenName eq EQ co pr and or not ( ) [ ] "x" " true Null -1 '
    "1e5 x@y .value urn:a:b:c \\ é : $ref"
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(FRAGMENTS.split()) | st.text(max_size=4), max_size=12).map(" ".join)
)
def test_any_text_gives_a_filter_or_invalid_filter(text: str) -> None:
    try:
        parsed = parse_filter(text, USER)
    except InvalidFilter:
        return
    assert parse_filter(to_text(parsed), USER) == parsed


def test_the_attributes_that_a_filter_reads_are_known() -> None:
    text = 'not (members eq "1") or displayName pr and members[type eq "User"]'
    enterprise = parse_filter(f"{ENTERPRISE}:manager.value pr and name.givenName pr", USER)

    assert referenced_attributes(parse_filter(text, GROUP)) == {"members", "displayName"}
    assert referenced_attributes(enterprise) == {f"{ENTERPRISE}:manager", "name"}


@pytest.mark.parametrize(
    ("text", "conjuncts"),
    [
        ('userName eq "a"', {"userName": "a"}),
        ('id eq "1" and members eq "2"', {"id": "1", "members.value": "2"}),
        (
            'members[value eq "2" and type eq "User"]',
            {"members.value": "2", "members.type": "User"},
        ),
        ('(id eq "1" and externalId eq "2") and displayName pr', {"id": "1", "externalId": "2"}),
        ('id eq "1" and id eq "2"', {"id": "1"}),
        ('id eq "1" or id eq "2"', {}),
        ('not (id eq "1")', {}),
        ('id ne "1"', {}),
        ("id eq null", {}),
    ],
)
def test_equalities_that_must_hold_are_found_for_an_index(
    text: str, conjuncts: dict[str, str]
) -> None:
    resource_type = USER if "userName" in text else GROUP

    assert equality_conjuncts(parse_filter(text, resource_type)) == conjuncts
