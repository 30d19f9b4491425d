"""The bridge as it runs in production: `scimbridge serve`, with several worker processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from scimbridge.clock import now_ms
from scimbridge.connectors.falcon.simulator import create_simulator
from scimbridge.directory import tokens
from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import migrate
from scimbridge.keys import derive_key
from scimbridge.simulation.server import serve
from tests.conftest import CORE_USER, SECRET_KEY, Scim


@dataclass
class Served:
    scim: Scim
    root: str
    temporary: Path
    """Where the process makes its temporary folders."""
    log: Path
    process: subprocess.Popen[bytes]

    def counted(self, endpoint: str) -> float:
        """How many GETs of ``endpoint`` all workers together have answered."""
        text = requests.get(f"{self.root}/metrics", timeout=10).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "scimbridge_requests_total"
            and (sample.labels["endpoint"], sample.labels["method"]) == (endpoint, "GET")
        )

    def counting(self) -> set[int]:
        """The processes that count in files of their own; 0 for what ended ones have counted."""
        files = self.temporary.glob("scimbridge-metrics-*/counter_*.db")
        return {int(file.stem.partition("_")[2]) for file in files}


def wait_until(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until, f"not within a minute: {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("gunicorn")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    simulator = create_simulator()
    with serve(simulator.app) as simulated, (folder / "log").open("wb") as log:
        (folder / "scimbridge.toml").write_text(f"""
[bridge]
listen = "127.0.0.1:{port}"
database = "directory.db"
secret_key = "env:SECRET_KEY"
workers = 2
threads = 2
[targets.falcon]
type = "falcon"
base_url = "{simulated.url}"
client_id = "{simulator.credentials["client_id"]}"
client_secret = "env:CLIENT_SECRET"
cid = "{simulator.credentials["cid"]}"
""")
        environment = {
            "SECRET_KEY": SECRET_KEY,
            "CLIENT_SECRET": simulator.credentials["client_secret"],
            "TMPDIR": str(folder),
        }
        database = f"sqlite:///{folder / 'directory.db'}"
        migrate(database)
        directory = Directory(database)
        with directory.write() as connection:
            key = derive_key(SECRET_KEY.encode(), "tokens")
            token = tokens.issue(connection, key, target="falcon", name="test", now=now_ms())
        directory.close()
        command = [sys.executable, "-m", "scimbridge.cli", "serve"]
        process = subprocess.Popen(
            [*command, "--config", str(folder / "scimbridge.toml")],
            env=os.environ | environment,
            stderr=log,
        )
        root = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: answers(root), "an answer of /readyz")
            scim = Scim(f"{root}/falcon/scim/v2", token)
            yield Served(scim, root, folder, folder / "log", process)
        finally:
            process.terminate()
            process.wait(timeout=60)


def answers(root: str) -> bool:
    try:
        return requests.get(f"{root}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_any_worker_tells_what_all_of_them_counted_even_after_one_has_ended(
    served: Served,
) -> None:
    sent = 0
    while len(served.counting()) < 2:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: served.scim("GET", "/Users?count=0"), range(20)))
        sent += 20
        assert sent < 2000, "one worker does everything"
    assert {served.counted("/Users") for _ in range(5)} == {sent}

    first = min(served.counting())
    os.kill(first, signal.SIGTERM)
    wait_until(lambda: 0 in served.counting(), "what the ended worker counted")

    assert first not in served.counting()
    assert {served.counted("/Users") for _ in range(5)} == {sent}


def test_a_worker_that_is_replaced_has_the_configuration_of_the_others(served: Served) -> None:
    config = served.temporary / "scimbridge.toml"
    text = config.read_text()
    before = {each.pid for each in psutil.Process(served.process.pid).children()}
    try:
        config.write_text("a mistake")
        os.kill(min(before), signal.SIGKILL)

        def new_one_answered() -> bool:
            served.scim("GET", "/Users?count=0")
            return bool(served.counting() - before - {0})

        wait_until(new_one_answered, "an answer of the new worker")
    finally:
        config.write_text(text)

    assert served.process.poll() is None


def test_the_log_of_a_request_has_its_id_down_to_the_vendor_call(served: Served) -> None:
    body = {"schemas": [CORE_USER], "userName": "jane@example.com"}

    answer = served.scim("POST", "/Users", body, X_Request_Id="from-okta-1")

    assert answer.status_code == 201
    lines = [json.loads(line) for line in served.log.read_text().splitlines() if line[:1] == "{"]
    own = [line for line in lines if line["request_id"] == "from-okta-1"]
    assert {line["name"] for line in own} == {
        "scimbridge.connectors.http",
        "scimbridge.web.application",
    }
    assert any("/user-management/entities/users/v1 -> 201" in line["message"] for line in own)


def test_a_body_in_chunks_is_bounded_like_any_other(served: Served) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"userName": "'
        for _ in range(80):
            yield b"x" * 65_536

    answer = requests.post(
        f"{served.scim.base_url}/Users",
        data=chunks(),
        headers={
            "Authorization": f"Bearer {served.scim.token}",
            "Content-Type": "application/scim+json",
        },
        timeout=30,
    )

    assert answer.status_code == 413
    assert answer.json()["status"] == "413"


def test_a_body_in_chunks_that_fits_is_read(served: Served) -> None:
    body = json.dumps({"schemas": [CORE_USER], "userName": "chunks@example.com"}).encode()
    url = f"{served.scim.base_url}/Users"
    headers = {
        "Authorization": f"Bearer {served.scim.token}",
        "Content-Type": "application/scim+json",
    }

    answer = requests.post(url, data=iter([body[:20], body[20:]]), headers=headers, timeout=30)

    assert answer.status_code == 201


def test_two_authorization_headers_are_refused_behind_gunicorn_too(served: Served) -> None:
    token = f"Bearer {served.scim.token}"
    host, port = served.root.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        lines = ["GET /falcon/scim/v2/Users HTTP/1.1", "Host: bridge", "Connection: close"]
        lines += [f"Authorization: {token}"] * 2
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = connection.makefile("rb").readline()

    assert b" 401 " in status


def test_modules_that_workers_share_open_nothing_and_start_no_thread() -> None:
    seen = """
import os, threading
def open_files():
    return len(os.listdir("/proc/self/fd"))
before = open_files()
import scimbridge.wsgi
print(threading.active_count(), open_files() - before)
"""
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["1", "0"]


def test_nothing_is_left_behind_when_it_ends(served: Served) -> None:
    served.process.terminate()
    served.process.wait(timeout=60)

    assert not list(served.temporary.glob("scimbridge-metrics-*"))
    assert "Traceback" not in served.log.read_text()
