"""Membership changes apart from the rest of a PATCH, without the list of members.

A group may have 100,000 members; adding one must cost one row. `split_members` folds all the
operations on ``members`` into one change of a set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
            return _Fold(replace=True, add=dict(current)).take(self.where).add
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
    return tuple(others), _Fold().take(on_members).change()


@dataclass(slots=True)
class _Fold:
    """A `MemberChange` in the making: the fields of the same name mean the same."""

    replace: bool = False
    add: dict[str, Member] = field(default_factory=dict)
    remove: set[str] = field(default_factory=set)
    renewed: set[str] = field(default_factory=set)
    seen: list[Operation] = field(default_factory=list)
    is_selective: bool = False
    """An operation was seen that only the current members decide; the fields above are void."""

    def take(self, operations: Iterable[Operation]) -> _Fold:
        for operation in operations:
            self.seen.append(operation)
            elements, filter = operation.value, operation.path.filter
            if operation.op == "add":
                self._add(_by_value(elements or ()))
            elif operation.op == "replace":
                self._start_from(_by_value(elements or ()))
            elif filter is not None:
                self._remove_selected(filter)
            elif elements is not None:
                self._remove(_by_value(elements))
            else:
                self._start_from({})
        return self

    def change(self) -> MemberChange:
        if self.is_selective:
            return MemberChange(where=tuple(self.seen))
        return MemberChange(self.replace, self.add, frozenset(self.remove), frozenset(self.renewed))

    def _start_from(self, members: dict[str, Member]) -> None:
        """Whatever was before is gone, so that it need not be known."""
        self.replace, self.add, self.is_selective = True, members, False
        self.remove, self.renewed = set(), set()

    def _add(self, members: Mapping[str, Member]) -> None:
        for value, member in members.items():
            if value in self.remove:
                self.remove.remove(value)
                self.renewed.add(value)
            self.add.setdefault(value, member)

    def _remove(self, values: Iterable[str]) -> None:
        for value in values:
            self.add.pop(value, None)
            self.renewed.discard(value)
            if not self.replace:
                self.remove.add(value)

    def _remove_selected(self, filter: Filter) -> None:
        values = _values_selected(filter)
        if values is None and self.replace:
            test = compile_filter(filter)
            values = [value for value, member in self.add.items() if test(member.document())]
        if values is None:
            self.is_selective = True
        else:
            self._remove(values)


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
