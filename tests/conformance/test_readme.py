"""The README describes the command and the format as they are."""

from __future__ import annotations

import re

import pytest

from conformance.assertions import DEMANDS
from conformance.catalogue import HERE, all_cases
from conformance.cli import main
from conformance.shapes import SHAPES
from conformance.transcript import ENCODINGS
from conformance.variables import URNS

README = (HERE / "README.md").read_text()


@pytest.mark.parametrize(
    "option", [option for p in main.params for option in p.opts if "-" in option]
)
def test_every_option_is_described(option: str) -> None:
    assert f"`{option}" in README


@pytest.mark.parametrize("name", [*DEMANDS, *SHAPES, *ENCODINGS])
def test_every_word_of_the_format_is_described(name: str) -> None:
    assert f"`{name}`" in README


def test_every_feature_that_a_case_requires_is_described() -> None:
    features = frozenset().union(*(case.requires for case in all_cases()))

    assert [name for name in sorted(features) if f"`{name}`" not in README] == []


def test_every_urn_that_a_transcript_uses_has_a_name() -> None:
    used = {
        name
        for path in [*HERE.glob("transcripts/**/*.json"), *HERE.glob("rfc/*.json")]
        for name in re.findall(r"\$\{([A-Z]\w+)\}", path.read_text())
    }

    assert used <= URNS.keys()


def test_the_runner_knows_nothing_of_the_product() -> None:
    """Beside the command that runs it against the demonstration, and what that is excused."""
    mentions = {
        path.name
        for path in HERE.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and b"scimbridge" in path.read_bytes()
    }

    assert mentions == {"against_demo.py", "exemptions.json"}
