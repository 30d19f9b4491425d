"""SCIM filters on response policies and their members as FQL, judged by the simulator's FQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from falcon_tenant import Tenant, resource_type
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import MEMBER, POLICY, create, of_a_child, of_the_parent

from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.fql import Vocabulary, translate
from scimbridge.connectors.falcon.policy_fql import MEMBERS, POLICIES
from scimbridge.connectors.falcon.simulator import fql
from scimbridge.connectors.falcon.simulator.seed_policies import LAPTOP_POLICY_ID
from scimbridge.connectors.interface import Record, RecordQuery
from scimbridge.scim.filters import parse_filter
from scimbridge.scim.listing import sort_resources
from scimbridge.scim.matching import matches

TYPES = {name: resource_type(name) for name in (POLICY, MEMBER)}
ID = "0123456789abcdef0123456789abcdef"

# An equals sign marks queries that find nothing else.
POLICY_TABLE = [
    ("enabled eq true", "= enabled:true"),
    ("enabled eq false", "= enabled:false"),
    ("enabled ne true", "= enabled:false"),
    ("not (enabled eq true)", "= enabled:false"),
    ("enabled pr", None),
    ("enabled eq null", None),
    ('platformName eq "Linux"', "= platform_name:'Linux'"),
    ('platformName eq "linux"', "= platform_name:'Linux'"),
    ('platformName eq "BeOS"', None),
    ('platformName ne "Linux"', None),
    ('platformName sw "Lin"', None),
    (f'id eq "{ID}"', f"= id:'{ID}'"),
    (f'id eq "{ID.upper()}"', None),
    ('id eq "x\',enabled:true"', None),
    (f'id ne "{ID}"', None),
    # equality of names is not dependable at the vendor, and "~" finds more
    ('name eq "Servers"', "name:~'Servers'"),
    ('name eq "servers, old"', "name:~'servers, old'"),
    ('name eq "o\'brien"', r"name:~'o\'brien'"),
    ('name eq "x\'+enabled:false"', r"name:~'x\'+enabled:false'"),
    ('name eq "a*b"', "name:~'a*b'"),
    ('name eq "--"', None),
    ('name eq ""', None),
    ('name eq "Büro"', None),
    ('name eq "a\\\\"', None),
    ('name eq "a\\nb"', None),
    ('name ne "Servers"', None),
    ('name co "Serv"', None),
    ('name sw "Serv"', None),
    ('name ew "ers"', None),
    ("name pr", None),
    ('description eq "x"', None),
    ("precedence eq 1", None),
    (f'hostGroups.value eq "{ID}"', None),
    (f'hostGroups[value eq "{ID}"]', None),
    ('settings.value eq "GetCommand"', None),
    ('createdBy eq "mara.lind@example.com"', None),
    ('modifiedBy sw "mara"', None),
    # moments, in whole seconds
    ('meta.created ge "2026-01-01T00:00:00Z"', "= created_timestamp:>='2026-01-01T00:00:00Z'"),
    ('meta.created lt "2026-01-01T00:00:00Z"', "= created_timestamp:<'2026-01-01T00:00:00Z'"),
    ('meta.created gt "2026-01-01T00:00:00Z"', "created_timestamp:>='2026-01-01T00:00:00Z'"),
    ('meta.created le "2026-01-01T00:00:00Z"', "created_timestamp:<'2026-01-01T00:00:01Z'"),
    ('meta.created ge "2026-01-01T00:00:00.5Z"', "created_timestamp:>='2026-01-01T00:00:00Z'"),
    ('meta.created lt "2026-01-01T00:00:00.5Z"', "created_timestamp:<'2026-01-01T00:00:01Z'"),
    (
        'meta.created eq "2026-01-01T00:00:00Z"',
        "created_timestamp:>='2026-01-01T00:00:00Z'+created_timestamp:<'2026-01-01T00:00:01Z'",
    ),
    ('meta.created ne "2026-01-01T00:00:00Z"', None),
    ('not (meta.created ge "2026-01-01T00:00:00Z")', None),
    ('meta.created ge "0999-01-01T00:00:00Z"', "= created_timestamp:>='0999-01-01T00:00:00Z'"),
    ('meta.created le "9999-12-31T23:59:59Z"', None),
    ('meta.created sw "2026"', None),
    ("meta.created eq null", None),
    (
        'meta.lastModified ge "2026-01-01T02:00:00+02:00"',
        "= modified_timestamp:>='2026-01-01T00:00:00Z'",
    ),
    # combinations are exact if all their parts are
    (
        'platformName eq "Mac" and enabled eq true',
        "= platform_name:'Mac'+enabled:true",
    ),
    ('platformName eq "Mac" and name eq "x"', "platform_name:'Mac'+name:~'x'"),
    ('platformName eq "Mac" and name co "x"', "platform_name:'Mac'"),
    (
        'platformName eq "Mac" or platformName eq "Linux"',
        "= platform_name:'Mac',platform_name:'Linux'",
    ),
    ('platformName eq "Mac" or name eq "x"', "platform_name:'Mac',name:~'x'"),
    ('platformName eq "Mac" or name co "x"', None),
    (
        '(platformName eq "Mac" or name eq "x") and enabled eq true',
        "(platform_name:'Mac',name:~'x')+enabled:true",
    ),
    ('not (enabled eq true or platformName eq "Mac")', "enabled:false"),
    ('not (enabled eq true and platformName eq "Mac")', None),
]

MEMBER_TABLE = [
    (f'id eq "{ID}"', f"= device_id:'{ID}'"),
    ('hostname eq "lap-0412"', "hostname:'lap-0412'"),
    ('hostname eq "LAP"', "hostname:'LAP'"),
    ("hostname eq \"x',hostname:*'*\"", r"hostname:'x\',hostname:*\'*'"),
    ('hostname sw "lap"', "hostname:*'lap*'"),
    ('hostname ew "12"', "hostname:*'*12'"),
    ('hostname co "04"', "hostname:*'*04*'"),
    ('hostname co "0*4"', None),
    ('hostname ne "lap"', None),
    ('hostname gt "lap"', None),
    ('hostname eq "läp"', None),
    ('platformName eq "windows"', "= platform_name:'Windows'"),
    ('status eq "Contained"', "= status:'contained'"),
    ('status eq "lost"', None),
    (f'hostGroups.value eq "{ID}"', None),
    ('lastSeen ge "2026-01-01T00:00:00Z"', None),
]


@pytest.mark.parametrize(
    ("name", "vocabulary", "text", "query"),
    [(POLICY, POLICIES, *row) for row in POLICY_TABLE]
    + [(MEMBER, MEMBERS, *row) for row in MEMBER_TABLE],
)
def test_a_filter_becomes_a_query(
    name: str, vocabulary: Vocabulary, text: str, query: str | None
) -> None:
    found = translate(parse_filter(text, TYPES[name]), vocabulary)

    assert (found and f"{'= ' if found.exact else ''}{found.text}") == query


def test_a_conjunction_that_leaves_something_out_is_not_exact() -> None:
    many = " and ".join(["enabled eq true"] * 21)

    found = translate(parse_filter(many, TYPES[POLICY]), POLICIES)

    assert found is not None
    assert (found.terms, found.exact) == (20, False)


# --- values from strangers ---------------------------------------------------------------------


@given(
    st.sampled_from(
        [
            (POLICY, POLICIES, "name", ["eq"]),
            (POLICY, POLICIES, "id", ["eq"]),
            (POLICY, POLICIES, "platformName", ["eq"]),
            (MEMBER, MEMBERS, "hostname", ["eq", "co", "sw", "ew"]),
            (MEMBER, MEMBERS, "status", ["eq"]),
        ]
    ),
    st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=12)
    | st.text(alphabet="a'\\,+()[]:!*~<>", max_size=12),
)
def test_no_value_ends_its_quotes(
    attribute: tuple[str, Vocabulary, str, list[str]], value: str
) -> None:
    kind, vocabulary, name, operators = attribute

    for operator in operators:
        text = f"{name} {operator} {json.dumps(value)}"
        query = translate(parse_filter(text, TYPES[kind]), vocabulary)
        if query is not None:
            term = fql.parse(query.text)
            assert isinstance(term, fql.Term)
            assert str(term.values[0]).strip("*").lower() == value.strip("*").lower()


# --- the vendor's answer -----------------------------------------------------------------------

NAMES = [
    "Servers",
    "servers, old",
    "o'brien",
    "A+B (test)",
    "Büro",
    "a\\b",
    "x'+enabled:false",
    "-",
]


@cache
def tenant() -> tuple[FalconConnector, Sequence[Record]]:
    """A child CID with policies of many names, and all of them."""
    connector = of_a_child(Tenant(policy_unsupported_field="reject"))
    for number, name in enumerate(NAMES):
        platform = ["Windows", "Linux"][number % 2]
        create(connector, name, platformName=platform, enabled=number % 3 == 0)
    return connector, list(connector.records(POLICY))


def literal(value: Any) -> str:
    return json.dumps(value)


MOMENTS = st.builds(
    lambda which, name, form: literal(form(tenant()[1][which]["meta"][name])),
    st.integers(0, len(NAMES)),
    st.sampled_from(["created", "lastModified"]),
    st.sampled_from(
        [
            lambda text: text,
            lambda text: f"{text[:19]}Z",
            lambda text: f"{text[:23]}Z",
            lambda text: f"{text[:19]}.999999Z",
            lambda _text: "2000-01-01T00:00:00Z",
        ]
    ),
)
LEAVES = st.one_of(
    st.builds(
        lambda op, value: f"name {op} {literal(value)}",
        st.sampled_from(["eq", "ne", "co", "sw", "gt"]),
        st.sampled_from([*NAMES, *(name.upper() for name in NAMES), "serv", ""]),
    ),
    st.builds(
        lambda op, value: f"platformName {op} {literal(value)}",
        st.sampled_from(["eq", "ne", "sw"]),
        st.sampled_from(["Windows", "linux", "BeOS"]),
    ),
    st.sampled_from(
        ["enabled eq true", "enabled ne true", "enabled pr", "precedence lt 2", "description pr"]
    ),
    st.builds(
        lambda name, op, value: f"meta.{name} {op} {value}",
        st.sampled_from(["created", "lastModified"]),
        st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
        MOMENTS,
    ),
    st.builds(
        lambda which: f"id eq {literal(tenant()[1][which]['id'])}", st.integers(0, len(NAMES))
    ),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)


@given(FILTERS)
@settings(max_examples=60, deadline=None)
def test_every_policy_that_matches_is_found_and_an_exact_query_finds_no_other(text: str) -> None:
    connector, everything = tenant()
    where = parse_filter(text, TYPES[POLICY])
    wanted = [each["id"] for each in everything if matches(where, each)]

    found = [each["id"] for each in connector.records(POLICY, where)]
    total = connector.record_page(POLICY, RecordQuery(where, None, False, 0, 0))

    assert [each for each in found if each in wanted] == wanted
    if total is not None:
        assert (found, total.total) == (wanted, len(wanted))


@given(
    FILTERS | st.none(),
    st.sampled_from([None, "name", "enabled", "precedence", "meta.created", "meta.lastModified"]),
    st.booleans(),
    st.integers(0, 9),
    st.integers(0, 5),
)
@settings(max_examples=60, deadline=None)
def test_a_page_of_the_vendor_is_the_page_that_was_asked_for(
    text: str | None, sort_by: str | None, descending: bool, offset: int, count: int
) -> None:
    connector, everything = tenant()
    where = parse_filter(text, TYPES[POLICY]) if text else None

    page = connector.record_page(POLICY, RecordQuery(where, sort_by, descending, offset, count))

    if page is not None:
        wanted = [each for each in everything if where is None or matches(where, each)]
        order = sort_resources(
            wanted,
            sort_by or "meta.created",
            "descending" if descending and sort_by else None,
            TYPES[POLICY],
        )[offset : offset + count]
        assert page.total == len(wanted)
        # Equals may come in any order.
        key = (sort_by or "meta.created").split(".")[-1]
        values = [
            [each.get("meta", {}).get(key, each.get(key)) for each in some]
            for some in (page.records, order)
        ]
        assert values[0] == values[1]


@pytest.mark.parametrize("text", ['hostname sw "lap"', 'hostname eq "lap-0412"', "hostname pr"])
def test_members_are_asked_for_by_name(text: str) -> None:
    parent = of_the_parent(Tenant())
    where = parse_filter(text, TYPES[MEMBER])

    found = {each["hostname"] for each in parent.records(MEMBER, where, owner=LAPTOP_POLICY_ID)}

    assert {"lap-0412"} <= found


# --- which route -------------------------------------------------------------------------------


def asked(query: RecordQuery, *, flight_control: bool = False) -> list[str] | None:
    """The routes that a page of policies takes; None if the vendor cannot give it exactly."""
    falcon = Tenant()
    connector = of_the_parent(falcon) if flight_control else of_a_child(falcon)
    page = connector.record_page(POLICY, query)
    routes = [each.split("/")[2] for each in falcon.asked() if "/policy/" in each]
    return None if page is None else routes


WINDOWS = 'platformName eq "Windows"'


@pytest.mark.parametrize(
    ("text", "sort_by", "count", "routes"),
    [
        (None, None, 0, ["queries"]),
        (WINDOWS, None, 0, ["queries"]),
        (None, None, 100, ["combined", "queries", "queries", "queries"]),
        (WINDOWS, None, 100, ["combined", "queries"]),
        (WINDOWS, "precedence", 100, ["combined", "queries"]),
        (None, "meta.created", 1, ["combined", "queries"]),
        (None, "precedence", 100, None),
        (None, "name", 100, None),
        ('name eq "x"', None, 100, None),
        ('name co "x"', None, 0, None),
        (None, None, 5001, None),
    ],
)
def test_totals_and_places_come_as_ids_and_pages_as_records(
    text: str | None, sort_by: str | None, count: int, routes: list[str] | None
) -> None:
    where = parse_filter(text, TYPES[POLICY]) if text else None

    assert asked(RecordQuery(where, sort_by, False, 0, count)) == routes


def test_a_parent_whose_lists_have_foreign_policies_cannot_give_pages() -> None:
    assert asked(RecordQuery(None, None, False, 0, 0), flight_control=True) is None


def test_a_page_with_foreign_policies_is_none_where_nobody_said_that_it_is_a_parent() -> None:
    connector = Tenant().connector(response_policies=True)

    assert connector.record_page(POLICY, RecordQuery(None, None, False, 0, 100)) is None


def test_totals_of_members_come_as_ids() -> None:
    falcon = Tenant()

    page = of_the_parent(falcon).record_page(
        MEMBER, RecordQuery(None, None, False, 0, 0), owner=LAPTOP_POLICY_ID
    )

    assert page is not None
    assert (page.records, page.total) == ([], 2)
    assert falcon.asked()[-1] == "GET /policy/queries/response-members/v1"
