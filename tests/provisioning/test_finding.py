"""Lists: what an index finds is what a look at everything finds, in one order, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimbridge.connectors.interface import Account, Entitlement, EntitlementDetails
from scimbridge.directory import memberships, shown
from scimbridge.errors import MethodNotAllowed, NotFound
from scimbridge.provisioning.query import Query
from scimbridge.scim.attributes import ResourceType, group_type, user_type
from scimbridge.scim.filters import Filter, parse_filter
from scimbridge.scim.listing import Page
from scimbridge.scim.matching import matches
from scimbridge.scim.projection import parse_projection
from tests.provisioning.conftest import CALLER, DOWN, JANE, Bench, Found, found, parsed

ALL = Page(1, 1000)
KINDS = {"Users": user_type(), "Groups": group_type()}
NAMES = ["jane@example.com", "ROE@example.com", "stra\u00dfe@example.com", "Jos\u00e9 Doe"]


def search(
    bench: Bench,
    kind: str,
    filter: str | None = None,
    *,
    page: Page = ALL,
    sort_by: str | None = None,
    order: str | None = None,
    excluded: str | None = None,
) -> Found:
    where = parse_filter(filter, KINDS[kind]) if filter else None
    query = Query(page, where, sort_by, order)
    projection = parse_projection(None, excluded, KINDS[kind])
    return found(bench.provider.endpoints[kind].search(query, projection, "https://b"))


def ids(listing: Found) -> list[str]:
    return [each["id"] for each in listing.resources]


@pytest.fixture
def stocked(bench: Bench) -> Bench:
    """Users and groups, some with members, made at different times and partly at the same."""
    users = []
    for number, name in enumerate(NAMES):
        attributes: dict[str, Any] = {"externalId": f"e{number // 2}", "title": "CISO"}
        if number % 2:
            attributes["displayName"] = f"Person {9 - number}"
        users.append(bench.post_user(name, **attributes))
        bench.clock.advance(number % 2)
    for name, members in (("Readers", users[:3]), ("Friends", users[:1]), ("Empty", [])):
        group = bench.post_group(name, *members, "nobody")
        bench.clock.advance(1)
        bench.patch_group(group, {"op": "add", "path": "externalId", "value": "g"})
    return bench


def conjunctions(kind: ResourceType, terms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.lists(terms, min_size=1, max_size=3).flatmap(
        lambda each: st.sampled_from([" and ", " or "]).map(lambda word: word.join(each))
    )
    return joined | joined.map(lambda text: f"not ({text})")


def quoted(values: list[str]) -> st.SearchStrategy[str]:
    spellings = [each for value in values for each in (value, value.upper(), value.lower())]
    return st.sampled_from(spellings).map(lambda text: f'"{text}"')


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), kind=st.sampled_from(["Users", "Groups"]))
def test_an_index_finds_what_a_look_at_everything_finds(
    stocked: Bench, data: st.DataObject, kind: str
) -> None:
    everything = search(stocked, kind).resources
    known = quoted([each["id"] for each in everything])
    common = [
        known.map("id eq {}".format),
        quoted(["e0", "e1", "g", "x"]).map("externalId eq {}".format),
        quoted([*NAMES, "Person 8", "Readers", "Empty"]).map("displayName eq {}".format),
        st.just("meta.created pr"),
    ]
    users = quoted([each["id"] for each in search(stocked, "Users").resources])
    own = {
        "Users": [
            quoted([*NAMES, "strasse@example.com", "nobody"]).map("userName eq {}".format),
            quoted(["Readers", "Friends"]).map("groups.display eq {}".format),
            st.just('title eq "ciso"'),
        ],
        "Groups": [
            users.map("members eq {}".format),
            users.map("members.value eq {}".format),
            users.map("members[value eq {}]".format),
            st.just('members.value eq "nobody"'),
            st.just("members pr"),
        ],
    }
    text = data.draw(conjunctions(KINDS[kind], st.one_of(*common, *own[kind])))
    wanted: Filter = parse_filter(text, KINDS[kind])

    found = ids(search(stocked, kind, text))

    assert found == [each["id"] for each in everything if matches(wanted, each)], text


@pytest.mark.parametrize(
    ("kind", "filter", "lookup"),
    [
        ("Users", 'id eq "x"', "find"),
        ("Users", 'externalId eq "x" and title pr', "by_external_id"),
        ("Users", 'userName eq "x"', "by_key"),
        ("Groups", 'displayName eq "x"', "by_key"),
        ("Groups", 'members eq "x"', "groups_with"),
        ("Groups", 'members.value eq "x"', "groups_with"),
        ("Groups", 'members[value eq "x"]', "groups_with"),
        ("Users", 'displayName eq "x"', "everything"),
        ("Users", 'userName eq "x" or title pr', "everything"),
    ],
)
def test_what_an_index_can_answer_is_looked_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: str, filter: str, lookup: str
) -> None:
    used: list[str] = []
    for name in ("find", "by_external_id", "by_key", "groups_with", "everything"):
        _spy(monkeypatch, shown, name, used)

    search(bench, kind, filter)

    assert set(used) == {lookup}


def _spy(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, used: list[str]) -> None:
    actual = getattr(module, name)

    def spying(*arguments: Any, **named: Any) -> Any:
        used.append(name)
        return actual(*arguments, **named)

    monkeypatch.setattr(module, name, spying)


@pytest.mark.parametrize("filter", [None, "meta.created pr"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_put_together_are_the_whole_list(
    stocked: Bench, filter: str | None, size: int
) -> None:
    whole = search(stocked, "Users", filter)
    pages = [search(stocked, "Users", filter, page=Page(at, size)) for at in range(1, 6, size)]

    assert [found for each in pages for found in ids(each)] == ids(whole)
    assert {each.total for each in pages} == {len(NAMES)}


def test_users_are_listed_in_the_order_in_which_they_were_made(stocked: Bench) -> None:
    assert [each["userName"] for each in search(stocked, "Users").resources] == NAMES


@pytest.mark.parametrize("order", [None, "ascending", "descending"])
def test_sorting_puts_those_without_a_value_where_the_standard_says(
    stocked: Bench, order: str | None
) -> None:
    listing = search(stocked, "Users", sort_by="displayName", order=order)

    named = ["Person 6", "Person 8"]
    ascending = [*named, None, None]
    expected = ascending[::-1] if order == "descending" else ascending
    assert [each.get("displayName") for each in listing.resources] == expected


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Users", "id"),
        ("Users", "meta.created"),
        ("Users", "groups.display"),
        ("Groups", "members.value"),
    ],
)
def test_what_is_in_no_document_is_sorted_by_under_its_full_name_too(
    stocked: Bench, kind: str, name: str
) -> None:
    full = f"{KINDS[kind].schema.id}:{name}"

    sorted_by_it = ids(search(stocked, kind, sort_by=full, order="descending"))

    assert sorted_by_it == ids(search(stocked, kind, sort_by=name, order="descending"))
    assert sorted_by_it != ids(search(stocked, kind))


def test_sorting_a_page_sorts_everything_first(stocked: Bench) -> None:
    whole = search(stocked, "Users", sort_by="userName")

    page = search(stocked, "Users", page=Page(2, 2), sort_by="userName")

    assert ids(page) == ids(whole)[1:3]
    assert page.total == len(NAMES)


def test_members_that_are_not_shown_are_not_loaded(
    stocked: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []
    _spy(monkeypatch, memberships, "shown", used)

    listing = search(stocked, "Groups", excluded="members")

    assert len(listing.resources) == 3
    assert used == []


def test_a_user_that_is_not_confirmed_is_found_by_nothing(bench: Bench) -> None:
    with bench.failing("create_account"), pytest.raises(Exception, match="maintenance"):
        bench.post_user(externalId="e1")
    row = 'userName eq "jane@example.com"', 'externalId eq "e1"', "userName pr", None

    assert [search(bench, "Users", filter).total for filter in row] == [0, 0, 0, 0]


# --- accounts that the directory does not know -------------------------------------------------


def test_an_unknown_login_is_asked_for_at_the_vendor_and_found_again(bench: Bench) -> None:
    bench.vendor.people["x1"] = Account(JANE, given_name="Jane", native_id="x1")

    (first,) = search(bench, "Users", f'userName eq "{JANE.upper()}" and active eq true').resources
    (second,) = search(bench, "Users", f'userName eq "{JANE}"').resources

    assert first == second
    assert first["name"] == {"givenName": "Jane"}
    assert bench.vendor.calls.count("find_account") == 1


def test_a_login_that_the_vendor_does_not_know_either_is_an_empty_list(bench: Bench) -> None:
    assert search(bench, "Users", f'userName eq "{JANE}"').total == 0
    assert search(bench, "Users", 'title eq "x"').total == 0
    assert search(bench, "Groups", 'displayName eq "x"').total == 0
    assert bench.vendor.calls == ["find_account"]


def test_reading_goes_on_while_the_vendor_is_down(bench: Bench) -> None:
    with bench.failing("find_account", DOWN):
        assert search(bench, "Users", f'userName eq "{JANE}"').total == 0


# --- what the vendor has to give ---------------------------------------------------------------


@pytest.fixture
def catalogued(bench: Bench) -> Bench:
    bench.vendor.catalogue = [
        EntitlementDetails(Entitlement("role", "b"), "Beta", "d" * 1500),
        EntitlementDetails(Entitlement("role", "a"), "Alpha"),
        EntitlementDetails(Entitlement("role", "c"), "Hidden", assignable=False),
    ]
    bench.provider.observer.refresh_catalogue()
    return bench


def roles(bench: Bench, filter: str | None = None, **query: Any) -> Found:
    endpoint = bench.provider.endpoints["Roles"]
    where = parse_filter(filter, endpoint.resource_type) if filter else None
    projection = parse_projection(None, None, endpoint.resource_type)
    asked = Query(query.pop("page", ALL), where, **query)
    return found(endpoint.search(asked, projection, "https://b"))


def test_roles_are_those_that_can_be_given_with_what_okta_takes_of_their_description(
    catalogued: Bench,
) -> None:
    listing = roles(catalogued)

    assert [each["displayName"] for each in listing.resources] == ["Alpha", "Beta"]
    assert [len(each.get("description", "")) for each in listing.resources] == [0, 1000]


def test_where_there_are_only_roles_they_are_the_entitlements_too(catalogued: Bench) -> None:
    endpoint = catalogued.provider.endpoints["Entitlements"]
    projection = parse_projection(None, None, endpoint.resource_type)

    listing = found(endpoint.search(Query(ALL), projection, "https://b"))

    assert [each["type"] for each in listing.resources] == ["Entitlement"] * 2
    assert ids(listing) == ids(roles(catalogued))


def test_roles_are_filtered_sorted_and_paged(catalogued: Bench) -> None:
    assert [r["displayName"] for r in roles(catalogued, 'displayName sw "b"').resources] == ["Beta"]
    backwards = roles(catalogued, sort_by="displayName", sort_order="descending", page=Page(1, 1))
    assert [each["displayName"] for each in backwards.resources] == ["Beta"]
    assert backwards.total == 2


def test_a_role_can_be_read_by_its_id_and_has_a_version_of_its_content(catalogued: Bench) -> None:
    first, second = roles(catalogued).resources
    endpoint = catalogued.provider.endpoints["Roles"]
    projection = parse_projection(None, None, endpoint.resource_type)

    assert parsed(endpoint.get(first["id"], projection, "https://b")) == first
    assert first["meta"]["version"] != second["meta"]["version"]
    assert first["meta"]["location"] == f"https://b/Roles/{first['id']}"
    with pytest.raises(NotFound):
        endpoint.get("nobody", projection, "https://b")


def test_roles_can_only_be_read(catalogued: Bench) -> None:
    endpoint = catalogued.provider.endpoints["Roles"]
    writes: list[Callable[[], object]] = [
        lambda: endpoint.create({}, CALLER),
        lambda: endpoint.replace("x", {}, CALLER, None),
        lambda: endpoint.patch("x", [], CALLER, None),
        lambda: endpoint.delete("x", CALLER, None),
    ]

    for write in writes:
        with pytest.raises(MethodNotAllowed) as caught:
            write()
        assert caught.value.allowed == ("GET", "HEAD")
    endpoint.answered("x")
