"""Pages of users, sites and asset groups."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_console import Console

from scimbridge.connectors.insightvm.simulator.seed import PERSON_PASSWORD, users


def names(console: Console, path: str, **query: Any) -> list[str]:
    return [each.get("login") or each["name"] for each in console.get(path, **query)["resources"]]


@pytest.fixture(scope="module")
def shared() -> Console:
    return Console()


def crowded(count: int, shared: Console | None = None) -> Console:
    console = shared or Console()
    console.simulator.reset()
    for number in range(count - len(users())):
        console.simulator.state.add_account({"user_name": f"user-{number:04}"})
    return console


def test_a_page_has_ten_unless_told_otherwise() -> None:
    page = crowded(23).get("/users")

    assert len(page["resources"]) == 10
    assert page["page"] == {"number": 0, "size": 10, "totalPages": 3, "totalResources": 23}


@settings(max_examples=30, deadline=None)
@given(st.integers(7, 30), st.integers(1, 12))
def test_pages_together_hold_everybody_once(shared: Console, count: int, size: int) -> None:
    console = crowded(count, shared)
    pages = -(-count // size)

    seen = [
        user["id"]
        for number in range(pages)
        for user in console.get("/users", page=number, size=size)["resources"]
    ]

    assert seen == list(range(1, count + 1))
    assert console.call("GET", "/users", page=pages, size=size).status_code == 404


@pytest.mark.parametrize("beyond", [1, 2, 999_999_999])
def test_beyond_the_end_is_404(beyond: int) -> None:
    assert Console().call("GET", "/users", page=beyond).status_code == 404


def test_a_list_of_nothing_has_no_pages_and_is_found_nevertheless() -> None:
    page = Console().get("/asset_groups", name="no such")

    assert page["resources"] == []
    assert page["page"] == {"number": 0, "size": 10, "totalPages": 0, "totalResources": 0}


@pytest.mark.parametrize(
    "query",
    [{"page": -1}, {"page": "x"}, {"page": ""}, {"size": 0}, {"size": "1.5"}, {"size": "9" * 5000}],
)
def test_a_page_that_makes_no_sense_is_400(query: dict[str, Any]) -> None:
    assert Console().call("GET", "/users", **query).status_code == 400


def test_a_page_has_five_hundred_at_most() -> None:
    console = crowded(510)

    clamped = console.get("/users", size=501)

    assert clamped["page"]["size"] == len(clamped["resources"]) == 500
    console.simulator.switches.set({"oversized_page": "reject"})
    assert console.call("GET", "/users", size=501).status_code == 400
    assert console.call("GET", "/users", size=500).ok


@pytest.mark.parametrize(
    ("page", "links"),
    [
        (0, {"first": 0, "self": 0, "next": 1, "last": 3}),
        (1, {"first": 0, "prev": 0, "self": 1, "next": 2, "last": 3}),
        (3, {"first": 0, "prev": 2, "self": 3, "last": 3}),
    ],
)
def test_pages_link_to_each_other(page: int, links: dict[str, int]) -> None:
    console = crowded(8)

    body = console.get("/users", page=page, size=2, sort=["name,DESC", "id"])

    queries = {each["rel"]: parse_qs(urlsplit(each["href"]).query) for each in body["links"]}
    assert {rel: int(query["page"][0]) for rel, query in queries.items()} == links
    assert all(query["sort"] == ["name,DESC", "id"] for query in queries.values())


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("id", "nxadmin"),
        ("id,DESC", "lena.berg"),
        ("login", "irene.okafor@example.com"),
        ("login,asc", "irene.okafor@example.com"),
        ("name,DESC", "tomas.ruiz"),
        ("enabled", "pat.novak"),
        ("email", "svc-scimbridge"),
        (["enabled,DESC", "name"], "nxadmin"),
        (["enabled", "name"], "pat.novak"),
    ],
)
def test_users_are_sorted_by(sort: Any, first: str) -> None:
    assert names(Console(), "/users", sort=sort)[0] == first


@pytest.mark.parametrize("sort", ["role", "id,UP", "", "login,ASC,DESC"])
def test_a_sort_by_anything_else_is_400(sort: str) -> None:
    assert Console().call("GET", "/users", sort=sort).status_code == 400


def test_what_users_can_be_sorted_by_is_a_switch() -> None:
    console = Console(sortable_user_properties=["login"])

    assert console.call("GET", "/users", sort="login").ok
    assert console.call("GET", "/users", sort="name").status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Payment Systems", "High Risk", "Database Servers"]),
        ({"name": "S"}, ["Payment Systems", "High Risk", "Database Servers"]),
        ({"name": "database"}, ["Database Servers"]),
        ({"type": "dynamic"}, ["High Risk", "Database Servers"]),
        ({"type": "dynamic", "name": "risk"}, ["High Risk"]),
        ({"sort": "name"}, ["Database Servers", "High Risk", "Payment Systems"]),
    ],
)
def test_asset_groups_are_searched_by_name_and_type(query: Any, found: list[str]) -> None:
    assert names(Console(), "/asset_groups", **query) == found


def test_sites_are_not_searched() -> None:
    assert len(names(Console(), "/sites", name="Laptops")) == 4


def test_others_than_administrators_see_the_sites_and_asset_groups_they_have() -> None:
    console = Console()
    mara = ("mara.lind", PERSON_PASSWORD)

    assert names(console, "/sites", auth=mara) == ["Headquarters", "Data Centre North"]
    assert names(console, "/asset_groups", auth=mara) == ["Payment Systems"]
