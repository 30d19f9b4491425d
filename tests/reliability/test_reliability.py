"""A sample of the proofs; `make reliability` runs them all."""

from __future__ import annotations

import os
import subprocess
import sys


def test_a_bridge_that_is_killed_paused_or_raced_loses_nothing() -> None:
    # In a process without threads, since it forks; what is killed cannot report its coverage.
    environment = {name: text for name, text in os.environ.items() if "COV" not in name}
    command = [sys.executable, "-m", "tests.reliability", "--sample", "--processes", "1"]

    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 kills" not in done.stdout
