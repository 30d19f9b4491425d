"""Lists as readers see them: counted by the database itself, and read in pages."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from sqlalchemy import insert, update

from scimbridge.directory import resources, shown
from scimbridge.directory.engine import Directory
from scimbridge.directory.schema import memberships
from scimbridge.directory.schema import resources as table
from scimbridge.directory.shown import GroupRef
from tests.databases import Databases


def add(directory: Directory, name: str, *, kind: str = "User", confirmed: bool = True) -> int:
    seen = {"confirmed": "{}", "confirmed_key": name} if confirmed else {}
    columns: dict[str, Any] = {"target": "t", "resource_type": kind, "scim_id": name, **seen}
    with directory.write() as connection:
        return resources.create(
            connection, **columns, desired_key=name, desired="{}", created=1, last_modified=1
        )


def change(directory: Directory, pk: int, **columns: Any) -> None:
    with directory.write() as connection:
        resources.change(connection, pk, **columns)


def counted(directory: Directory, kind: str = "User") -> tuple[int, int]:
    with directory.read() as connection:
        total, version = shown.count(connection, "t", kind)
        assert total == len(list(shown.everything(connection, "t", kind, groups=False)))
        return total, version


def test_a_list_of_nothing_has_no_length(directory: Directory) -> None:
    assert counted(directory) == (0, 0)


def test_what_readers_see_is_counted_by_target_and_type(directory: Directory) -> None:
    add(directory, "a")
    add(directory, "b")
    add(directory, "g", kind="Group")

    assert (counted(directory)[0], counted(directory, "Group")[0]) == (2, 1)


def test_what_is_not_confirmed_yet_counts_once_it_is(directory: Directory) -> None:
    add(directory, "a")
    before = counted(directory)

    pk = add(directory, "b", confirmed=False)
    assert counted(directory) == before
    change(directory, pk, confirmed="{}", confirmed_key="b")

    total, version = counted(directory)
    assert (total, version > before[1]) == (2, True)


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_dump_that_is_restored_as_the_runbook_says_counts_as_before(
    directory: Directory, url: str, databases: Databases
) -> None:
    add(directory, "a")
    add(directory, "b")
    programs, restored = databases.server.programs, databases.server.create("restored")
    dump = [programs / "pg_dump", "--format=custom", f"--dbname={url}"]
    restore = [programs / "pg_restore", "--single-transaction", f"--dbname={restored}"]

    dumped = subprocess.run(dump, check=True, capture_output=True, timeout=60).stdout
    subprocess.run(restore, check=True, input=dumped, timeout=60)

    again = Directory(restored)
    assert counted(again) == counted(directory) == (2, 2)
    add(again, "c")
    assert counted(again) == (3, 3)
    again.close()
    databases.server.drop("restored")


def test_another_name_is_no_other_list(directory: Directory) -> None:
    pk = add(directory, "a")
    before = counted(directory)

    change(directory, pk, confirmed_key="b", revision=2)

    assert counted(directory) == before


def test_who_is_gone_or_seen_no_more_does_not_count(directory: Directory) -> None:
    gone, hidden = add(directory, "a"), add(directory, "b")
    unseen = add(directory, "c", confirmed=False)
    versions = [counted(directory)[1]]

    for pk in (gone, unseen):
        with directory.write() as connection:
            resources.remove(connection, pk)
    versions.append(counted(directory)[1])
    with directory.write() as connection:
        connection.execute(update(table).where(table.c.pk == hidden).values(confirmed_key=None))

    total, version = counted(directory)
    assert total == 0
    assert versions[0] < versions[1] < version


def test_a_page_may_begin_behind_a_resource_that_is_known(directory: Directory) -> None:
    pks = [add(directory, name) for name in "abcde"]
    add(directory, "g", kind="Group")

    with directory.read() as connection:
        counting = shown.page(connection, "t", "User", offset=2, limit=2, groups=False)
        following = shown.page(
            connection, "t", "User", after=pks[1], offset=0, limit=2, groups=False
        )

    assert [row.scim_id for row in counting] == ["c", "d"]
    assert following == counting


def test_the_groups_that_show_somebody_are_told_in_the_order_of_the_list(
    directory: Directory,
) -> None:
    add(directory, "somebody")
    pks = [add(directory, name, kind="Group") for name in ("late", "early", "hidden")]
    unseen = add(directory, "unseen", kind="Group", confirmed=False)
    with directory.write() as connection:
        connection.execute(
            insert(memberships),
            [
                {"group_pk": pk, "member_id": "somebody", "have": int(pk != pks[2])}
                for pk in (unseen, *reversed(pks))
            ],
        )
        for pk, display in zip(pks, ('A "name"', "Zoë\n", "Hidden"), strict=True):
            resources.change(connection, pk, display=display)

    with directory.read() as connection:
        found = shown.find(connection, "t", "User", "somebody", groups=True)
        [listed] = shown.everything(connection, "t", "User", groups=True)
        without = shown.find(connection, "t", "User", "somebody", groups=False)

    assert found == listed
    assert found is not None
    assert found.groups is not None
    assert shown.group_refs(found.groups) == (
        GroupRef("late", 'A "name"'),
        GroupRef("early", "Zoë\n"),
    )
    assert without == found._replace(groups=None)
