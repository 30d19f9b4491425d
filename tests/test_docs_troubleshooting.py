"""What docs/troubleshooting.md has the bridge say, it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs/troubleshooting.md").read_text()
# Without headings, which may have what an IdP says, and without code.
PROSE = re.sub(r"^ *```.*?^ *```$", "", re.sub(r"(?m)^#.*$", "", GUIDE), flags=re.M | re.S)
SAID = re.findall(r'"([^"]+)"', re.sub(r"`[^`\n]*`", "", PROSE))


def shown(part: ast.expr) -> str:
    """A part of an f-string: of a choice between two texts the first one."""
    value = part.value if isinstance(part, ast.FormattedValue) else part
    value = value.body if isinstance(value, ast.IfExp) else value
    known = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return value.value if known else "..."


def texts() -> str:
    """All texts in the sources and pages, one after the other, with placeholders as ``...``."""
    found = [path.read_text() for path in ROOT.glob("scimbridge/web/console/templates/*.html")]
    for path in ROOT.glob("scimbridge/**/*.py"):
        if "simulator" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(map(shown, node.values)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", text)) for text in found)


@pytest.fixture(scope="module")
def spoken() -> str:
    return texts()


@pytest.mark.parametrize("said", sorted(set(SAID)))
def test_the_bridge_says_so(spoken: str, said: str) -> None:
    parts = [re.escape(part.strip(" .")) for part in re.sub(r"\s+", " ", said).split("...")]

    assert re.search(".{0,200}?".join(part for part in parts if part), spoken), said


def test_texts_are_looked_for() -> None:
    assert len(SAID) > 30
