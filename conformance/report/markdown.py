"""The report as Markdown (GitHub flavour)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.model import Evidence, Level, Outcome, Result, Run
from conformance.report.tally import Row, failures, tally, verdict


def markdown(run: Run) -> str:
    """Return the whole report."""
    rows = tally(run.results)
    sections = [
        _head(run, rows),
        _summary(rows),
        *_failures(run.results),
        _listed("Exempt", run.results, Outcome.EXEMPT),
        _listed("Skipped", run.results, Outcome.SKIPPED),
        _notes(run),
        _passed(run.results),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _head(run: Run, rows: list[Row]) -> str:
    facts = [
        f"- Server: `{run.url}`",
        f"- Target type: {run.target_type or 'not given'}",
        f"- Run: {run.started}, {run.duration_s:.0f} s",
        f"- Announced features: {', '.join(run.features) or 'none'}",
    ]
    return "\n".join(["# SCIM conformance", "", f"**{verdict(run.conforms, rows)}**", "", *facts])


def _summary(rows: list[Row]) -> str:
    lines = [
        "## Summary",
        "",
        "Passed of played, by grade.",
        "",
        "| Client | MUST | SHOULD | MAY | Failed | Exempt | Skipped |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    return "\n".join([*lines, *map(_summary_line, rows)])


def _summary_line(row: Row) -> str:
    grades = [f"{row.passed(level)} / {row.ran(level)}" for level in Level]
    ends = [row.total(o) for o in (Outcome.FAILED, Outcome.EXEMPT, Outcome.SKIPPED)]
    return f"| {row.client} | {' | '.join(grades)} | {' | '.join(map(str, ends))} |"


def _failures(results: Iterable[Result]) -> Iterator[str]:
    failed = failures(results)
    if failed:
        yield "## Failures"
    for result in failed:
        yield _failure(result)


def _failure(result: Result) -> str:
    info = result.info
    sources = ", ".join(f"[{source.label}]({source.url})" for source in info.sources)
    lines = [
        f"### {info.level.name} {info.id}",
        "",
        f"{info.client}: {info.title}",
        "",
        f"Why it matters: {info.why}",
        "",
        f"Source: {sources}",
        "",
        *(f"- {problem}".replace("\n", "\n  ") for problem in result.problems),
    ]
    return "\n".join([*lines, *(_exchange(evidence) for evidence in result.evidence)])


def _exchange(evidence: Evidence) -> str:
    mark = "**failed here:** " if evidence.failed else ""
    parts = [_fenced(text) for text in (evidence.request, evidence.response) if text]
    return "\n\n".join(["", f"{mark}`{evidence.label}`", *parts])


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}http\n{text}\n{fence}"


def _listed(heading: str, results: Iterable[Result], outcome: Outcome) -> str:
    lines = [
        f"- `{r.info.id}` ({r.info.level.name}): {r.reason}"
        for r in results
        if r.outcome is outcome
    ]
    return "\n".join([f"## {heading}", "", *lines]) if lines else ""


def _notes(run: Run) -> str:
    lines = [f"- left behind on the server: `{path}`" for path in run.left_behind]
    lines += [
        f"- the exemption of `{case}` excused nothing in this run" for case in run.stale_exemptions
    ]
    return "\n".join(["## Notes", "", *lines]) if lines else ""


def _passed(results: Iterable[Result]) -> str:
    lines = [
        f"- `{r.info.id}` ({r.info.level.name}): {r.info.title}"
        for r in results
        if r.outcome is Outcome.PASSED
    ]
    return "\n".join(["## Passed", "", *lines]) if lines else ""
