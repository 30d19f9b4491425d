"""Lists are walked page by page: everybody once, though names repeat and people come and go."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, delete, insert

from scimbridge.directory import browsing, schema
from scimbridge.directory.engine import Directory
from scimbridge.errors import NotFound

NAMES = ["ada", "ada", "bob", "Émile", "zoë", "a b", "a_b", "bob2"]


def fill(connection: Connection) -> list[int]:
    """Users and groups of two targets, some with the same names; gives the keys of the users."""
    rows = [
        {
            "target": target,
            "resource_type": kind,
            "scim_id": f"{target}-{kind}-{number}",
            "confirmed_key": name.casefold(),
            "display": name,
            "desired": "{}",
            "confirmed": "{}",
            "created": 1,
            "last_modified": 1,
        }
        for target in ("t", "u")
        for kind in ("User", "Group")
        for number, name in enumerate(NAMES)
    ]
    keys = [
        connection.execute(insert(schema.resources).values(row).returning(schema.resources.c.pk))
        for row in rows
    ]
    return [
        key.scalar_one()
        for key, row in zip(keys, rows, strict=True)
        if row["resource_type"] == "User"
    ]


def test_every_person_is_on_one_page(directory: Directory) -> None:
    seen: list[browsing.Person] = []
    with directory.write() as connection:
        keys = fill(connection)
        while page := browsing.people(connection, limit=3, after=seen[-1].pk if seen else None):
            seen += page

    assert sorted(each.pk for each in seen) == sorted(keys)
    assert [each.key for each in seen[:4]] in (["a b"] * 2 + ["a_b"] * 2, ["ada"] * 4)


def test_pages_hold_what_the_filter_lets_through(directory: Directory) -> None:
    with directory.write() as connection:
        fill(connection)
        first = browsing.groups(connection, text="bo", target="u", limit=1)
        second = browsing.groups(connection, text="bo", target="u", limit=1, after=first[0].pk)
        third = browsing.groups(connection, text="bo", target="u", limit=1, after=second[0].pk)

    assert [each.display for each in first + second + third] == ["bob", "bob2"]


def test_every_member_is_on_one_page_with_a_name_or_without(directory: Directory) -> None:
    members = ["t-User-0", "t-User-1", "t-User-2", "nobody-1", "nobody-2", "nobody-3"]
    seen: list[str] = []
    with directory.write() as connection:
        fill(connection)
        rows = [
            {
                "group_pk": 1,
                "member_id": each,
                "have": 1,
                "display": "Ada" if each[-1] == "3" else None,
            }
            for each in members
        ]
        connection.execute(insert(schema.memberships), rows)
        while page := browsing.members(connection, 1, limit=2, after=seen[-1] if seen else None):
            seen += [member_id for member_id, _, _ in page]

    assert sorted(seen) == sorted(members)
    assert seen[:2] == ["nobody-1", "nobody-2"]


def test_where_the_place_is_gone_that_is_told(directory: Directory) -> None:
    with directory.write() as connection:
        key = fill(connection)[0]
        connection.execute(delete(schema.resources).where(schema.resources.c.pk == key))

        with pytest.raises(NotFound, match="begin at the first"):
            browsing.people(connection, limit=1, after=key)
        with pytest.raises(NotFound, match="begin at the first"):
            browsing.members(connection, 1, limit=1, after="nobody")
