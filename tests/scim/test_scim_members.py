"""Membership changes as a change of a set."""

from __future__ import annotations

from typing import Any

import pytest
from scim_generators import GROUP, USER

from scimbridge.errors import InvalidValue
from scimbridge.scim.members import Member, MemberChange, members_of, split_members
from scimbridge.scim.operations import parse_patch


def change(*operations: dict[str, Any]) -> MemberChange:
    return split_members(parse_patch({"Operations": list(operations)}, GROUP), GROUP)[1]


def add(*values: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": v} for v in values]}


def remove(value: str) -> dict[str, Any]:
    return {"op": "remove", "path": f'members[value eq "{value}"]'}


A, B = Member("a"), Member("b")


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([], MemberChange()),
        ([add("a", "b")], MemberChange(add={"a": A, "b": B})),
        ([add("a"), add("a")], MemberChange(add={"a": A})),
        ([remove("a")], MemberChange(remove=frozenset("a"))),
        ([add("a"), remove("a")], MemberChange(remove=frozenset("a"))),
        ([remove("a"), add("a")], MemberChange(add={"a": A}, renewed=frozenset("a"))),
        ([remove("a"), add("a"), remove("a")], MemberChange(remove=frozenset("a"))),
        (
            [{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "a"}]}],
            MemberChange(remove=frozenset("a")),
        ),
        (
            [{"op": "remove", "path": 'members[value eq "a" or value eq "b"]'}],
            MemberChange(remove=frozenset("ab")),
        ),
        ([{"op": "remove", "path": "members"}], MemberChange(replace=True)),
        ([{"op": "remove", "path": "members", "value": []}], MemberChange()),
        ([{"op": "replace", "path": "members", "value": []}], MemberChange(replace=True)),
        ([{"op": "replace", "value": {"members": None}}], MemberChange(replace=True)),
        ([add("b"), {"op": "remove", "path": "members"}, add("a")], MemberChange(True, {"a": A})),
        (
            [{"op": "replace", "path": "members", "value": ["a", "b"]}, remove("b"), remove("c")],
            MemberChange(True, {"a": A}),
        ),
        (
            [
                {"op": "replace", "path": "members", "value": [{"value": "a", "type": "User"}]},
                {"op": "remove", "path": 'members[type eq "User"]'},
            ],
            MemberChange(replace=True),
        ),
    ],
    ids=lambda each: str(each) if isinstance(each, list) else "",  # a set has no order
)
def test_operations_on_members_fold_into_one_change(
    operations: list[Any], expected: MemberChange
) -> None:
    folded = change(*operations)

    assert folded == expected
    assert not folded.needs_members
    assert bool(folded) is (expected != MemberChange())


def test_a_selection_by_something_else_than_the_value_needs_the_members() -> None:
    selective = change(add("a"), {"op": "remove", "path": 'members[type eq "User"]'}, add("b"))

    assert selective.needs_members
    assert selective
    current = {"c": Member("c", "User"), "d": Member("d", "Group")}
    assert selective.apply(current).keys() == {"a", "b", "d"}


def test_a_selection_is_forgotten_once_all_members_are_replaced() -> None:
    folded = change(
        {"op": "remove", "path": "members[display pr]"}, {"op": "remove", "path": "members"}
    )

    assert folded == MemberChange(replace=True)


def test_what_describes_a_member_that_stays_is_kept() -> None:
    current = {"a": Member("a", "User", "Ann")}

    assert change(add("a")).apply(current) == current
    assert change(remove("a"), add("a")).apply(current) == {"a": A}


def test_other_operations_are_left_for_the_document() -> None:
    body = {
        "Operations": [add("a"), {"op": "replace", "value": {"displayName": "x", "members": []}}]
    }

    others, folded = split_members(parse_patch(body, GROUP), GROUP)

    assert [str(each.path) for each in others] == ["displayName"]
    assert folded == MemberChange(replace=True)


def test_a_resource_type_without_members_has_no_member_change() -> None:
    operations = parse_patch({"Operations": [{"op": "add", "path": "title", "value": "x"}]}, USER)

    assert split_members(operations, USER) == (operations, MemberChange())


def test_a_member_without_value_is_refused() -> None:
    with pytest.raises(InvalidValue, match="every member needs a value"):
        change({"op": "add", "path": "members", "value": [{"display": "x"}]})
    with pytest.raises(InvalidValue, match="every member needs a value"):
        members_of({"members": [{"type": "User"}]})


def test_a_member_is_shown_without_what_it_lacks() -> None:
    assert Member("a", display="Ann").document() == {"value": "a", "display": "Ann"}
