"""Runs the suite against the demonstration: ``python -m conformance.against_demo --out DIR``.

Starts ``scimbridge demo`` as anybody would, waits for its ready file, tests every target in turn
and ends it. Exit status: that of the worst target (see `conformance`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

START_SECONDS = 120


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.option("--target", "names", multiple=True, help="Test this target only; repeatable.")
def main(out: Path, names: tuple[str, ...]) -> None:
    """Test every target of the demonstration, each with a report of its own below OUT."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "ready.json")
        command = [sys.executable, "-m", "scimbridge.cli", "demo", "--no-story", "--port", "0"]
        demo = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*command, "--ready-file", str(ready)], stdout=subprocess.DEVNULL
        )
        try:
            targets = _wait_for(ready, demo)
            worst = max(_test(name, targets[name], out) for name in names or sorted(targets))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(timeout=60)
    sys.exit(worst)


def _wait_for(ready: Path, demo: subprocess.Popen[bytes]) -> dict[str, Any]:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if ready.exists():
            found: dict[str, Any] = json.loads(ready.read_text())["targets"]
            return found
        if demo.poll() is not None:
            raise click.ClickException(f"the demonstration ended with status {demo.returncode}")
        time.sleep(0.1)
    raise click.ClickException(f"the demonstration was not ready after {START_SECONDS} s")


def _test(name: str, target: dict[str, str], out: Path) -> int:
    print(f"\n{name}: {target['base_url']}", flush=True)  # noqa: T201 - the command's output
    # Announced to Okta alone, or nowhere: the runner cannot find these out by itself.
    features = ("okta-roles", "okta-entitlements", "raw-authorization")
    command = [sys.executable, "-m", "conformance", target["base_url"], "--target-type", name]
    command += [word for feature in features for word in ("--feature", feature)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [*command, "--out", str(out / name)],
        env=os.environ | {"SCIM_TOKEN": target["token"]},
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    main()
