"""Prove the whole table and print the count: ``make operations``."""

from __future__ import annotations

import sys

import click

from tests.bridge.operations.proof import DRIVES, proven_by
from tests.bridge.operations.reference import OPERATIONS
from tests.bridge.operations.table import DOCUMENT, parse


def main() -> None:
    """Exit status 1 unless every operation of the reference is proven."""
    rows = parse(DOCUMENT.read_text())
    proven: set[tuple[str, str, str]] = set()
    for drive in DRIVES.values():
        right, wrong = proven_by(drive, rows)
        proven |= {row.key for row in right}
        for row in wrong:
            click.echo(f"{drive.name}: {row.request} did not reach {row.call}", err=True)
    for method, route, operation in sorted(OPERATIONS - proven):
        click.echo(f"not proven: {method} {route} ({operation})", err=True)
    click.echo(f"{len(OPERATIONS & proven)} of {len(OPERATIONS)} vendor operations proven")
    sys.exit(0 if proven == OPERATIONS else 1)


if __name__ == "__main__":
    main()
