"""Membership changes apart from the rest of a PATCH, without the list of members.

A group may have 100,000 members; adding one must cost one row. `split_members` folds all the
operations on ``members`` into one change of a set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scimbridge.errors import InvalidValue
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.filter_tree import Compare, Filter, Or
from scimbridge.scim.matching import compile_filter
from scimbridge.scim.operations import Operation


@dataclass(frozen=True, slots=True)
class Member:
    """One element of ``members``; members are the same if their values are."""

    value: str
    """The id of the user or group."""
    type: str | None = None
    display: str | None = None

    @classmethod
    def of(cls, element: Mapping[str, Any]) -> Member:
        """The member that an element of a document stands for. Raises `InvalidValue`."""
        if not element.get("value"):
            raise InvalidValue("every member needs a value")
        return cls(element["value"], element.get("type"), element.get("display"))

    def document(self) -> dict[str, str]:
        """The element of ``members``, without ``$ref``."""
        parts = {"value": self.value, "type": self.type, "display": self.display}
        return {name: part for name, part in parts.items() if part is not None}


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What a PATCH does to a set of members.

    Unless `needs_members`: start from nothing if `replace`, else from the current members; take
    `remove` away; then add those of `add` that are not there. The two never overlap.
    """

    replace: bool = False
    add: Mapping[str, Member] = field(default_factory=dict)
    remove: frozenset[str] = frozenset()
    renewed: frozenset[str] = frozenset()
    """Those of `add` that the same PATCH removed before: they stay members, and what describes
    them (type, display) is what `add` says."""
    where: tuple[Operation, ...] = ()
    """All operations in their order, if one of them selects members by something else than their
    value; the other fields are empty then."""

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.replace or self.add or self.remove or self.where)

    @property
    def needs_members(self) -> bool:
        """Whether the result depends on more of the current members than their values."""
        return bool(self.where)

    def apply(self, current: Mapping[str, Member]) -> dict[str, Member]:
        """The members afterwards, by value."""
        if self.where:
            return dict(_fold(self.where, MemberChange(replace=True, add=current)).add)
        kept = {} if self.replace else {k: m for k, m in current.items() if k not in self.remove}
        for key, member in self.add.items():
            if key not in kept or key in self.renewed:
                kept[key] = member
        return kept


def members_of(document: Mapping[str, Any]) -> dict[str, Member]:
    """The members in a group's document, by value. Raises `InvalidValue`."""
    return _by_value(document.get("members") or ())


def split_members(
    operations: Iterable[Operation], resource_type: ResourceType
) -> tuple[tuple[Operation, ...], MemberChange]:
    """The operations on other attributes than ``members``, and what happens to ``members``.

    Raises `InvalidValue` for a member without value.
    """
    attribute = resource_type.schema.find("members")
    others: list[Operation] = []
    on_members: list[Operation] = []
    for operation in operations:
        is_member = operation.path.urn is None and operation.attribute is attribute
        (on_members if is_member else others).append(operation)
    return tuple(others), _fold(on_members, MemberChange())


def _fold(operations: Iterable[Operation], change: MemberChange) -> MemberChange:
    seen: list[Operation] = []
    for operation in operations:
        seen.append(operation)
        if _replaces_all(operation):
            # Whatever was before is gone, so that it need not be known.
            change = MemberChange(replace=True, add=_by_value(operation.value or ()))
        elif change.where:
            change = MemberChange(where=tuple(seen))
        else:
            change = _folded(change, operation, tuple(seen))
    return change


def _replaces_all(operation: Operation) -> bool:
    if operation.op == "replace":
        return True
    return operation.op == "remove" and operation.value is None and operation.path.filter is None


def _folded(
    change: MemberChange, operation: Operation, seen: tuple[Operation, ...]
) -> MemberChange:
    if operation.op == "add":
        return _with_added(change, _by_value(operation.value or ()))
    if operation.value is not None:
        return _with_removed(change, _by_value(operation.value))
    filter = operation.path.filter
    assert filter is not None, "an operation that removes all is folded before"  # noqa: S101
    values = _values_selected(filter)
    if values is not None:
        return _with_removed(change, values)
    if change.replace:
        test = compile_filter(filter)
        return _with_removed(change, [k for k, m in change.add.items() if test(m.document())])
    return MemberChange(where=seen)


def _with_added(change: MemberChange, added: Mapping[str, Member]) -> MemberChange:
    fresh = {key: member for key, member in added.items() if key not in change.add}
    back = change.remove.intersection(fresh)
    return replace(
        change,
        add={**change.add, **fresh},
        remove=change.remove - back,
        renewed=change.renewed | back,
    )


def _with_removed(change: MemberChange, values: Iterable[str]) -> MemberChange:
    gone = frozenset(values)
    return replace(
        change,
        add={key: member for key, member in change.add.items() if key not in gone},
        remove=frozenset() if change.replace else change.remove | gone,
        renewed=change.renewed - gone,
    )


def _values_selected(filter: Filter) -> list[str] | None:
    """The values that ``value eq "x"``, or several of it joined by ``or``, selects."""
    values: list[str] = []
    for term in filter.operands if isinstance(filter, Or) else (filter,):
        match term:
            case Compare(path, "eq", str(value)) if path.attribute.name == "value":
                values.append(value)
            case _:
                return None
    return values


def _by_value(elements: Iterable[Mapping[str, Any]]) -> dict[str, Member]:
    members: dict[str, Member] = {}
    for element in elements:
        member = Member.of(element)
        members.setdefault(member.value, member)
    return members
