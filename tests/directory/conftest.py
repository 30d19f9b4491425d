"""A real directory on SQLite, for every test its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "directory.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def url(migrated: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'directory.db')}"


@pytest.fixture
def directory(url: str) -> Iterator[Directory]:
    opened = Directory(url)
    yield opened
    opened.close()
