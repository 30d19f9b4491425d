"""How access is taken, and what is seen of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from scimbridge.directory.schema import metadata
from tests.provisioning.conftest import CALLER, Bench, Opener

HOUR = 3600
OPERATOR = replace(CALLER, actor="os:root")


@pytest.fixture
def strict(open_bench: Opener) -> Bench:
    """Two accounts an hour may lose access."""
    return open_bench(removal_budget_accounts=2, removal_budget_percent=0.0)


def staff(bench: Bench, number: int, **attributes: Any) -> list[str]:
    """Ids of new users."""
    return [bench.post_user(f"user{n}@example.com", **attributes) for n in range(number)]


def used(bench: Bench) -> int:
    return bench.provider.pauses.standing().used


def everything(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """All rows but those that tell of the refusal itself."""
    with bench.directory.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
            if table.name not in ("audit", "guards")
        }


def everything_of(bench: Bench, table: str, *names: str) -> list[tuple[Any, ...]]:
    columns = [metadata.tables[table].columns[name] for name in names]
    with bench.directory.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


Removal = Callable[[Bench, str], None]


def deactivate(bench: Bench, user: str) -> None:
    bench.patch_user(user, active=False)


def delete(bench: Bench, user: str) -> None:
    bench.users.delete(user, CALLER)


def leave(bench: Bench, _user: str) -> None:
    bench.leave(group_of(bench), bench.row(_user).scim_id or "")


def empty(bench: Bench, _user: str) -> None:
    bench.patch_group(group_of(bench), {"op": "replace", "path": "members", "value": []})


def end(bench: Bench, _user: str) -> None:
    bench.groups.delete(group_of(bench), CALLER)


def rename_away(bench: Bench, _user: str) -> None:
    bench.rename_group(group_of(bench), "Nobody")


def grant_less(bench: Bench, _user: str) -> None:
    bench.rename_group(group_of(bench), "Readers")


def group_of(bench: Bench) -> str:
    (group,) = [
        row[0]
        for row in everything_of(bench, "resources", "scim_id", "resource_type")
        if row[1] == "Group"
    ]
    return str(group)
