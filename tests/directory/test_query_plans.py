"""SQLite looks up by the index that was made for it, though nobody ever runs ANALYZE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from scimbridge.directory import memberships, passes, resources, shown
from scimbridge.directory.engine import Directory

LOOKUPS: dict[str, tuple[Callable[[Connection], object], set[str]]] = {
    "a name": (
        lambda connection: shown.by_key(connection, "t", "User", "ada", groups=False),
        {"ix_resources_confirmed_key"},
    ),
    "a name that is wanted or shown": (
        lambda connection: resources.find_by_any_key(connection, "t", "User", "ada"),
        {"ix_resources_confirmed_key", "sqlite_autoindex_resources_2"},
    ),
    "an externalId": (
        lambda connection: shown.by_external_id(connection, "t", "User", "7", groups=False),
        {"ix_resources_external_id"},
    ),
    "a vendor's id": (
        lambda connection: resources.find_by_native_id(connection, "t", "User", "7"),
        {"ix_resources_native_id"},
    ),
    "a user with her groups": (
        lambda connection: shown.find(connection, "t", "User", "7", groups=True),
        {"sqlite_autoindex_resources_1", "COVERING ix_memberships_member", "PRIMARY"},
    ),
    "what the groups of users grant": (
        lambda connection: memberships.entitlements_of(
            connection, "t", [str(n) for n in range(200)]
        ),
        {
            "ix_memberships_member",
            "PRIMARY",
            "sqlite_autoindex_group_entitlements_1",
        },
    ),
    "how many are shown": (
        lambda connection: shown.count(connection, "t", "User"),
        {"sqlite_autoindex_lists_1"},
    ),
    "the passes at an operation": (
        lambda connection: passes.of_operation(connection, 7),
        {"ix_passes_operation"},
    ),
    "a page": (
        lambda connection: shown.page(connection, "t", "User", offset=100, limit=100, groups=True),
        {"ix_resources_order", "COVERING ix_memberships_member", "PRIMARY"},
    ),
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", LOOKUPS)
def test_a_lookup_uses_its_index(directory: Directory, name: str) -> None:
    look_up, indexes = LOOKUPS[name]

    assert {index for step in plan(directory, look_up) for index in used(step)} == indexes


def plan(directory: Directory, look_up: Callable[[Connection], object]) -> list[str]:
    """The steps by which SQLite does it."""
    sent: list[str] = []
    with directory.read() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(sent.append)  # with the values in the statement
        look_up(connection)
        driver.set_trace_callback(None)
        (statement,) = sent
        rows = driver.execute(f"EXPLAIN QUERY PLAN {statement}")
        return [str(row[-1]) for row in rows]


def used(step: str) -> list[str]:
    """The index that a step uses, if it is one; a walk through a table fails the test."""
    if not step.startswith(("SEARCH", "SCAN")) or step == "SCAN named":  # what a subquery found
        return []
    _, found, index = step.partition(" USING ")
    assert found, step
    words = index.split()
    if words[0] == "COVERING" and "autoindex" not in index:
        return [f"COVERING {words[2]}"]
    return ["PRIMARY" if "PRIMARY KEY" in index else words[words.index("INDEX") + 1]]
