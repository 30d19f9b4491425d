"""docs/operations.md is complete, and each of its rows is so: driven through the bridge."""

from __future__ import annotations

import pytest

from tests.bridge.operations.proof import DRIVES, proven_by, unproven
from tests.bridge.operations.reference import OPERATIONS
from tests.bridge.operations.scene import Drive
from tests.bridge.operations.table import DOCUMENT, Row, parse

ROWS = parse(DOCUMENT.read_text())
ROW = Row("GET", "/users", "getUsers", "`GET /Users` with a filter", "falcon.somebody_is_found")


def test_the_table_has_every_operation_of_the_reference_and_each_once() -> None:
    assert sorted(row.key for row in ROWS) == sorted(OPERATIONS)


def test_the_reference_has_84_operations() -> None:
    assert len(OPERATIONS) == len({each[:2] for each in OPERATIONS}) == 84


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.call)
def test_a_row_says_what_reaches_the_operation_and_what_proves_it(row: Row) -> None:
    assert row.request
    assert row.proof in DRIVES


@pytest.mark.parametrize("drive", DRIVES.values(), ids=lambda drive: drive.name)
def test_a_drive_reaches_all_that_it_is_the_proof_of(drive: Drive) -> None:
    right, wrong = proven_by(drive, ROWS)

    assert wrong == []
    assert right


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"GET /Users": set()},
        {"GET /Users": {"GET /users/{id}"}},
        {"GET /Users": {"POST /users"}},
        {"POST /Users": {"GET /users"}},
    ],
    ids=["nothing", "no call", "another route", "another method", "another request"],
)
def test_a_row_is_not_proven_by(evidence: dict[str, set[str]]) -> None:
    assert unproven([ROW], evidence) == [ROW]


def test_a_row_is_proven_by_its_call_during_its_request() -> None:
    assert unproven([ROW], {"GET /Users": {"GET /users"}}) == []


@pytest.mark.parametrize(
    "line",
    [
        "| GET | `/users` | getUsers | `GET /Users` | |",
        "| GET | `/users` | getUsers |  `GET /Users` |",
        "| GET | /users | getUsers | `GET /Users` | `a.b` |",
    ],
    ids=["no proof", "a cell too few", "a route that is no code"],
)
def test_a_broken_row_is_not_passed_over(line: str) -> None:
    with pytest.raises(ValueError, match="not a row of five cells"):
        parse(line)
