"""What the documents point at exists: files, headings, commands, decisions."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from scimbridge.cli import cli

ROOT = Path(__file__).parent.parent
_FOLDERS = ("", "docs/**/", "deploy/**/", "conformance/**/")
DOCUMENTS = sorted({path for each in _FOLDERS for path in ROOT.glob(f"{each}*.md")})
DECISIONS = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
COMMANDS = cli.list_commands(click.Context(cli))
MAKEFILE = (ROOT / "Makefile").read_text()

in_every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def anchors(document: Path) -> set[str]:
    """The fragments by which the headings of a document are reached, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings
    }


def prose(document: Path) -> str:
    """The text without its code blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)


@in_every_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (fragment and fragment not in anchors(target)):
            broken.append(link)

    assert broken == []


@in_every_document
def test_every_command_of_the_bridge_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"(?:^|`|\$\()scimbridge ([a-z-]+)", document.read_text(), re.MULTILINE)

    assert [name for name in named if name not in COMMANDS] == []


@in_every_document
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(), re.MULTILINE)

    assert [name for name in named if not re.search(rf"^{name}:", MAKEFILE, re.MULTILINE)] == []


def test_decisions_are_numbered_without_gaps_or_duplicates() -> None:
    numbers = [int(name.partition("-")[0]) for name in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_has_its_number_and_its_parts(name: str) -> None:
    text = (ROOT / "docs/decisions" / name).read_text()

    assert text.startswith(f"# {name.partition('-')[0]}: ")
    for part in ("Context", "Decision", "Alternatives", "Consequences"):
        assert f"**{part}.**" in text
