"""The reader of settings dataclasses: what each annotation takes, and what is said otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from scimbridge.config import Secret, Where, read_table

WHERE = Where(Path("etc/bridge.toml"), ("t",), {("t",): 1, ("t", "x"): 2}, {"KEY": "0123"})


def settings(annotation: Any, **metadata: Any) -> type[Any]:
    """A settings dataclass with one field ``x``."""
    return dataclasses.make_dataclass(
        "Settings", [("x", annotation, field(metadata=metadata))], frozen=True
    )


def mistakes(table: dict[str, Any], cls: type[Any]) -> list[str]:
    problems: list[str] = []
    read_table(table, cls, WHERE, problems)
    return problems


@pytest.mark.parametrize(
    ("annotation", "raw", "value"),
    [
        (str, "a b", "a b"),
        (int, -3, -3),
        (float, 1.5, 1.5),
        (float, 2, 2.0),
        (bool, False, False),
        (Path, "certs/ca.pem", Path("etc/certs/ca.pem")),
        (Path, "/ca.pem", Path("/ca.pem")),
        (Path, "~/ca.pem", Path.home() / "ca.pem"),
        (Literal["a", "b"], "b", "b"),
        (Literal[429, 503], 503, 503),
        (str | None, "a", "a"),
        (Secret | None, "env:KEY", Secret("0123")),
        (tuple[str, ...], ["a", "b"], ("a", "b")),
        (tuple[str, ...], [], ()),
        (dict[str, tuple[str, ...]], {"G 1": ["a"]}, {"G 1": ("a",)}),
        (Mapping[str, int], {"a": 1}, {"a": 1}),
    ],
)
def test_a_value_of_the_annotated_type_is_kept(annotation: Any, raw: Any, value: Any) -> None:
    problems: list[str] = []

    read = read_table({"x": raw}, settings(annotation), WHERE, problems)

    assert problems == []
    assert read is not None
    assert read.x == value
    assert type(read.x) is type(value)


@pytest.mark.parametrize(
    ("annotation", "raw", "said"),
    [
        (str, 1, "= 1: has the wrong type; write a string"),
        (str, "", '= "": is empty; write a value, or leave the key out'),
        (str, " ", '= " ": is empty; write a value, or leave the key out'),
        (int, True, "= true: has the wrong type; write a whole number"),
        (int, 1.0, "= 1.0: has the wrong type; write a whole number"),
        (int, "1", '= "1": has the wrong type; write a whole number'),
        (float, True, "= true: has the wrong type; write a number"),
        (float, float("nan"), "= nan: is out of range; write a number"),
        (float, float("inf"), "= inf: is out of range; write a number"),
        (bool, 1, "= 1: has the wrong type; write true or false"),
        (Path, 1, "= 1: has the wrong type; write a path in quotes"),
        (Literal["a", "b"], "c", '= "c": is not one of its values; write "a" or "b"'),
        (Literal[1, 2, 3], True, "= true: is not one of its values; write 1, 2 or 3"),
        (tuple[str, ...], "a", '= "a": has the wrong type; write a list, each element a string'),
        (
            dict[str, tuple[int, ...]],
            [{"a": 1}],
            "= [{...}]: has the wrong type; write a table, each value a list, each element a "
            "whole number",
        ),
        (int | None, "a\n", '= "a\\n": has the wrong type; write a whole number'),
        (int, "a" * 99, f'= "{"a" * 79}...: has the wrong type; write a whole number'),
    ],
)
def test_another_value_is_a_mistake_that_says_what_to_write(
    annotation: Any, raw: Any, said: str
) -> None:
    assert mistakes({"x": raw}, settings(annotation)) == [f"etc/bridge.toml:2: t.x {said}"]


@pytest.mark.parametrize(
    ("metadata", "raw", "said"),
    [
        ({"min": 1}, 0, "a whole number of at least 1"),
        ({"max": 9}, 10, "a whole number of at most 9"),
        ({"min": 1, "max": 9}, 10, "a whole number from 1 to 9"),
    ],
)
def test_a_number_out_of_its_range_is_a_mistake(
    metadata: dict[str, int], raw: int, said: str
) -> None:
    assert mistakes({"x": raw}, settings(int, **metadata)) == [
        f"etc/bridge.toml:2: t.x = {raw}: is out of range; write {said}"
    ]


@pytest.mark.parametrize("raw", [1, 9])
def test_the_ends_of_a_range_belong_to_it(raw: int) -> None:
    assert read_table({"x": raw}, settings(int, min=1, max=9), WHERE, []) is not None


def test_choices_narrow_what_a_string_may_be() -> None:
    cls = settings(str, choices=("us-1", "eu-1"))

    assert read_table({"x": "eu-1"}, cls, WHERE, []) is not None
    assert mistakes({"x": "eu-2"}, cls) == [
        'etc/bridge.toml:2: t.x = "eu-2": is not one of its values; write "us-1" or "eu-1"'
    ]


def test_parse_gives_the_value_to_keep() -> None:
    read = read_table({"x": ["a"]}, settings(tuple[str, ...], parse=str.upper), WHERE, [])

    assert read is not None
    assert read.x == ("A",)


def test_what_parse_refuses_is_reported_for_each_element_with_the_doc() -> None:
    def refuse(text: str) -> str:
        raise ValueError(f"is no {text.upper()}")

    assert mistakes(
        {"x": {"k e y": ["a", "b"]}},
        settings(dict[str, tuple[str, ...]], parse=refuse, doc="what x is"),
    ) == [
        'etc/bridge.toml:2: t.x."k e y"[0] = "a": is no A (what x is)',
        'etc/bridge.toml:2: t.x."k e y"[1] = "b": is no B (what x is)',
    ]


@pytest.mark.parametrize("raw", ["hunter2", 2, ["hunter2"], "env:OTHER"])
def test_what_stands_for_a_secret_is_never_shown(raw: Any) -> None:
    [said] = mistakes({"x": raw}, settings(Secret))

    assert said.startswith('etc/bridge.toml:2: t.x = "***": ')
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "url", ["postgresql://bridge:p@ss/w@db/x", "postgresql://db/x?a=b&password=p@ss"]
)
def test_the_password_of_a_url_is_never_shown(url: str) -> None:
    [said] = mistakes({"x": url}, settings(int))

    assert "***" in said
    assert "ss" not in said.replace("postgres", "").replace("password", "")


def test_a_relative_secret_file_counts_from_the_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123\n")

    read = read_table({"x": "file:key"}, settings(Secret), Where(tmp_path / "bridge.toml"), [])

    assert read is not None
    assert read.x == Secret("0123")


@dataclass(frozen=True)
class Pair:
    low: int = field(metadata={"doc": "the lower end"})
    high: int = 9
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high; swap them", "and that is one more")
        if self.high == 0:
            raise ValueError


def test_a_key_that_is_left_out_takes_its_default() -> None:
    assert read_table({"low": 1}, Pair, WHERE, []) == Pair(1, 9, ())


def test_a_missing_key_is_reported_at_its_table() -> None:
    assert mistakes({}, Pair) == [
        "etc/bridge.toml:1: t.low: is missing; write a whole number (the lower end)"
    ]


def test_a_missing_key_is_reported_with_the_values_it_takes() -> None:
    [said] = mistakes({}, settings(Literal["a", "b"]))

    assert said.endswith('t.x: is missing; write "a" or "b"')


def test_an_unknown_key_is_a_mistake_that_hides_its_value() -> None:
    [said] = mistakes({"low": 1, "high_": "hunter2"}, Pair)

    assert said == 'etc/bridge.toml:1: t.high_: is not a known key; did you mean "high"?'


def test_a_key_like_no_other_is_answered_with_all_of_them() -> None:
    [said] = mistakes({"low": 1, "zzz": 1}, Pair)

    assert said.endswith('write "low", "high" or "also"')


def test_every_mistake_of_a_table_is_reported() -> None:
    assert len(mistakes({"low": "a", "high": "b", "also": [1, 2], "more": 3}, Pair)) == 5


def test_a_dataclass_is_not_built_from_a_table_with_a_wrong_field() -> None:
    assert read_table({"low": 10, "high": "b"}, Pair, WHERE, []) is None
    assert read_table({"low": 1, "also": ["a", 2]}, Pair, WHERE, []) is None


def test_each_reason_of_a_dataclass_that_refuses_its_fields_is_a_mistake() -> None:
    assert mistakes({"low": 10}, Pair) == [
        "etc/bridge.toml:1: t: low is above high; swap them",
        "etc/bridge.toml:1: t: and that is one more",
    ]


def test_a_dataclass_that_gives_no_reason_is_reported_all_the_same() -> None:
    assert mistakes({"low": 0, "high": 0}, Pair) == ["etc/bridge.toml:1: t: is not valid"]


def test_fields_that_are_given_are_not_read() -> None:
    problems: list[str] = []

    read = read_table({"low": 3, "high": 2}, Pair, WHERE, problems, given={"low": 1})

    assert read == Pair(1, 2)
    assert problems == ['etc/bridge.toml:1: t.low: is not a known key; write "high" or "also"']


def test_keys_that_somebody_else_reads_are_passed_over() -> None:
    assert read_table({"low": 1, "x": 2}, Pair, WHERE, [], other_keys=("x",)) == Pair(1)


def test_a_place_without_lines_is_told_without_them() -> None:
    assert str(Where(Path("a.toml")).at("t").at("x y").at(3)) == 'a.toml: t."x y"[3]'
    assert str(Where(Path("a.toml"))) == "a.toml"
