"""The README is true: its first steps work as printed, and it speaks of what there is."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from scimbridge.connectors.registry import VENDORS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
STEPS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LONGEST_S = 120
"""For a slow machine under load; the steps take about five seconds."""


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def run_shell(script: str, folder: Path) -> str:
    """What ``script`` prints; whatever it starts ends with it."""
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed, errors = shell.communicate(timeout=LONGEST_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.communicate()
    assert shell.returncode == 0, errors
    return printed


def test_the_first_steps_end_with_an_account_at_the_simulated_vendor(tmp_path: Path) -> None:
    bridge, simulator = free_ports(2)
    wait = (
        f"curl -s --retry 60 --retry-delay 1 --retry-connrefused 127.0.0.1:{simulator}/_sim/state"
    )
    script = "\n".join(
        [
            STEPS[0],
            # A person is slower than this shell.
            f"{wait} > /dev/null",
            *STEPS[1:],
            "echo",
            wait,
            "kill %1 %2",
            "wait",
        ]
    )
    script = script.replace("127.0.0.1:8080", f"127.0.0.1:{bridge}").replace("8181", str(simulator))
    # One worker of two, since each takes seconds to import everything.
    mine = f'[bridge]\nlisten = "127.0.0.1:{bridge}"\nworkers = 1\n'
    script = script.replace("[bridge]\n", mine)

    printed = run_shell(script, tmp_path).splitlines()

    user, state = (json.loads(line) for line in printed if line.startswith("{"))
    assert user["userName"] == "ada@example.com"
    assert any("as the IdP asked since" in line for line in printed)
    assert "ada@example.com" in {each["user_name"] for each in state["accounts"]}
    assert "[targets.falcon]" in (tmp_path / "simulator.log").read_text()


def test_from_the_demo_to_an_explanation_it_takes_fewer_than_ten_commands() -> None:
    """With the demo, which another test runs."""
    without_files = re.sub(r"<<'END'\n.*?^END$", "", "".join(STEPS), flags=re.DOTALL | re.MULTILINE)
    commands = without_files.replace("\\\n", " ").strip()
    quoted = re.sub(r"'[^']*'", "''", commands)

    assert len([word for word in re.split(r"\n|&&|;", quoted) if word.strip()]) + 1 < 10


def test_the_table_of_vendors_has_a_row_for_each_target_type() -> None:
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| (?:yes|no)", README, re.MULTILINE)

    assert rows == list(VENDORS)
