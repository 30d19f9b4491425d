"""Every quirk is tolerated, counted, and refused or read to the letter by a strict dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scim_generators import USER

from scimbridge.errors import ScimError
from scimbridge.scim import urns
from scimbridge.scim.filters import parse_filter
from scimbridge.scim.patch import apply_patch, parse_patch
from scimbridge.scim.quirks import QUIRKS, Dialect, Quirk, Vector
from scimbridge.scim.resources import load_resource


def outcome(vector: Vector, dialect: Dialect) -> Any:
    """The result of the input under the dialect: a value, or the class of the error."""
    try:
        return _run(vector, dialect)
    except ScimError as error:
        return type(error)


def _run(vector: Vector, dialect: Dialect) -> Any:
    if vector.filter is not None:
        return parse_filter(vector.filter, USER, dialect=dialect)
    if vector.operations is None:
        return load_resource(vector.resource, USER, dialect=dialect)
    body = {"schemas": [urns.PATCH_OP], "Operations": list(vector.operations)}
    assert vector.resource is not None
    return apply_patch(
        parse_patch(body, USER, dialect=dialect), vector.resource, USER, dialect=dialect
    )


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
def test_a_quirk_is_tolerated_and_counted(quirk: Quirk) -> None:
    counted: list[str] = []

    result = outcome(quirk.vector, Dialect.tolerant(counted.append))

    assert not isinstance(result, type)
    assert counted == [quirk.name]


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
def test_a_quirk_alone_makes_the_difference(quirk: Quirk) -> None:
    tolerant = outcome(quirk.vector, Dialect.tolerant())

    without = outcome(quirk.vector, Dialect.tolerant().without({quirk.name}))

    assert without != tolerant
    assert outcome(quirk.vector, Dialect.strict()) == without
    alone = Dialect(frozenset({quirk.name}))
    assert outcome(quirk.vector, alone) == tolerant


def test_an_empty_string_is_a_value_to_a_strict_dialect() -> None:
    vector = next(quirk.vector for quirk in QUIRKS if quirk.name == "empty-string")

    assert outcome(vector, Dialect.strict())["title"] == ""


def test_every_quirk_says_who_sends_it_and_where_that_is_written() -> None:
    assert len({quirk.name for quirk in QUIRKS}) == len(QUIRKS)
    for quirk in QUIRKS:
        assert quirk.meaning
        assert quirk.sent_by
        assert quirk.source.startswith("https://")


def test_a_quirk_is_counted_again_when_the_filter_is_remembered() -> None:
    counted: list[str] = []
    count: Callable[[str], None] = counted.append

    for _ in range(3):
        parse_filter("userName eq remembered", USER, dialect=Dialect.tolerant(count))

    assert counted == ["filter-unquoted-literal"] * 3
