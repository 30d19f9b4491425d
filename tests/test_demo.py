"""The demonstration, as `make demo` runs it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

MAKEFILE = (Path(__file__).parent.parent / "Makefile").read_text()
[COMMAND] = re.findall(r"^demo: .*\n\t\$\(BIN\)/python (.+)$", MAKEFILE, re.MULTILINE)
"""What `make demo` runs."""


@contextmanager
def running(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *COMMAND.split(), *arguments], stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def wait_for(found: Path, process: subprocess.Popen[bytes], log: Path) -> Any:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if found.exists():
            return json.loads(found.read_text())
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The ready file of a demonstration that is ended afterwards, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    ready, log = folder / "ready.json", folder / "log"
    with running("--port", "0", "--ready-file", str(ready), log=log) as process:
        content = wait_for(ready, process, log)
        yield {**content, "printed": log.read_text(), "process": process, "file": ready}
    assert not ready.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(content["targets"]["falcon"]["base_url"], timeout=2)


def test_it_serves_every_vendor(demo: dict[str, Any]) -> None:
    assert sorted(demo["targets"]) == ["cortex", "falcon", "insightvm"]
    for target in demo["targets"].values():
        headers = {"Authorization": f"Bearer {target['token']}"}
        answer = requests.get(f"{target['base_url']}/Users?count=1", headers=headers, timeout=30)
        assert answer.json()["totalResults"] > 0


def test_its_pid_is_its_own(demo: dict[str, Any]) -> None:
    assert demo["pid"] == demo["process"].pid


def test_its_story_is_told_for_every_vendor_and_ends_well(demo: dict[str, Any]) -> None:
    for name in demo["targets"]:
        assert f"One person at {name}" in demo["printed"]
    assert demo["printed"].count("She leaves for good") == 3
    assert not re.search(r"│ [45]\d\d [^│]*│\n", demo["printed"]), demo["printed"]


def test_its_story_leaves_the_request_log_empty(demo: dict[str, Any]) -> None:
    simulator = demo["targets"]["falcon"]["simulator_url"]

    seen = requests.get(f"{simulator}/_sim/requests", timeout=10).json()["requests"]

    assert [
        each for each in seen if each["method"] != "GET" and "oauth2" not in each["route"]
    ] == []
