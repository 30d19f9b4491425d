"""The command line: arguments in, progress and summary out, reports written.

Exit codes: 0 no MUST failed (exemptions apart); 1 a MUST failed; 2 wrong usage, malformed
transcripts or exemptions, or no server at the URL, so that nothing was tested.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console

from conformance.catalogue import HERE, all_cases, select
from conformance.exemptions import Exemption, ExemptionError, excuse, load_exemptions, stale
from conformance.ledger import Ledger
from conformance.masking import Masker
from conformance.model import Case, Result, Run
from conformance.progress import Progress, print_summary
from conformance.report.html import html
from conformance.report.machine import machine
from conformance.report.markdown import markdown
from conformance.runner import Runner, UnreachableError, new_run_id
from conformance.suites import reason_to_skip, run_scim2_tester, run_scim_sanity
from conformance.transcript import TranscriptError
from conformance.wire import Wire

SUITES = ("scim2-tester", "scim-sanity")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    wire: Wire
    target_type: str
    domain: str
    only: str
    features: tuple[str, ...]
    suites: tuple[str, ...]
    verify_tls: bool
    exemptions: list[Exemption]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("url")
@click.option(
    "--token",
    required=True,
    envvar="SCIM_TOKEN",
    show_envvar=True,
    help="Bearer token; in the environment no process list shows it.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("reports"))
@click.option("--target-type", default="", help="Kind of target, for exemptions.json.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as one line of JSON.")
@click.option("--only", default="*", metavar="PATTERN", help="Play cases whose id matches.")
@click.option("--feature", "features", multiple=True, help="Count a feature as announced.")
@click.option("--suite", "suites", multiple=True, type=click.Choice([*SUITES, "none"]))
@click.option("--domain", default="example.com", show_default=True, help="Of invented users.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds for one answer.")
@click.option("--ca-file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--insecure", is_flag=True, help="Do not verify the server's certificate.")
@click.option(
    "--exemptions",
    "exemptions_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=HERE / "exemptions.json",
)
@click.pass_context
def main(
    context: click.Context,
    url: str,
    token: str,
    out: Path,
    target_type: str,
    as_json: bool,
    only: str,
    features: tuple[str, ...],
    suites: tuple[str, ...],
    domain: str,
    timeout: float,
    ca_file: Path | None,
    insecure: bool,
    exemptions_file: Path,
) -> None:
    """Test the SCIM 2.0 server at URL as Okta, Entra ID and others would use it.

    Creates users and groups with unmistakable names and deletes them again.
    """
    for name in suites:
        if reason := reason_to_skip(name):
            raise click.UsageError(reason)
    try:
        options = Options(
            wire=Wire(_base_url(url), token, timeout, _tls(ca_file, insecure)),
            target_type=target_type,
            domain=domain,
            only=only,
            features=features,
            suites=tuple(suites) or (SUITES if only == "*" else ()),
            verify_tls=not insecure,
            exemptions=load_exemptions(exemptions_file),
        )
        console = Console(stderr=as_json)
        cases = select(all_cases(), only)
        if not cases and not options.suites:
            raise click.UsageError(f"no case matches {only!r}; the reports list all ids")
        run = perform(options, cases, console)
    except (TranscriptError, ExemptionError, UnreachableError) as error:
        raise click.UsageError(str(error)) from error
    write_reports(run, out)
    if as_json:
        click.echo(machine(run, indent=None), nl=False)
    else:
        print_summary(run, out, console)
    context.exit(0 if run.conforms else 1)


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise click.UsageError(
            f"{url!r} is not a SCIM base URL: write http(s)://host/path, without query or fragment"
        )
    return url.rstrip("/")


def _tls(ca_file: Path | None, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def perform(options: Options, cases: list[Case], console: Console) -> Run:
    """Play the cases and the suites; raises `UnreachableError` if there is no server."""
    wire, masker = options.wire, Masker(options.wire.token)
    ledger = Ledger(wire)
    runner = Runner(wire, ledger, masker, options.domain, new_run_id())
    started, clock = datetime.now(UTC), time.monotonic()
    features = runner.features() | set(options.features)
    suites: dict[str, Callable[[], list[Result]]] = {
        "scim2-tester": lambda: run_scim2_tester(wire, ledger, masker),
        "scim-sanity": lambda: run_scim_sanity(wire, masker, verify_tls=options.verify_tls),
    }
    with Progress(console, total=len(cases)) as progress:
        results = runner.run(cases, features, progress.step)
        for name in SUITES:
            if name in options.suites:
                progress.announce(name)
                results += suites[name]()
    judged = tuple(excuse(r, options.exemptions, options.target_type) for r in results)
    return Run(
        url=wire.base_url,
        target_type=options.target_type,
        started=started.strftime("%Y-%m-%d %H:%M:%S UTC"),
        duration_s=time.monotonic() - clock,
        results=judged,
        left_behind=tuple(ledger.sweep()),
        stale_exemptions=stale(judged, options.exemptions, options.target_type),
        features=tuple(sorted(features)),
    )


def write_reports(run: Run, folder: Path) -> None:
    """Write ``conformance.md``, ``.html`` and ``.json`` into ``folder``, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in (("md", markdown(run)), ("html", html(run)), ("json", machine(run))):
        (folder / f"conformance.{suffix}").write_text(text, encoding="utf-8")
