"""The reference and the example file hold every key, and say of it what the code does."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from scimbridge.config import (
    BridgeConfig,
    Config,
    ConsoleConfig,
    Secret,
    TargetConfig,
    Where,
    load_config,
    read_table,
)
from scimbridge.config.mistakes import any_of, shown_value
from scimbridge.connectors.registry import VENDORS

ROOT = Path(__file__).parent.parent
REFERENCE = (ROOT / "docs/configuration.md").read_text()
EXAMPLE = (ROOT / "deploy/scimbridge.example.toml").read_text()
SETTINGS = {type_name: vendor.settings for type_name, vendor in VENDORS.items()}
ENVIRON = dict.fromkeys(re.findall(r"env:(\w+)", REFERENCE), "ABCDEFGH" * 5)
"""Long enough for a key, and base32 for a seed."""
ENVIRON["SCIMBRIDGE_CONSOLE_ADA"] = f"scrypt:32768:8:1$salt${'0' * 128}"

HEADINGS = {
    "`[bridge]`": BridgeConfig,
    "`[console]`": ConsoleConfig,
    "`[targets.NAME]`": TargetConfig,
    **{f'(`type = "{name}"`)': settings for name, settings in SETTINGS.items()},
}
NOT_KEYS = {"name", "vendor"}


@dataclass(frozen=True)
class Row:
    """One line of a table of the reference."""

    key: str
    takes: str
    default: str
    example: str
    meaning: str


def rows_under(heading: str) -> dict[str, Row]:
    [section] = [each for each in REFERENCE.split("\n## ") if heading in each.partition("\n")[0]]
    found = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| `(.+)` \| (.+) \|$", section, re.MULTILINE)
    return {row[0]: Row(*row) for row in found}


def keys_of(cls: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    return {each.name: each for each in dataclasses.fields(cls) if each.name not in NOT_KEYS}


CASES = [
    pytest.param(cls, key, rows_under(heading), id=f"{cls.__name__}.{key}")
    for heading, cls in HEADINGS.items()
    for key in keys_of(cls)
]


def takes(annotation: Any, metadata: Mapping[str, Any]) -> str:
    """What a key takes, as the reference words it."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kinds = [each for each in typing.get_args(annotation) if each is not type(None)]
        if bool in kinds[:-1]:
            return f"true, false or {takes(kinds[-1], metadata)}"
        annotation = kinds[0]
    if typing.get_origin(annotation) is Literal:
        return f"`{any_of(typing.get_args(annotation))}`"
    words = {
        str: "string",
        bool: "true or false",
        int: "whole number",
        float: "number",
        Secret: "secret",
        Path: "path",
        tuple[str, ...]: "list of strings",
        Mapping[str, Secret]: "table of secrets",
        Mapping[str, tuple[str, ...]]: "table of lists of strings",
    }
    low, high = metadata.get("min"), metadata.get("max")
    bounds = "" if low is None else f", {low} to {high}" if high else f", at least {low}"
    return words[annotation] + bounds


def default_of(setting: dataclasses.Field[Any]) -> str:
    value = setting.default if setting.default is not MISSING else setting.default_factory
    if value is MISSING:
        return "required"
    if value is None:
        return "none"
    return "empty" if value in ((), dict) else f"`{shown_value(value)}`"


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_reference_has_every_key_and_no_other(heading: str) -> None:
    assert list(rows_under(heading)) == list(keys_of(HEADINGS[heading]))


@pytest.mark.parametrize(("cls", "key", "rows"), CASES)
def test_the_reference_tells_what_a_key_takes(
    cls: type[Any], key: str, rows: dict[str, Row]
) -> None:
    setting = keys_of(cls)[key]

    assert rows[key].takes == takes(typing.get_type_hints(cls)[key], setting.metadata)
    assert rows[key].default == default_of(setting)


@pytest.mark.parametrize(("cls", "key", "rows"), CASES)
def test_the_example_in_the_reference_is_accepted(
    cls: type[Any], key: str, rows: dict[str, Row]
) -> None:
    table = tomllib.loads(f"{key} = {rows[key].example}")
    problems: list[str] = []
    given = dict.fromkeys(NOT_KEYS) if cls is TargetConfig else {}

    read_table(table, cls, Where(Path(), environ=ENVIRON), problems, given=given)

    assert [each for each in problems if f": {key} " in each] == []


@pytest.mark.parametrize("cls", HEADINGS.values())
def test_every_key_says_in_a_few_words_what_it_is(cls: type[Any]) -> None:
    without = [key for key, setting in keys_of(cls).items() if not setting.metadata.get("doc")]

    assert [key for key in without if (cls, key) != (TargetConfig, "type")] == []


def test_the_reference_names_every_vendor() -> None:
    assert rows_under("`[targets.NAME]`")["type"].meaning == (f"The vendor: `{any_of(VENDORS)}`.")


def load(text: str, folder: Path) -> Config:
    (folder / "scimbridge.toml").write_text(text)
    return load_config(folder / "scimbridge.toml", SETTINGS, environ=ENVIRON)


def test_the_smallest_file_in_the_reference_loads(tmp_path: Path) -> None:
    smallest = REFERENCE.split("```toml\n")[1].split("```")[0]

    assert list(load(smallest, tmp_path).targets) == ["falcon-prod"]


def test_the_example_file_loads_as_it_stands(tmp_path: Path) -> None:
    assert list(load(EXAMPLE, tmp_path).targets) == ["falcon-prod"]


def with_every_key() -> str:
    """The example file with its commented keys and tables put in force."""
    return re.sub(r"^#(?=[\w\[])", "", EXAMPLE, flags=re.MULTILINE)


def test_the_example_file_loads_with_every_key_put_in_force(tmp_path: Path) -> None:
    assert list(load(with_every_key(), tmp_path).targets) == ["falcon-prod", "falcon-sim"]


def test_the_example_file_holds_every_key() -> None:
    document = tomllib.loads(with_every_key())
    used = set[str]().union(*document["targets"].values())

    assert keys_of(BridgeConfig).keys() == document["bridge"].keys()
    assert keys_of(ConsoleConfig).keys() == document["console"].keys()
    assert used == keys_of(TargetConfig).keys() | keys_of(SETTINGS["falcon"]).keys()


def test_a_commented_key_of_the_example_file_shows_its_default() -> None:
    document = tomllib.loads(with_every_key())
    shown = document["bridge"] | document["console"] | document["targets"]["falcon-prod"]
    in_force = EXAMPLE.split("\n")

    for cls in (BridgeConfig, ConsoleConfig, TargetConfig, SETTINGS["falcon"]):
        for key, setting in keys_of(cls).items():
            commented = not any(line.startswith(f"{key} = ") for line in in_force)
            if commented and setting.default not in (MISSING, None, ()):
                assert (key, shown[key]) == (key, setting.default)
