"""Filters on documents: a table, an independent evaluator, and what an index may rely on."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from scim_generators import USER, documents, filters

from scimbridge.scim.attributes import group_type, parse_schema
from scimbridge.scim.filters import (
    And,
    Compare,
    Not,
    Or,
    Present,
    ValuePathFilter,
    equality_conjuncts,
    parse_filter,
)
from scimbridge.scim.matching import comparison_key, matches

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BABS: dict[str, Any] = {
    "schemas": [USER.schema.id, ENTERPRISE],
    "id": "2819c223",
    "externalId": "BJensen",
    "userName": "bjensen@example.com",
    "name": {"familyName": "O'Malley", "givenName": "Barbara"},
    "title": "",
    "userType": "Employee",
    "active": True,
    "emails": [
        {"type": "work", "value": "bj@example.com", "primary": True},
        {"type": "home", "value": "babs@jensen.org"},
    ],
    "photos": [],
    "roles": [{"value": 'say "hi"'}],
    ENTERPRISE: {"department": "Tours", "manager": {"value": "26118915"}},
    "meta": {"resourceType": "User", "lastModified": "2011-05-13T04:42:34Z"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # RFC 7644 figure 2
        ('userName eq "bjensen@example.com"', True),
        ('name.familyName co "O\'Malley"', True),
        ('userName sw "B"', True),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', False),
        ("title pr", False),
        ('meta.lastModified gt "2011-05-13T04:42:33Z"', True),
        ('meta.lastModified ge "2011-05-13T04:42:34Z"', True),
        ('meta.lastModified lt "2011-05-13T04:42:34Z"', False),
        ('meta.lastModified le "2011-05-13T06:42:34+02:00"', True),
        ('title pr and userType eq "Employee"', False),
        ('title pr or userType eq "Intern"', False),
        (f'schemas eq "{ENTERPRISE}"', True),
        ('userType eq "Employee" and (emails co "example.com" or emails.value co "x.org")', True),
        ('userType ne "Employee" and not (emails co "example.com" or emails.value co "x")', False),
        ('userType eq "Employee" and (emails.type eq "work")', True),
        ('userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', True),
        ('emails[type eq "work" and value co "@jensen.org"] or ims[type eq "xmpp"]', False),
        # case
        ('userName eq "BJENSEN@EXAMPLE.COM"', True),
        ('externalId eq "bjensen"', False),
        ('externalId eq "BJensen"', True),
        ('id eq "2819C223"', False),
        # operators
        ('userName ew ".COM"', True),
        ('userName gt "bjensen@example"', True),
        ('userName lt "a"', False),
        ("active eq true", True),
        ("active eq false", False),
        ("active ne false", True),
        ('emails.type ne "work"', False),
        ('emails[type ne "work"]', True),
        ('meta.lastModified sw "2011-05"', True),
        ('meta.lastModified co "t04"', True),
        # absence
        ('nickName eq "x"', False),
        ('nickName ne "x"', True),
        ("nickName eq null", True),
        ("nickName ne null", False),
        ("title eq null", True),
        ("photos eq null", True),
        ("photos pr", False),
        ('photos ne "x"', True),
        ("userName eq null", False),
        ("userName ne null", True),
        ("active pr", True),
        ("name pr", True),
        ("not (nickName pr)", True),
        ('emails[display eq null and type eq "home"]', True),
        # extension, value paths, escapes
        (f'{ENTERPRISE}:department eq "tours"', True),
        (f'{ENTERPRISE}:manager eq "26118915"', True),
        ('manager eq "2"', False),
        ('emails[type eq "home"].value eq "babs@jensen.org"', True),
        ('emails[type eq "work"].value eq "babs@jensen.org"', False),
        (r'roles eq "say \"hi\""', True),
        ('schemas[value ew ":User"]', True),
    ],
)
def test_a_filter_holds_or_not(text: str, expected: bool) -> None:
    assert matches(parse_filter(text, USER), BABS) is expected


@pytest.mark.parametrize(
    "document",
    [
        {"active": "true", "emails": 7, ENTERPRISE: "x", "meta": {"lastModified": 5}},
        {
            "active": 1,
            "emails": [7, None],
            ENTERPRISE: {"manager": "x"},
            "meta": {"lastModified": "soon"},
        },
    ],
)
def test_a_document_of_other_types_matches_nothing_and_breaks_nothing(
    document: dict[str, Any],
) -> None:
    for text in (
        "active eq true",
        'emails.value eq "x"',
        'emails[value eq "x"]',
        'manager eq "x"',
        'meta.lastModified gt "2011-05-13T04:42:34Z"',
        'meta.lastModified sw "2"',
        'userName eq "x"',
    ):
        assert not matches(parse_filter(text, USER), document), text


def test_numbers_are_compared_by_value_and_booleans_are_none() -> None:
    attributes = [
        {"name": "load", "type": "decimal"},
        {"name": "ports", "type": "integer", "multiValued": True},
    ]
    machines = group_type(
        schema=parse_schema({"id": "urn:example:M", "name": "M", "attributes": attributes})
    )
    machine = {"load": 1, "ports": [80, 443]}

    assert matches(parse_filter("load eq 1.0", machines), machine)
    assert matches(parse_filter("load lt 10", machines), machine)
    assert matches(parse_filter("ports gt 400", machines), machine)
    assert not matches(parse_filter("ports gt 500", machines), machine)
    assert matches(parse_filter("ports[value eq 80]", machines), machine)
    assert not matches(parse_filter("load eq 1", machines), {"load": True})


def test_an_array_inside_of_a_complex_value_is_looked_through() -> None:
    subs = [{"name": "words", "type": "string", "multiValued": True}]
    attributes = [{"name": "part", "type": "complex", "subAttributes": subs}]
    things = group_type(
        schema=parse_schema({"id": "urn:example:T", "name": "T", "attributes": attributes})
    )

    assert matches(parse_filter('part.words eq "b"', things), {"part": {"words": ["a", "b"]}})
    assert matches(parse_filter("part pr", things), {"part": {"words": ["a"]}})
    assert not matches(parse_filter("part pr", things), {"part": {"words": []}})


def test_strings_are_compared_without_case_in_one_unicode_form() -> None:
    composed, decomposed = "É", "é"

    assert comparison_key(composed, case_exact=False) == comparison_key(
        decomposed, case_exact=False
    )
    assert comparison_key(composed, case_exact=True) != comparison_key(decomposed, case_exact=True)


@settings(max_examples=500, deadline=None)
@given(filters(USER), documents(USER))
def test_matching_agrees_with_an_independent_evaluator(
    filter: Any, document: dict[str, Any]
) -> None:
    assert matches(filter, document) is _holds(filter, document)


@settings(max_examples=300, deadline=None)
@given(filters(USER), documents(USER))
def test_a_matching_document_has_every_equality_that_is_promised_to_indexes(
    filter: Any, document: dict[str, Any]
) -> None:
    if not matches(filter, document):
        return
    for path, value in equality_conjuncts(filter).items():
        assert any(same_text(value, each) for each in _texts_at(path, document)), path


def same_text(one: str, other: str) -> bool:
    return _fold(one) == _fold(other) or _instant(one) == _instant(other) is not None


def _texts_at(path: str, document: dict[str, Any]) -> list[str]:
    urn, _, rest = path.rpartition(":")
    found = [document.get(urn, {}) if urn else document]
    for name in rest.split("."):
        found = [e[name] for e in found if isinstance(e, dict) and name in e]
        found = [x for e in found for x in (e if isinstance(e, list) else [e])]
    return found


def _holds(filter: Any, document: Any) -> bool:
    """The semantics written once more, without regard to speed."""
    if isinstance(filter, And):
        return all(_holds(each, document) for each in filter.operands)
    if isinstance(filter, Or):
        return any(_holds(each, document) for each in filter.operands)
    if isinstance(filter, Not):
        return not _holds(filter.operand, document)
    values = [v for v in _values(filter.path, document) if v is not None]
    if isinstance(filter, ValuePathFilter):
        return any(
            _holds(filter.filter, e if isinstance(e, dict) else {"value": e}) for e in values
        )
    if isinstance(filter, Present):
        return any(_filled(v) for v in values)
    assert isinstance(filter, Compare)
    if filter.value is None:
        return any(_filled(v) for v in values) == (filter.op == "ne")
    op = "eq" if filter.op == "ne" else filter.op
    some = any(_meets(filter.path.target, op, v, filter.value) for v in values)
    return some != (filter.op == "ne")


def _values(path: Any, document: Any) -> list[Any]:
    here = document.get(path.urn, {}) if path.urn else document
    value = here.get(path.attribute.name)
    every = value if isinstance(value, list) else [value]
    if path.sub_attribute is None:
        return every
    return [e.get(path.sub_attribute.name) for e in every if e is not None]


def _filled(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_filled(each) for each in value.values())
    return value not in ("", None)


def _meets(attribute: Any, op: str, value: Any, wanted: Any) -> bool:
    if attribute.type == "dateTime":
        value, wanted = _instant(value), _instant(wanted)
    elif isinstance(value, str) and not attribute.case_exact:
        value, wanted = _fold(value), _fold(wanted)
    return {
        "eq": lambda: value == wanted,
        "co": lambda: wanted in value,
        "sw": lambda: value[: len(wanted)] == wanted,
        "ew": lambda: (
            wanted == value[len(value) - len(wanted) :] if len(wanted) <= len(value) else False
        ),
        "gt": lambda: value > wanted,
        "ge": lambda: not value < wanted,
        "lt": lambda: value < wanted,
        "le": lambda: not value > wanted,
    }[op]()  # type: ignore[no-untyped-call]


def _fold(text: Any) -> Any:
    return unicodedata.normalize("NFC", text.lower()) if isinstance(text, str) else text


def _instant(text: Any) -> Any:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, AttributeError):
        return None
