"""``python -m tests.reliability``: run the proofs, print the table, fail if one of them fails."""

from __future__ import annotations

import argparse
import os
import resource
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from tests.postgres import Server, serve_postgres
from tests.reliability.jobs import Job
from tests.reliability.kills import Report
from tests.reliability.processes import Child
from tests.reliability.sections import Section, a_sample, everything


def main() -> int:
    """Returns 1 if anything went wrong, or if a safeguard was taken out unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="some of each, in half a minute")
    parser.add_argument("--only", default="", help="rows that contain this text")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    sections = a_sample() if options.sample else everything()
    jobs = [
        job for section in sections for job in section.jobs if options.only in " / ".join(job.row)
    ]
    started = time.monotonic()
    with ExitStack() as stack:
        wanted = any(job.row[2] == "postgresql" for job in jobs)
        server = stack.enter_context(serve_postgres()) if wanted else None
        reports = run(jobs, server, processes=options.processes)
    bad = show(sections, reports)
    say(f"{time.monotonic() - started:.0f} s, {_cpu_s():.0f} s of CPU with all processes")
    return 1 if bad else 0


def run(jobs: Sequence[Job], server: Server | None, *, processes: int) -> dict[Job, Report]:
    """Run all jobs, each in a process of its own, some at a time.

    Those that wait have as many workers beside, so that something is always computed.
    """
    heaviest = sorted(range(len(jobs)), key=lambda number: -jobs[number].weight)
    waiting = _queue([number for number in heaviest if jobs[number].waits])
    busy = _queue([number for number in heaviest if not jobs[number].waits])

    def work(queues: Sequence[int], tell: Callable[[Any], None]) -> None:
        for number in _taken(queues):
            started, before = time.monotonic(), _cpu_s()
            job = jobs[number]
            try:
                child = Child(lambda _: job.run(server, f"job{number}"))  # noqa: B023
                report = child.end().result
            except AssertionError as error:
                report = Report(tried=1, wrong=[str(error)])
            report.seconds, report.cpu_s = time.monotonic() - started, _cpu_s() - before
            tell((number, report))
            _note(job, report)

    shares = [(busy, waiting), (waiting,)]
    workers = [Child(partial(work, share)) for share in shares for _ in range(processes)]
    said = [each for worker in workers for each in worker.end().said]
    return {jobs[number]: report for number, report in said}


def _note(job: Job, report: Report) -> None:
    """Say at once what came of a row: a run that is ended before its table keeps that."""
    wrong = f", {len(report.wrong)} wrong" if report.wrong else ""
    lines = [f"{' / '.join(job.row)}: {report.tried}{wrong}, {_spent([report])}", *report.wrong]
    sys.stderr.write("\n    ".join(line.strip()[:2000] for line in lines) + "\n")
    sys.stderr.flush()


def _queue(numbers: Sequence[int]) -> int:
    """What is to be taken, two bytes each, by whoever reads first."""
    reading, writing = os.pipe()
    os.write(writing, b"".join(struct.pack("!H", number) for number in numbers))
    os.close(writing)
    return reading


def _taken(queues: Sequence[int]) -> Iterator[int]:
    for reading in queues:
        while ticket := os.read(reading, 2):
            (number,) = struct.unpack("!H", ticket)
            yield number


def show(sections: Sequence[Section], reports: dict[Job, Report]) -> bool:
    """Print the table; returns whether anything in it is bad."""
    bad = False
    for section in sections:
        ran = [(job, reports[job]) for job in section.jobs if job in reports]
        if not ran:
            continue
        say(f"\n{section.title}")
        tried = good = 0
        for job, report in ran:
            count = 1 if section.must_fail else report.tried
            failed = min(count, len(report.wrong))
            fine = failed if section.must_fail else count - failed
            tried, good = tried + count, good + fine
            words = " / ".join(part for part in job.row if part)
            points = f" ({report.points} points)" if report.points > report.tried else ""
            spent = _spent([report])
            say(f"  {words:62} {spent} {count:6} {section.tried}, {fine:6} {section.good}{points}")
            for wrong in report.wrong[: 1 if section.must_fail else 5]:
                say(f"      {wrong.strip().splitlines()[-1][:300]}")
        bad = bad or good < tried
        spent = _spent([report for _, report in ran])
        say(f"  {'in all':62} {spent} {tried:6} {section.tried}, {good:6} {section.good}")
    return bad


def _spent(reports: Sequence[Report]) -> str:
    seconds = sum(report.seconds for report in reports)
    return f"{seconds:5.0f} s {sum(report.cpu_s for report in reports):6.1f} CPU s"


def _cpu_s() -> float:
    """What this process and those that it waited for have taken, in seconds."""
    taken = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in taken)


def say(line: str) -> None:
    """Print a line of the table."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
