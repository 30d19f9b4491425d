"""What is installed has every file that it reads."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]


@pytest.mark.parametrize("package", ["scimbridge", "conformance"])
def test_every_file_beside_the_code_is_in_the_wheel(package: str) -> None:
    folder = ROOT / package
    installed = {path for pattern in DATA[package] for path in folder.glob(pattern)}

    left_out = {path for path in folder.rglob("*") if path.is_file()} - installed
    assert {path.suffix for path in left_out} <= {".py", ".pyc", ".md"}


def test_the_image_is_built_from_the_same_packages() -> None:
    copied = (ROOT / ".dockerignore").read_text().splitlines()

    assert {"!scimbridge/", "!conformance/"} <= set(copied)
