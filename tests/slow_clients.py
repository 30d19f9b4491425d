"""Thousands of slow clients against a shipped proxy configuration, and probes beside them.

``python -m tests.slow_clients`` starts the bridge as in production, nginx with `deploy/nginx.conf`
in front of it (or ``--proxy caddy`` with `deploy/Caddyfile`), holds the sockets open and asks for
``/readyz`` meanwhile. ``--proxy none`` shows that one is needed. Only addresses and the
certificate's path are replaced in the files.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import multiprocessing
import os
import re
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from scimbridge.connectors.falcon.simulator import create_simulator
from scimbridge.simulation.certificate import write_self_signed
from scimbridge.simulation.server import serve

DEPLOY = Path(__file__).parent.parent / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
PROBE_TIMEOUT_S = 2.0
DRIP_S = 5.0
THROWN_OUT_AFTER_S = 10.0
"""By both proxies, if the headers are not there by then."""
KINDS = (0, 1, 2, 2, 2, 2)
HEAD = b"POST /falcon/scim/v2/Users HTTP/1.1\r\nHost: scim.example.com\r\n"
BODY = HEAD + b"Content-Type: application/scim+json\r\nContent-Length: 100000\r\n\r\n"


@dataclass
class Probes:
    """What came of the probes."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    fewest: int = sys.maxsize
    """Slow clients that were connected at any time."""

    def __str__(self) -> str:
        if not self.seconds:
            return f"0 probes answered, {self.failed} failed"
        p50 = 1000 * statistics.median(self.seconds)
        p99 = 1000 * sorted(self.seconds)[math.ceil(0.99 * len(self.seconds)) - 1]
        slowest = 1000 * max(self.seconds)
        return (
            f"{len(self.seconds)} probes answered, {self.failed} failed, "
            f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, slowest {slowest:.0f} ms"
        )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def replaced(text: str, replacements: Iterable[tuple[str, str]]) -> str:
    """``text`` with each pattern replaced; each has to be there."""
    for pattern, replacement in replacements:
        text, count = re.subn(pattern, replacement, text)
        if not count:
            raise LookupError(f"the shipped file has no {pattern}")
    return text


def nginx_configuration(folder: Path, *, https: int, http: int, bridge: int) -> str:
    """The shipped file for nginx within the settings that its first lines ask for."""
    shipped = (DEPLOY / "nginx.conf").read_text()
    replacements = (
        (r"server 127\.0\.0\.1:8080", f"server 127.0.0.1:{bridge}"),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{https} ssl;"),
        (r"listen 80;", f"listen 127.0.0.1:{http};"),
        (r" *listen \[::\].*\n", ""),
        (r"/etc/ssl/scimbridge/\w+\.pem", str(folder / "certificate.pem")),
    )
    text = replaced(shipped, replacements)
    rlimit = re.search(r"worker_rlimit_nofile \d+;", shipped)
    events = re.search(r"events \{ .* \}", shipped)
    if rlimit is None or events is None:
        raise LookupError("deploy/nginx.conf does not say what nginx.conf itself needs")
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/nginx.log;\n"
        f"{rlimit[0]}\n{events[0]}\nhttp {{ access_log off; {paths}\n{text}\n}}\n"
    )


def caddy_configuration(folder: Path, *, https: int, bridge: int) -> str:
    """The shipped file for Caddy."""
    certificate = folder / "certificate.pem"
    text = replaced(
        (DEPLOY / "Caddyfile").read_text(),
        (
            (r"\n\{\n", "\n{\n\tadmin off\n\tauto_https disable_redirects\n"),
            (
                r"\{\$SCIM_HOST:localhost\} \{",
                f"https://127.0.0.1:{https} {{\n\ttls {certificate} {certificate}",
            ),
            (r"\{\$SCIM_UPSTREAM:127\.0\.0\.1:8080\}", f"127.0.0.1:{bridge}"),
        ),
    )
    version = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True)
    if version.stdout.startswith("2.6.2"):  # Debian's, which has other words for the same
        text = text.replace("request_buffers 8MB", "buffer_requests\n\t\tmax_buffer_size 8MB")
    return text


@contextmanager
def proxy_in(folder: Path, proxy: str, *, bridge: int) -> Iterator[int]:
    """The port of nginx or Caddy with the shipped file."""
    https = free_port()
    write_self_signed(folder / "certificate.pem", "127.0.0.1")
    if proxy == "nginx":
        path = folder / "nginx.conf"
        text = nginx_configuration(folder, https=https, http=free_port(), bridge=bridge)
        command = [NGINX, "-p", str(folder), "-c", str(path)]
    else:
        path = folder / "Caddyfile"
        text = caddy_configuration(folder, https=https, bridge=bridge)
        command = ["caddy", "run", "--config", str(path), "--adapter", "caddyfile"]
    path.write_text(text)
    with running(command, log=folder / "proxy.log", XDG_DATA_HOME=str(folder)):
        yield https


@contextmanager
def running(command: list[str], *, log: Path, **environment: str) -> Iterator[None]:
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=written, stderr=written
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def bridge_on(port: int, folder: Path) -> Iterator[None]:
    """`scimbridge serve` with its two processes of 32 threads, before a simulated vendor."""
    simulator = create_simulator()
    with serve(simulator.app) as vendor:
        (folder / "scimbridge.toml").write_text(f"""
[bridge]
listen = "127.0.0.1:{port}"
database = "directory.db"
secret_key = "env:SECRET_KEY"
[targets.falcon]
type = "falcon"
base_url = "{vendor.url}"
client_id = "{simulator.credentials["client_id"]}"
client_secret = "env:CLIENT_SECRET"
cid = "{simulator.credentials["cid"]}"
""")
        command = [sys.executable, "-m", "scimbridge.cli", "serve", "--config"]
        with running(
            [*command, str(folder / "scimbridge.toml")],
            log=folder / "bridge.log",
            SECRET_KEY="for this run only, thirty-two bytes",
            CLIENT_SECRET=simulator.credentials["client_secret"],
        ):
            yield


async def hold(
    port: int, certificate: str | None, kind: int, connected: Any, *, after_s: float
) -> None:
    """One slow client; it comes again as soon as it is thrown out."""
    await asyncio.sleep(after_s)
    tls = ssl.create_default_context(cafile=certificate) if certificate else None
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
            connected.value += 1
            try:
                await drip(reader, writer, kind)
            finally:
                connected.value -= 1
                writer.close()
        await asyncio.sleep(0.1)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: int) -> None:
    """Send nothing, a header now and then, or a byte of the body, until the other side has it."""
    writer.write((b"", HEAD, BODY)[kind])
    thrown_out = asyncio.create_task(reader.read())
    try:
        while not (await asyncio.wait({thrown_out}, timeout=DRIP_S))[0]:
            writer.write((b"", b"X-Slow: 1\r\n", b"x")[kind])
            await writer.drain()
    finally:
        thrown_out.cancel()
        await asyncio.gather(thrown_out, return_exceptions=True)


def attack(port: int, certificate: str | None, clients: int, connected: Any) -> None:
    """Some silent, some dripping headers, most a body: in a process of its own."""

    async def all_of_them() -> None:
        await asyncio.gather(
            *(
                hold(
                    port,
                    certificate,
                    KINDS[number % len(KINDS)],
                    connected,
                    # All at once they would be thrown out, and come again, all at once.
                    after_s=THROWN_OUT_AFTER_S * number / clients,
                )
                for number in range(clients)
            )
        )

    asyncio.run(all_of_them())


def probe(url: str, certificate: str | None) -> float | None:
    """The seconds until /readyz said 200; None if it did not within `PROBE_TIMEOUT_S`."""
    started = time.monotonic()
    try:
        answer = requests.get(f"{url}/readyz", verify=certificate or True, timeout=PROBE_TIMEOUT_S)
    except requests.RequestException:
        return None
    seconds = time.monotonic() - started
    return seconds if answer.status_code == 200 and seconds <= PROBE_TIMEOUT_S else None


def wait_until(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 90
    while not done():
        if time.monotonic() > until:
            raise TimeoutError(f"not within 90 seconds: {what}")
        time.sleep(0.2)


def measure(port: int, certificate: str | None, clients: int, seconds: float) -> Probes:
    """Probe for ``seconds`` while ``clients`` are there."""
    url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    wait_until(lambda: probe(url, certificate) is not None, "an answer of /readyz")
    spawning = multiprocessing.get_context("spawn")
    connected = spawning.Value("i", 0)
    process = spawning.Process(target=attack, args=(port, certificate, clients, connected))
    process.start()
    probes = Probes()
    try:
        wait_until(lambda: connected.value >= clients * 0.75, f"{clients} connections")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            taken = probe(url, certificate)
            if taken is None:
                probes.failed += 1
            else:
                probes.seconds.append(taken)
            probes.fewest = min(probes.fewest, connected.value)
            time.sleep(0.2)
    finally:
        process.terminate()
        process.join()
    return probes


def main() -> int:
    """1 if a probe failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--proxy", choices=("nginx", "caddy", "none"), default="nginx")
    options = parser.parse_args()
    if (
        options.proxy != "none"
        and shutil.which({"nginx": NGINX}.get(options.proxy, "caddy")) is None
    ):
        say(f"slow clients: not tried, for {options.proxy} is not installed (apt-get has it)")
        return 0
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder, bridge = Path(name), free_port()
        # The workers of nginx have a user of their own.
        folder.chmod(0o755)
        stack.enter_context(bridge_on(bridge, folder))
        port, certificate = bridge, None
        if options.proxy != "none":
            port = stack.enter_context(proxy_in(folder, options.proxy, bridge=bridge))
            certificate = str(folder / "certificate.pem")
        probes = measure(port, certificate, options.clients, options.seconds)
    held = f"{options.clients}, never fewer than {probes.fewest}"
    say(f"slow clients, proxy {options.proxy}: {held}; {probes}")
    return int(probes.failed > 0 or not probes.seconds)


if __name__ == "__main__":
    sys.exit(main())
