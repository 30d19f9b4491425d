"""Every dependency has its reason written down, and every reason its dependency."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_each_dependency_has_a_reason_and_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["postgresql"],
        *project["project"]["optional-dependencies"]["conformance"],
        *project["dependency-groups"]["build"],
        *project["dependency-groups"]["bench"],
        *(each for each in project["dependency-groups"]["dev"] if isinstance(each, str)),
    ]
    reasons = (ROOT / "docs/decisions/0002-dependencies.md").read_text()

    rows = re.findall(
        r"^\| ([a-z0-9-]+(?:, [a-z0-9-]+)*)(?: \(extra .+\))? \| .+ \|$", reasons, re.M
    )

    named = [name for row in rows for name in row.split(", ")]
    assert sorted(named) == sorted(re.split(r"[\[<>=~ ]", each)[0] for each in wanted)
