"""The colours of the style sheet can be told apart (WCAG 2.2, criteria 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import scimbridge.web.console

SHEET = (Path(scimbridge.web.console.__file__).parent / "console.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
)
TEXT = [
    ("text", "page"),
    ("text", "surface"),
    ("muted", "page"),
    ("muted", "surface"),
    ("link", "page"),
    ("link", "surface"),
    ("on-button", "button"),
    *((level, f"{level}-surface") for level in ("ok", "warn", "bad")),
    *(("link", f"{level}-surface") for level in ("warn", "bad")),
]
EDGES = [("edge", "surface"), ("link", "page"), ("link", "surface"), ("button", "surface")]


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_readable(palette: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(palette[ink], palette[ground]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_of_controls_are_seen(palette: dict[str, str], edge: str, ground: str) -> None:
    assert contrast(palette[edge], palette[ground]) >= 3


def test_the_dark_palette_has_every_colour() -> None:
    assert DARK.keys() == LIGHT.keys()


def test_no_colour_stands_outside_the_palettes() -> None:
    rules = re.sub(r":root \{.*?\}", "", SHEET, flags=re.DOTALL)

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl", rules) == []
