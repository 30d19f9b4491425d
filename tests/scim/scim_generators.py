"""Hypothesis strategies for SCIM documents, filters and PATCH bodies, made from the schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from scimbridge.scim.attr_paths import AttrPath
from scimbridge.scim.attributes import Attribute, ResourceType, group_type, user_type
from scimbridge.scim.filters import Compare, Filter, Not, Present, ValuePathFilter, all_of, any_of

USER = user_type()
GROUP = group_type()

WORDS = st.sampled_from(
    ["a", "A", "b", "ab", "work", "home", "x y", 'say "hi"', "back\\slash", "é", "日本", "😀", "0"]
)
INSTANTS = st.sampled_from(
    ["2011-05-13T04:42:34Z", "2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34.5Z"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def simple_values(attribute: Attribute) -> st.SearchStrategy[Any]:
    match attribute.type:
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(-3, 3)
        case "decimal":
            return st.sampled_from([0, 1.5, -2])
        case "dateTime":
            return INSTANTS
        case "binary":
            return st.sampled_from(["YQ==", "YWI="])
        case _:
            return WORDS


def values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Normalised values of an attribute, several of them if it is multi-valued."""
    if attribute.type == "complex":
        parts = {s.name: values(s) for s in attribute.sub_attributes if s.mutability != "readOnly"}
        one = st.fixed_dictionaries({}, optional=parts).filter(bool)
    else:
        one = simple_values(attribute)
    if not attribute.multi_valued:
        return one
    return st.lists(one, min_size=1, max_size=3).map(_without_equal).map(_one_primary)


def documents(resource_type: ResourceType) -> st.SearchStrategy[dict[str, Any]]:
    """Normalised documents; write-only attributes left out."""
    top = {a.name: values(a) for a in resource_type.schema.attributes if _is_writable(a)}
    required = {a.name: top.pop(a.name) for a in resource_type.schema.attributes if a.required}
    extensions = {
        extension.id: st.fixed_dictionaries(
            {}, optional={a.name: values(a) for a in extension.attributes if _is_writable(a)}
        ).filter(bool)
        for extension, _ in resource_type.extensions
    }
    base = st.fixed_dictionaries(required, optional=_sample(top) | extensions)
    return base.map(lambda d: {"schemas": resource_type.schemas_of(d), "id": "2819c223", **d})


def filters(resource_type: ResourceType, allow: Callable[[Attribute], bool] = bool) -> Any:
    """Canonical filters over all attributes that may be filtered on."""
    terms = st.one_of(
        [
            _tests(AttrPath(attribute, None, urn), allow)
            for urn, attributes in resource_type.containers()
            for attribute in attributes
            if attribute.returned != "never" and allow(attribute)
        ]
    )
    return _combined(terms)


def _combined(terms: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    return st.recursive(
        terms,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda each: all_of(*each)),
            st.lists(inner, min_size=2, max_size=3).map(lambda each: any_of(*each)),
        ),
        max_leaves=4,
    )


def _tests(path: AttrPath, allow: Callable[[Attribute], bool]) -> st.SearchStrategy[Filter]:
    attribute = path.attribute
    if attribute.type != "complex":
        return _simple_tests(path)
    subs = [s for s in attribute.sub_attributes if allow(s)]
    options = [_simple_tests(AttrPath(attribute, sub, path.urn)) for sub in subs]
    if attribute.multi_valued:
        inner = _combined(st.one_of([_simple_tests(AttrPath(sub)) for sub in subs]))
        options.append(inner.map(lambda each: ValuePathFilter(path, each)))
    return st.one_of(options)


def _simple_tests(path: AttrPath) -> st.SearchStrategy[Filter]:
    operators = {
        "boolean": ["eq", "ne"],
        "binary": ["eq", "ne"],
        "integer": ["eq", "ne", "gt", "ge", "lt", "le"],
        "decimal": ["eq", "ne", "gt", "ge", "lt", "le"],
        "dateTime": ["eq", "ne", "gt", "ge", "lt", "le"],
    }.get(path.target.type, ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
    return st.one_of(
        st.builds(Compare, st.just(path), st.sampled_from(operators), simple_values(path.target)),
        st.builds(Compare, st.just(path), st.sampled_from(["eq", "ne"]), st.none()),
        st.just(Present(path)),
    )


def _is_writable(attribute: Attribute) -> bool:
    return attribute.mutability not in ("readOnly", "writeOnly")


def _sample(options: dict[str, Any]) -> dict[str, Any]:
    """A few attributes of each shape: documents with all of them are slow to make."""
    kept = ("externalId", "name", "title", "active", "emails", "roles", "addresses", "members")
    return {name: each for name, each in options.items() if name in kept}


def _without_equal(elements: list[Any]) -> list[Any]:
    """As a server keeps them: no two with the same value and type, whatever their case."""
    keys = [_key(each) for each in elements]
    return [each for place, each in enumerate(elements) if keys[place] not in keys[:place]]


def _key(element: Any) -> Any:
    if not isinstance(element, dict) or "value" not in element:
        return element
    return element["value"].lower(), element.get("type", "").lower()


def _one_primary(elements: list[Any]) -> list[Any]:
    seen = False
    for each in elements:
        if isinstance(each, dict) and each.get("primary"):
            if seen:
                each["primary"] = False
            seen = True
    return _without_equal(elements)
