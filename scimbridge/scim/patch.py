"""PATCH applied to a document (RFC 7644 section 3.5.2): pure, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from scimbridge.errors import InvalidValue, Mutability, NoTarget
from scimbridge.scim.attributes import Attribute, ResourceType
from scimbridge.scim.filter_tree import And, Compare, Filter
from scimbridge.scim.matching import as_element, comparable, compile_filter
from scimbridge.scim.members import Member, MemberChange, split_members
from scimbridge.scim.operations import Operation, parse_patch
from scimbridge.scim.quirks import Dialect
from scimbridge.scim.values import hashable, without_duplicates

__all__ = [
    "Member",
    "MemberChange",
    "Operation",
    "apply_patch",
    "parse_patch",
    "split_members",
]

_TOLERANT: Final = Dialect.tolerant()


def apply_patch(
    operations: Iterable[Operation],
    resource: Mapping[str, Any],
    resource_type: ResourceType,
    *,
    dialect: Dialect = _TOLERANT,
) -> dict[str, Any]:
    """The document after all operations; equal to ``resource`` if they change nothing.

    ``resource`` is never changed; what stays the same is shared with it. Raises `NoTarget`,
    `Mutability` or `InvalidValue`.
    """
    document = dict(resource)
    changes = [_apply(operation, document, dialect) for operation in operations]
    if any(changes):
        document["schemas"] = resource_type.schemas_of(document)
    return document


def _apply(operation: Operation, document: dict[str, Any], dialect: Dialect) -> bool:
    """Whether ``document`` changed: at its top, where nested values are replaced by others."""
    attribute, urn = operation.attribute, operation.path.urn
    container = document if urn is None else dict(document.get(urn) or {})
    current = container.get(attribute.name)
    changed = _changed(operation, current, dialect)
    if changed == current:
        return False
    if attribute.mutability == "immutable" and current is not None:
        raise Mutability(f"{operation.path} is immutable and has a value")
    if changed is None:
        _check_required(operation, attribute)
        del container[attribute.name]
    else:
        container[attribute.name] = changed
    if urn is not None:
        document[urn] = container
        if not container:
            del document[urn]
    return True


def _changed(operation: Operation, current: Any, dialect: Dialect) -> Any:
    """What the attribute's value becomes; None for unassigned."""
    attribute, path, value = operation.attribute, operation.path, operation.value
    if attribute.mutability == "readOnly":
        if value != current:
            raise Mutability(f"{path} is read-only")
        return current
    if attribute.multi_valued and (path.filter is not None or path.sub_attribute is not None):
        return _change_elements(operation, current or [], dialect) or None
    if path.sub_attribute is not None:
        return _merged(operation, current, _sub_change(operation, current or {}))
    match operation.op:
        case "remove" if value is not None:
            return _subtracted(attribute, current or [], value) or None
        case "remove":
            return None
        case "add" if attribute.multi_valued:
            return _added(operation, current or [], value or []) or None
        case _ if attribute.type == "complex" and not attribute.multi_valued and value is not None:
            return _merged(operation, current, value)
        case _:
            return value


def _merged(
    operation: Operation, current: Mapping[str, Any] | None, changes: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A complex value with some sub-attributes changed; None in ``changes`` clears.

    A reference that points elsewhere loses what described the old one (``$ref``, names).
    """
    attribute, old = operation.attribute, current or {}
    if attribute.is_reference and changes.get("value", old.get("value")) != old.get("value"):
        old = {}
    for sub in attribute.sub_attributes:
        if changes.get(sub.name, old.get(sub.name)) == old.get(sub.name):
            continue
        if sub.mutability == "immutable" and old.get(sub.name) is not None:
            raise Mutability(f"{operation.path} cannot change {sub.name}, which is immutable")
    return _without_nulls(operation, {**old, **changes}) or None


def _without_nulls(operation: Operation, value: Mapping[str, Any]) -> dict[str, Any]:
    """A complex value without what is cleared; all that is required has to be there."""
    kept = {name: each for name, each in value.items() if each is not None}
    for sub in operation.attribute.sub_attributes:
        if sub.name not in kept and sub.mutability != "readOnly":
            _check_required(operation, sub)
    return kept


def _change_elements(operation: Operation, elements: list[Any], dialect: Dialect) -> list[Any]:
    """The elements after a change of those that the path selects."""
    selects = _selector(operation.path.filter)
    if not any(selects(each) for each in elements):
        return _without_match(operation, elements, dialect)
    changed = [_change_element(operation, each) if selects(each) else each for each in elements]
    kept = without_duplicates([each for each in changed if each is not None])
    return _one_primary(elements, kept)


def _change_element(operation: Operation, element: Any) -> Any:
    value = operation.value
    if operation.path.sub_attribute is not None:
        return _merged(operation, element, _sub_change(operation, element))
    if operation.op == "add" and isinstance(value, Mapping):
        return _merged(operation, element, value)
    return value


def _sub_change(operation: Operation, element: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of the sub-attribute that the path names; one with several values is a list."""
    sub, value = operation.path.sub_attribute, operation.value
    assert sub is not None  # noqa: S101 - the callers looked
    if sub.multi_valued and value is not None and operation.op != "replace":
        known = element.get(sub.name) or []
        named = {comparable(sub, each) for each in value}
        others = [each for each in known if comparable(sub, each) not in named]
        value = [*others, *value] if operation.op == "add" else others or None
    return {sub.name: value}


def _without_match(operation: Operation, elements: list[Any], dialect: Dialect) -> list[Any]:
    """What is done if the path selects no element.

    To remove what is not there is success. Entra ID expects that add and replace create the
    element if the filter says by ``eq`` alone what it looks like; RFC 7644 section 3.5.2.3 wants
    noTarget for replace.
    """
    path, value = operation.path, operation.value
    if operation.op == "remove":
        return elements
    if value is None and dialect.tolerates("clear-on-no-match"):
        return elements
    given = _equalities(path.filter)
    creatable = path.sub_attribute is not None or operation.op == "add"
    if value is None or given is None or not creatable or operation.attribute.type != "complex":
        raise NoTarget(f"{path} selects nothing")
    if not dialect.tolerates("create-on-no-match"):
        raise NoTarget(f"{path} selects nothing")
    changes = value if path.sub_attribute is None else {path.sub_attribute.name: value}
    created = _without_nulls(operation, {**given, **changes})
    return _one_primary(elements, [*elements, created])


def _equalities(filter: Filter | None) -> dict[str, Any] | None:
    """The sub-attributes that ``filter`` fixes by ``eq``; None if it says anything else."""
    given: dict[str, Any] = {}
    terms = () if filter is None else filter.operands if isinstance(filter, And) else (filter,)
    for term in terms:
        if not isinstance(term, Compare) or term.op != "eq" or term.value is None:
            return None
        given[term.path.attribute.name] = term.value
    return given


def _selector(filter: Filter | None) -> Callable[[Any], bool]:
    if filter is None:
        return lambda element: True
    test = compile_filter(filter)
    return lambda element: test(as_element(element))


def _added(operation: Operation, current: list[Any], added: list[Any]) -> list[Any]:
    """``current`` and those of ``added`` that it lacks.

    An element with the same value (and type) is completed, that of a reference left alone.
    """
    attribute = operation.attribute
    result = list(current)
    places = {element_key(attribute, each): place for place, each in enumerate(current)}
    for each in added:
        place = places.setdefault(element_key(attribute, each), len(result))
        if place == len(result):
            result.append(each)
        elif isinstance(each, Mapping) and not attribute.is_reference:
            result[place] = result[place] | each
    return _one_primary(current, result)


def _subtracted(attribute: Attribute, current: list[Any], removed: list[Any]) -> list[Any]:
    """``current`` without the elements that ``removed`` names by what it tells of them."""
    if attribute.is_reference or attribute.type != "complex":
        gone = {element_key(attribute, each) for each in removed}
        return [each for each in current if element_key(attribute, each) not in gone]
    return [
        each for each in current if not any(_is_meant(attribute, given, each) for given in removed)
    ]


def _is_meant(attribute: Attribute, given: Mapping[str, Any], element: Mapping[str, Any]) -> bool:
    names = [name for name in ("value", "type") if name in given] if "value" in given else given
    return all(
        _sub_key(attribute, name, given) == _sub_key(attribute, name, element) for name in names
    )


def element_key(attribute: Attribute, element: Any) -> Any:
    """What tells an element from others: its value, and its type unless it is a reference."""
    if not isinstance(element, Mapping):
        return comparable(attribute, element)
    if element.get("value") is None:
        return hashable(element)
    kind = None if attribute.is_reference else _sub_key(attribute, "type", element)
    return _sub_key(attribute, "value", element), kind


def _sub_key(attribute: Attribute, name: str, element: Mapping[str, Any]) -> Any:
    sub, value = attribute.find(name), element.get(name)
    return value if sub is None else comparable(sub, value)


def _one_primary(before: list[Any], after: list[Any]) -> list[Any]:
    """If a change made an element primary, the others are so no longer (RFC 7644 section 3.5.2)."""
    primaries = [each for each in after if isinstance(each, dict) and each.get("primary") is True]
    if len(primaries) < 2:
        return after
    known = {id(each) for each in before}
    winner = ([each for each in primaries if id(each) not in known] or primaries)[-1]
    return [
        each | {"primary": False} if each is not winner and _is_primary(each) else each
        for each in after
    ]


def _is_primary(element: Any) -> bool:
    return isinstance(element, dict) and element.get("primary") is True


def _check_required(operation: Operation, attribute: Attribute) -> None:
    if not attribute.required:
        return
    reason = f"{attribute.name} is required and cannot be left empty"
    raise Mutability(reason) if operation.op == "remove" else InvalidValue(reason)
