"""Which attributes of one document another does not show: what was changed, what was not done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from scimbridge.scim.attributes import Attribute
from scimbridge.scim.matching import comparable, is_present
from scimbridge.scim.patch import element_key


def differences(
    attributes: Iterable[Attribute], wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> frozenset[str]:
    """The names of those ``attributes`` whose values in ``found`` are not those in ``wanted``.

    What only the service provider writes is not looked at; the order of values does not matter,
    nor do notations of the same instant. Nothing, an empty value and false are the same.
    """
    return frozenset(
        attribute.name
        for attribute in attributes
        if not _same(attribute, wanted.get(attribute.name), found.get(attribute.name))
    )


def losses(
    attributes: Iterable[Attribute], before: Mapping[str, Any], after: Mapping[str, Any]
) -> frozenset[str]:
    """What of ``before`` is not in ``after``: elements of lists, and what was true; in words.

    Another text or number in place of one is no loss, and what only the service provider writes is
    not looked at.
    """
    return frozenset(
        loss
        for attribute in attributes
        if attribute.mutability != "readOnly"
        for loss in _lost(attribute, before.get(attribute.name), after.get(attribute.name))
    )


def _lost(attribute: Attribute, was: Any, shall: Any) -> Iterator[str]:
    if attribute.multi_valued:
        kept = {element_key(attribute, each) for each in shall or ()}
        for each in was or ():
            if element_key(attribute, each) not in kept:
                text = orjson.dumps(each, option=orjson.OPT_SORT_KEYS).decode()
                yield f"{attribute.name} {text}"
    elif was is True and shall is not True:
        yield attribute.name


def _same(attribute: Attribute, wanted: Any, found: Any) -> bool:
    if attribute.mutability in ("readOnly", "writeOnly") or attribute.returned == "never":
        return True
    if not attribute.multi_valued:
        return _same_value(attribute, wanted, found)
    ours = {element_key(attribute, each): each for each in wanted or ()}
    theirs = {element_key(attribute, each): each for each in found or ()}
    return ours.keys() == theirs.keys() and all(
        _same_element(attribute, each, theirs[key]) for key, each in ours.items()
    )


def _same_element(attribute: Attribute, wanted: Any, found: Any) -> bool:
    """Elements with one key: only what the key does not say is left to compare."""
    if attribute.type != "complex":
        return True
    return all(
        _same(sub, wanted.get(sub.name), found.get(sub.name))
        for sub in attribute.sub_attributes
        if sub.name != "value"
    )


def _same_value(attribute: Attribute, wanted: Any, found: Any) -> bool:
    if attribute.type == "complex":
        ours, theirs = wanted or {}, found or {}
        return all(
            _same(sub, ours.get(sub.name), theirs.get(sub.name)) for sub in attribute.sub_attributes
        )
    if wanted == found or (_is_nothing(wanted) and _is_nothing(found)):
        return True
    # Letters of another case are another value: a new spelling of a name is a change.
    return attribute.type == "dateTime" and comparable(attribute, wanted) == comparable(
        attribute, found
    )


def _is_nothing(value: Any) -> bool:
    return value is False or not is_present(value)
