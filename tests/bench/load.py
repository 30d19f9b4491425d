"""The load: wrk where it is installed, else threads of this process. 16 connections, kept alive."""

from __future__ import annotations

import http.client
import itertools
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from tests.bench.operations import THREADS, Request

CONNECTIONS = 16

_SCRIPT = """
local lines, at, started = {}, 0, 0
function setup(thread) thread:set("number", started); started = started + 1 end
function init(args)
  for line in io.lines(args[1] .. "." .. number) do
    local method, path, body = line:match("^(%S+) (%S+) ?(.*)$")
    lines[#lines + 1] = wrk.format(method, path, nil, body ~= "" and body or nil)
  end
end
function request()
  at = at % #lines + 1
  return lines[at]
end
function done(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write
  io.write(string.format('\\nRESULT {"requests": %d, "seconds": %f, "p99_ms": %f, "failed": %d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e3,
    failed + summary.errors.status + summary.errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: requests a second, the 99th percentile, and how many requests failed."""

    rate: float
    p99_ms: float
    failed: int


def measure(
    url: str,
    threads: Sequence[Sequence[Request]],
    *,
    headers: dict[str, str],
    seconds: int,
    folder: Path,
) -> Measured:
    """Send each thread's requests to ``url`` (the SCIM base URL), over and over."""
    if shutil.which("wrk"):
        return _by_wrk(url, threads, headers, seconds, folder)
    return _by_threads(url, threads, headers, seconds)


def _by_wrk(
    url: str,
    threads: Sequence[Sequence[Request]],
    headers: dict[str, str],
    seconds: int,
    folder: Path,
) -> Measured:
    script, plan = folder / "load.lua", folder / "plan"
    script.write_text(_SCRIPT)
    base = urlsplit(url).path
    for number, requests in enumerate(threads):
        Path(f"{plan}.{number}").write_text(
            "".join(f"{each.method} {base}{each.path} {each.body}\n" for each in requests)
        )
    command = ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run([*command, url, "--", str(plan)], capture_output=True, text=True)
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        raise SystemExit(f"wrk failed: {done.stdout}{done.stderr}")
    result = json.loads(found[0].removeprefix("RESULT "))
    return Measured(result["requests"] / result["seconds"], result["p99_ms"], result["failed"])


def _by_threads(
    url: str, threads: Sequence[Sequence[Request]], headers: dict[str, str], seconds: int
) -> Measured:
    times: list[float] = []
    failures: list[int] = []
    plans = [(itertools.cycle(requests), threading.Lock()) for requests in threads]
    until = time.perf_counter() + seconds

    def work(number: int) -> None:
        requests, lock = plans[number % len(plans)]
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        while (begun := time.perf_counter()) < until:
            with lock:
                sent = next(requests)
            connection.request(sent.method, parts.path + sent.path, sent.body or None, headers)
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - begun)
            if answer.status >= 400:
                failures.append(answer.status)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return Measured(len(times) / seconds, 1000 * quantiles(times, n=100)[98], len(failures))
