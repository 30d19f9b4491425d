from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from conformance.model import CaseInfo, Evidence, Level, Outcome, Result, Run, Source
from conformance.report.html import html
from conformance.report.machine import machine
from conformance.report.markdown import markdown
from conformance.report.tally import tally, verdict

SOURCE = Source("RFC 7644", "https://example.org/?a=1&b=2")


def result(
    identity: str,
    outcome: Outcome,
    level: Level = Level.MUST,
    client: str = "Okta",
    problem: str = "it broke",
) -> Result:
    info = CaseInfo(identity, client, f"title of {identity}", level, "why so", (SOURCE,))
    if outcome is Outcome.FAILED:
        evidence = Evidence("GET /Users", "GET /scim/Users", "500 <b>oops</b> ```", failed=True)
        return Result(info, outcome, (problem,), (evidence,))
    return Result(info, outcome, reason="because")


RUN = Run(
    url="https://host/<scim>",
    target_type="falcon",
    started="2026-11-21T00:00:00+00:00",
    duration_s=12.6,
    results=(
        result("soft", Outcome.FAILED, Level.SHOULD),
        result("hard", Outcome.FAILED, problem="<script>alert(1)</script>"),
        result("fine", Outcome.PASSED),
        result("free", Outcome.EXEMPT, client="Entra ID"),
        result("none", Outcome.SKIPPED, Level.MAY, client="Entra ID"),
    ),
    left_behind=("/Users/7",),
    stale_exemptions=("old",),
    features=("bulk", "etag"),
)
GOOD = Run("https://host/scim", "", "now", 1, (result("fine", Outcome.PASSED),))


def test_the_tally_counts_each_client_and_all_of_them() -> None:
    okta, entra, everyone = tally(RUN.results)

    assert (okta.client, okta.passed(Level.MUST), okta.ran(Level.MUST)) == ("Okta", 1, 2)
    assert (entra.ran(Level.MUST), entra.ran(Level.MAY)) == (1, 0)
    assert (entra.total(Outcome.EXEMPT), entra.total(Outcome.SKIPPED)) == (1, 1)
    assert (everyone.failed(Level.MUST), everyone.failed(Level.SHOULD)) == (1, 1)


def test_the_verdict_counts_what_failed() -> None:
    assert verdict(RUN.conforms, tally(RUN.results)) == "1 of 3 MUST cases failed."
    assert verdict(GOOD.conforms, tally(GOOD.results)) == "No MUST failed."
    soft = tally([result("soft", Outcome.FAILED, Level.SHOULD)])
    assert verdict(True, soft) == "No MUST failed. 1 recommendation is not followed."


@pytest.mark.parametrize("render", [markdown, html])
def test_a_report_shows_everything_that_matters(render: type[object]) -> None:
    text = render(RUN)  # type: ignore[call-arg]

    for expected in (
        "falcon",
        "2026-11-21T00:00:00+00:00",
        "bulk, etag",
        "title of hard",
        "why so",
        "RFC 7644",
        "it broke",
        "GET /scim/Users",
        "because",
        "/Users/7",
        "title of fine",
        "old",
    ):
        assert expected in str(text)


@pytest.mark.parametrize("render", [markdown, html])
def test_failed_musts_come_before_failed_recommendations(render: type[object]) -> None:
    text = str(render(RUN))  # type: ignore[call-arg]

    assert text.index("title of hard") < text.index("title of soft")


@pytest.mark.parametrize("render", [markdown, html])
def test_a_good_run_has_no_empty_sections(render: type[object]) -> None:
    text = str(render(GOOD))  # type: ignore[call-arg]

    for heading in ("Failures", "Exempt</h2>", "## Exempt", "Notes"):
        assert heading not in text


def test_markdown_is_not_broken_by_a_response_that_contains_fences() -> None:
    assert "````http\n500 <b>oops</b> ```\n````" in markdown(RUN)


class Outline(HTMLParser):
    """Collects what a browser would load or run, and checks that tags close in order."""

    VOID = frozenset({"meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_html_is_well_formed_self_contained_and_runs_nothing() -> None:
    page = Outline()
    page.feed(html(RUN))

    assert page.open == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert set(page.links) == {SOURCE.url}
    assert "url(" not in html(RUN)


def test_nothing_a_server_sends_becomes_markup() -> None:
    page = html(RUN)

    assert "<b>" not in page
    assert "500 &lt;b&gt;oops&lt;/b&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_html_follows_the_reader_and_the_screen() -> None:
    page = html(RUN)

    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in page


def test_every_colour_of_light_has_one_of_dark() -> None:
    light, dark = re.findall(r":root \{([^}]*)\}", html(RUN))

    assert re.findall(r"--\w+", light) == re.findall(r"--\w+", dark)


def test_the_json_is_the_run() -> None:
    document = json.loads(machine(RUN))

    assert document["conforms"] is False
    assert document["results"][1]["outcome"] == "failed"
    assert document["results"][1]["info"]["level"] == "must"
    assert document["results"][1]["evidence"][0]["request"] == "GET /scim/Users"
