"""`key_lines` against documents whose layout is known, and against `tomllib`'s own reading."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.config.positions import KeyPath, key_lines


def paths_of(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Every path below ``value`` that a mistake could be reported for."""
    paths = {path} if path else set()
    if isinstance(value, dict):
        return paths.union(*(paths_of(each, (*path, key)) for key, each in value.items()))
    if isinstance(value, list):
        return paths.union(*(paths_of(each, (*path, i)) for i, each in enumerate(value)))
    return paths


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        pytest.param("a = 1", ("a",), 1, id="first line"),
        pytest.param("\n# a = 0\na = 1", ("a",), 3, id="after a comment that looks like it"),
        pytest.param("[t]\na = 1", ("t",), 1, id="table"),
        pytest.param("[t]\n\na = 1", ("t", "a"), 3, id="key in a table"),
        pytest.param("[ t . 'u v' ] # note\na = 1", ("t", "u v", "a"), 2, id="spaced header"),
        pytest.param("[t.u]\na = 1", ("t",), 1, id="table implied by a header"),
        pytest.param("x = 1\nt.u.a = 1", ("t", "u"), 2, id="table implied by a dotted key"),
        pytest.param("[t]\n[t.u]\na = 1\n[v]\na = 2", ("v", "a"), 5, id="next table"),
        pytest.param('"a\\u0062" = 1', ("ab",), 1, id="escaped key"),
        pytest.param("a = [\n 1,\n 2, # two\n]", ("a", 1), 3, id="element"),
        pytest.param("a = [[1],\n[2, 3]]", ("a", 1, 1), 2, id="element of an element"),
        pytest.param("a = {b = 1, c.d = 2}\ne = 1", ("a", "c", "d"), 1, id="inline table"),
        pytest.param('a = [\n{b = "}"},\n{b = 2}]', ("a", 1, "b"), 3, id="tables in an array"),
        pytest.param('a = """\nb = 1\n"""\nb = 2', ("b",), 4, id="after a multi-line string"),
        pytest.param('a = """\\"""\n"""""\nb = 2', ("b",), 3, id="after quotes at a string's end"),
        pytest.param("a = '''\n'b = 1'''''\nb = 2", ("b",), 3, id="after a literal string"),
        pytest.param('a = "\\"#"\nb = 2', ("b",), 2, id="after an escaped quote"),
        pytest.param("a = 1979-05-27 07:32:00Z\nb = 2", ("b",), 2, id="after a spaced date"),
        pytest.param("[[t]]\na = 1\n[[t]]\na = 2", ("t", "a"), 2, id="array of tables"),
    ],
)
def test_a_key_is_found_on_its_line(text: str, path: KeyPath, line: int) -> None:
    tomllib.loads(text)

    assert key_lines(text)[path] == line


KEYS = st.sampled_from(["a", "b-1", '"c d"', "'e.f'", '"g\\"#"', "7"])
BREAKS = st.sampled_from(["", " ", "\n", " # x = [\n", "\n\n\t"])
SCALARS = st.sampled_from(
    [
        "1",
        "-0.5e3",
        "true",
        '"x"',
        '"[#\\"]"',
        "'{='",
        '"""\nk = 1\n"""""',
        "'''\n[t]'''",
        "2026-11-21 07:32:00",
    ]
)


@st.composite
def arrays(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    gaps = draw(BREAKS), draw(BREAKS)
    elements = [f"{gaps[0]}{each}{gaps[1]}," for each in draw(st.lists(values, max_size=3))]
    return f"[{''.join(elements)}{gaps[0]}]"


@st.composite
def inline_tables(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    pairs = draw(st.dictionaries(KEYS, values, max_size=3))
    return "{" + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + " }"


VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(arrays(inner), inline_tables(inner)), max_leaves=6
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A document, and the lines on which the keys of its tables were written."""
    text = draw(BREAKS) + "\n"
    lines: dict[KeyPath, int] = {}
    for header in draw(st.lists(KEYS, max_size=3, unique=True)):
        table = tuple(tomllib.loads(f"{header} = 0"))
        lines[table] = text.count("\n") + 1
        text += f"[ {header} ]{draw(BREAKS)}\n"
        for key, value in draw(st.dictionaries(KEYS, VALUES, max_size=3)).items():
            lines[(*table, *tomllib.loads(f"{key} = 0"))] = text.count("\n") + 1
            text += f"\t{key}={value}{draw(BREAKS)}\n"
    return text, lines


@given(documents())
def test_every_path_that_tomllib_reads_has_a_line_and_no_other(
    document: tuple[str, dict[KeyPath, int]],
) -> None:
    text, lines = document

    found = key_lines(text)

    assert found.keys() == paths_of(tomllib.loads(text))
    assert {path: found[path] for path in lines} == lines


def test_a_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(ValueError, match="not valid TOML at character 4"):
        key_lines("a = ]")
