"""One bridge for all tests of this folder that need none of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from scimbridge.clock import now_ms
from scimbridge.directory import tokens
from scimbridge.directory.schema import metadata
from scimbridge.keys import derive_key
from tests.conftest import SECRET_KEY, Scim, World, open_world

Rows = dict[str, list[Any]]


def dump(world: World) -> Rows:
    """Every row of every table, but for when a token was last used."""
    rows: Rows = {}
    with world.bridge.directory.read() as connection:
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if column.name != "last_used"]
            query = select(*columns).order_by(*table.primary_key.columns)
            rows[table.name] = [tuple(row) for row in connection.execute(query)]
    return rows


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bridge with one user and one group; tests that write here use names of their own."""
    with open_world(tmp_path_factory.mktemp("web")) as opened:
        opened.provider.observer.refresh_catalogue()
        opened.scim.create_user("resident@example.com", title="Analyst")
        opened.scim.create_group("SEC Residents")
        yield opened


@pytest.fixture(scope="package")
def resident(shared: World) -> str:
    """The id of the user that is always there."""
    found = shared.scim("GET", '/Users?filter=userName eq "resident@example.com"').json()
    return str(found["Resources"][0]["id"])


@pytest.fixture
def untouched(shared: World) -> Iterator[World]:
    """The shared bridge, of which the test must change nothing: no row, and no vendor call."""
    before = dump(shared)
    shared.vendor.forget_calls()
    yield shared
    assert dump(shared) == before
    assert shared.vendor.calls() == []


IssueToken = Callable[..., Scim]


@pytest.fixture
def issue(shared: World) -> IssueToken:
    """Makes clients with further tokens of the shared bridge."""

    def issue(*, target: str = "falcon", **properties: Any) -> Scim:
        with shared.bridge.directory.write() as connection:
            token = tokens.issue(
                connection,
                derive_key(SECRET_KEY.encode(), "tokens"),
                target=target,
                name="another",
                now=now_ms(),
                **properties,
            )
        return Scim(shared.scim.base_url, token)

    return issue
