"""The report as one HTML file: no script, nothing loaded, light or dark as the system is."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from conformance.model import Evidence, Level, Outcome, Result, Run
from conformance.report.tally import Row, failures, tally, verdict

_STYLE = Path(__file__).with_name("report.css")


def html(run: Run) -> str:
    """Return the whole report."""
    rows = tally(run.results)
    failed = failures(run.results)
    sections = [
        _head(run, rows),
        _summary(rows),
        _section("Failures", "".join(_failure(result, n == 0) for n, result in enumerate(failed))),
        _section("Exempt", _listed(run.results, Outcome.EXEMPT)),
        _section("Skipped", _listed(run.results, Outcome.SKIPPED)),
        _section("Notes", _notes(run)),
        _section("Passed", _passed(run.results)),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>SCIM conformance of {escape(run.url)}</title>"
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f"<body><main>{''.join(sections)}</main></body></html>\n"
    )


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{heading}</h2>{content}</section>\n" if content else ""


def _head(run: Run, rows: list[Row]) -> str:
    facts = {
        "Server": f"<code>{escape(run.url)}</code>",
        "Target type": escape(run.target_type or "not given"),
        "Run": f"{escape(run.started)}, {run.duration_s:.0f} s",
        "Announced features": escape(", ".join(run.features) or "none"),
    }
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    state = "good" if run.conforms else "bad"
    return (
        "<header><h1>SCIM conformance</h1>"
        f'<p class="verdict {state}">{escape(verdict(run.conforms, rows))}</p>'
        f"<dl>{listed}</dl></header>\n"
    )


def _summary(rows: list[Row]) -> str:
    heads = ["MUST", "SHOULD", "MAY", "Failed", "Exempt", "Skipped"]
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(map(_summary_row, rows))
    return _section(
        "Summary",
        '<p>Passed of played, by grade.</p><div class="wide"><table>'
        f'<thead><tr><th scope="col">Client</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>",
    )


def _summary_row(row: Row) -> str:
    grades = "".join(_grade(row, level) for level in Level)
    ends = "".join(
        f"<td>{row.total(outcome) or '·'}</td>"
        for outcome in (Outcome.FAILED, Outcome.EXEMPT, Outcome.SKIPPED)
    )
    return f'<tr><th scope="row">{escape(row.client)}</th>{grades}{ends}</tr>'


def _grade(row: Row, level: Level) -> str:
    if not row.ran(level):
        return "<td>·</td>"
    worst = "bad" if level is Level.MUST else "warn"
    state = worst if row.failed(level) else "good"
    return f'<td class="{state}">{row.passed(level)} / {row.ran(level)}</td>'


def _failure(result: Result, is_open: bool) -> str:
    info = result.info
    sources = ", ".join(
        f'<a href="{escape(source.url)}">{escape(source.label)}</a>' for source in info.sources
    )
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in result.problems)
    return (
        f"<details{' open' if is_open else ''}><summary>"
        f'<span class="level {info.level.value}">{info.level.name}</span> '
        f"<span>{escape(info.title)}</span> <small>{escape(info.client)}</small></summary>"
        f'<p class="id"><code>{escape(info.id)}</code></p>'
        f"<ul>{problems}</ul>"
        f"<p><strong>Why it matters.</strong> {escape(info.why)}</p>"
        f"<p><strong>Source.</strong> {sources}</p>"
        f"{''.join(map(_exchange, result.evidence))}</details>\n"
    )


def _exchange(evidence: Evidence) -> str:
    mark = ' class="failed"' if evidence.failed else ""
    note = " <em>failed here</em>" if evidence.failed else ""
    parts = "".join(
        f"<figure><figcaption>{name}</figcaption><pre>{escape(text)}</pre></figure>"
        for name, text in (("Request", evidence.request), ("Response", evidence.response))
        if text
    )
    label = escape(evidence.label)
    return f"<article{mark}><h3><code>{label}</code>{note}</h3><div>{parts}</div></article>"


def _listed(results: Iterable[Result], outcome: Outcome) -> str:
    rows = "".join(
        f"<li><code>{escape(r.info.id)}</code> ({r.info.level.name}): {escape(r.reason)}</li>"
        for r in results
        if r.outcome is outcome
    )
    return f"<ul>{rows}</ul>" if rows else ""


def _notes(run: Run) -> str:
    notes = [f"left behind on the server: <code>{escape(path)}</code>" for path in run.left_behind]
    notes += [
        f"the exemption of <code>{escape(case)}</code> excused nothing in this run"
        for case in run.stale_exemptions
    ]
    rows = "".join(f"<li>{note}</li>" for note in notes)
    return f"<ul>{rows}</ul>" if rows else ""


def _passed(results: Iterable[Result]) -> str:
    rows = "".join(
        f"<li><code>{escape(r.info.id)}</code> {escape(r.info.title)}</li>"
        for r in results
        if r.outcome is Outcome.PASSED
    )
    return (
        f"<details><summary>The cases that passed</summary><ul>{rows}</ul></details>"
        if rows
        else ""
    )
