"""A real directory, for every test its own, on each of the databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scimbridge.directory import resources
from scimbridge.directory.engine import Directory
from tests.databases import DATABASES, Databases

NOW = 1_000_000


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database; a test for one of them alone parametrizes it."""
    return str(request.param)


@pytest.fixture
def url(database: str, databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.open(database, tmp_path) as url:
        yield url


@pytest.fixture
def directory(url: str) -> Iterator[Directory]:
    opened = Directory(url)
    yield opened
    opened.close()


@pytest.fixture
def pk(directory: Directory) -> int:
    """A person of whom nothing is recorded, and who is not settled."""
    return somebody(directory, created=NOW)


def somebody(directory: Directory, *, created: int) -> int:
    """A person of the test's target; returns the primary key."""
    with directory.write() as connection:
        return resources.create(
            connection,
            target="t",
            resource_type="User",
            desired="{}",
            created=created,
            last_modified=created,
        )
