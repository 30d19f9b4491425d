"""The audit chain: what is appended stays as it was, or it shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from scimbridge.directory.audit import AuditLog
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller
from scimbridge.directory.schema import audit
from scimbridge.errors import DirectoryError

LOG = AuditLog(b"a key that is not in the database")
LINES = 4
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
"""What a caller can send: requests with a NUL or half a surrogate pair are refused."""
CHANGED = {
    "target": "u",
    "at": 99,
    "actor": "mallory",
    "request_id": "r99",
    "action": "delete",
    "resource_type": "Group",
    "scim_id": None,
    "detail": "{}",
    "digest": "0" * 64,
}


def append(directory: Directory, target: str = "t", number: int = 0) -> None:
    with directory.write() as connection:
        LOG.append(
            connection,
            Caller("okta", f"r{number}"),
            target=target,
            at=number,
            action="create wanted",
            resource_type="User",
            scim_id=f"id{number}",
            detail={"number": number},
        )


def verify(directory: Directory, log: AuditLog = LOG) -> int | None:
    with directory.read() as connection:
        return log.verify(connection, "t")


def change(directory: Directory, statement: Any) -> None:
    with directory.write() as connection:
        connection.execute(statement)


@pytest.fixture
def chain(directory: Directory) -> list[int]:
    """The primary keys of a chain of lines between which another target's lie."""
    for number in range(LINES):
        append(directory, "t", number)
        append(directory, "other", number)
    with directory.read() as connection:
        of_target = select(audit.c.pk).where(audit.c.target == "t").order_by(audit.c.pk)
        return list(connection.execute(of_target).scalars())


def test_an_untouched_chain_holds(directory: Directory, chain: list[int]) -> None:
    assert verify(directory) is None


def test_an_empty_chain_holds(directory: Directory) -> None:
    assert verify(directory) is None


@pytest.mark.parametrize("column", sorted(CHANGED))
@pytest.mark.parametrize("line", range(LINES - 1))
def test_a_change_of_any_value_of_any_line_is_found(
    directory: Directory, chain: list[int], column: str, line: int
) -> None:
    change(
        directory,
        update(audit).where(audit.c.pk == chain[line]).values({column: CHANGED[column]}),
    )

    # A line that went over to another target is missed by the one that followed it.
    assert verify(directory) == chain[line + 1 if column == "target" else line]


@pytest.mark.parametrize("line", range(LINES - 1))
def test_a_line_that_is_taken_out_is_found_at_the_next_one(
    directory: Directory, chain: list[int], line: int
) -> None:
    change(directory, delete(audit).where(audit.c.pk == chain[line]))

    assert verify(directory) == chain[line + 1]


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 2), (0, 3)])
def test_lines_that_change_places_are_found(
    directory: Directory, chain: list[int], one: int, other: int
) -> None:
    for at, place in ((chain[one], -1), (chain[other], chain[one]), (-1, chain[other])):
        change(directory, update(audit).where(audit.c.pk == at).values(pk=place))

    assert verify(directory) == chain[one]


def test_a_line_that_is_put_in_is_found(directory: Directory, chain: list[int]) -> None:
    with directory.write() as connection:
        forged = connection.execute(select(audit).where(audit.c.pk == chain[0])).mappings().one()
        connection.execute(audit.insert().values(dict(forged) | {"pk": 100}))

    assert verify(directory) == 100


def test_another_key_finds_the_first_line_wrong(directory: Directory, chain: list[int]) -> None:
    assert verify(directory, AuditLog(b"another key")) == chain[0]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(TEXT, TEXT, TEXT | st.none())
def test_whatever_text_a_line_holds_it_is_verified(
    directory: Directory, actor: str, detail: str, scim_id: str | None
) -> None:
    with directory.write() as connection:
        LOG.append(
            connection,
            Caller(actor, "r"),
            target="t",
            at=1,
            action="x",
            resource_type="User",
            scim_id=scim_id,
            detail={"why": detail},
        )

    assert verify(directory) is None


def test_a_line_that_cannot_be_written_is_a_failure(directory: Directory) -> None:
    with directory.write() as connection:
        connection.exec_driver_sql("DROP TABLE audit")

    with pytest.raises(DirectoryError):
        append(directory)
