"""docs/errors.md has everything that the bridge can say when it fails, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scimbridge.errors import ScimError
from tests.error_texts import CLASSES, MISTAKE, error_texts

PAGE = (Path(__file__).parent.parent / "docs/errors.md").read_text()
SECTIONS = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
TEXTS = error_texts()


def heading_of(name: str) -> str:
    """The section that a class of errors, or a mistake in the configuration, has on the page."""
    if name == MISTAKE:
        return "A mistake in the configuration"
    kind = CLASSES[name]
    if issubclass(kind, ScimError):
        return f"{kind.status} {kind.scim_type or ''}".strip()
    return next((each for each in SECTIONS if each.startswith(f"`{name}`")), f"`{name}`, as ...")


ROOTS = {"ScimError", "VendorError"}
NAMES = [*(CLASSES.keys() - ROOTS), MISTAKE]
HEADINGS = sorted({heading_of(name) for name in NAMES})


def test_each_class_of_errors_has_a_section_and_there_is_no_other() -> None:
    assert sorted(SECTIONS) == HEADINGS


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_section_tells_cause_and_remedy(heading: str) -> None:
    assert re.search(
        r"\*\*Cause\.\*\* \S.*\*\*What\s+to\s+do\.\*\*\s+\S", SECTIONS[heading], re.DOTALL
    )


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_section_has_the_texts_that_the_code_has_and_no_other(heading: str) -> None:
    described = {
        one or other
        for one, other in re.findall(r"^- (?:`` (.+?) ``|`(.+?)`)", SECTIONS[heading], re.MULTILINE)
    }

    said = set().union(*(TEXTS[name] for name in NAMES if heading_of(name) == heading))
    assert described == said


def test_texts_are_found_however_an_error_is_made() -> None:
    """Passed on by a function, put together, formatted, a constant of another module."""
    assert "the token is not valid for …: unknown, expired or revoked" in TEXTS["Unauthorized"]
    assert (
        "the body is larger than … bytes (max_body_bytes); send less at once"
        in (TEXTS["PayloadTooLarge"])
    )
    assert (
        "user groups are read-only on this tenant (its API is the v1 generation)"
        in (TEXTS["VendorRejected"])
    )
    assert "is no password's hash; make one with: scimbridge console password" in TEXTS[MISTAKE]
