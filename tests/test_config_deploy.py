"""The files under deploy/ agree with each other and with the bridge's limits."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from gunicorn.config import Config

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
LONGEST_DEADLINE_S = 55
"""A configuration with a longer one is refused."""


def gunicorn_settings() -> dict[str, Any]:
    names = runpy.run_path(str(ROOT / "scimbridge/gunicorn_conf.py"))
    return {name: value for name, value in names.items() if name in Config().settings}


def seconds(file: str, pattern: str) -> int:
    [found] = re.findall(pattern, (DEPLOY / file).read_text(), re.MULTILINE)
    return int(found)


def test_gunicorn_knows_and_accepts_every_setting() -> None:
    names = runpy.run_path(str(ROOT / "scimbridge/gunicorn_conf.py"))
    assigned = re.findall(
        r"^([a-z]\w*) = ", (ROOT / "scimbridge/gunicorn_conf.py").read_text(), re.MULTILINE
    )
    config = Config()

    for name in assigned:
        config.set(name, names[name])

    assert config.worker_class_str == "gthread"


def test_serve_hands_its_settings_over_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIMBRIDGE_LISTEN", "[::1]:9000")
    monkeypatch.setenv("SCIMBRIDGE_WORKERS", "3")
    monkeypatch.setenv("SCIMBRIDGE_THREADS", "7")
    monkeypatch.setenv("SCIMBRIDGE_LOG_LEVEL", "debug")

    settings = gunicorn_settings()

    assert settings["bind"] == "[::1]:9000"
    assert (settings["workers"], settings["threads"]) == (3, 7)
    assert settings["loglevel"] == "debug"


def test_a_stop_waits_for_the_requests_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIMBRIDGE_DEADLINE_S", "54.9")

    graceful = gunicorn_settings()["graceful_timeout"]

    assert graceful > LONGEST_DEADLINE_S
    assert seconds("scimbridge.service", r"^TimeoutStopSec=(\d+)$") > graceful
    assert seconds("compose.yaml", r"stop_grace_period: (\d+)s$") > graceful


def test_a_proxy_closes_an_idle_connection_before_the_bridge_does() -> None:
    keepalive = gunicorn_settings()["keepalive"]

    assert seconds("nginx.conf", r"^ +keepalive_timeout (\d+)s;$") < keepalive
    assert seconds("Caddyfile", r"^\t+keepalive (\d+)s$") < keepalive


def test_a_proxy_waits_for_the_longest_deadline() -> None:
    assert seconds("nginx.conf", r"proxy_read_timeout (\d+)s;$") > LONGEST_DEADLINE_S
    assert seconds("Caddyfile", r"response_header_timeout (\d+)s$") > LONGEST_DEADLINE_S
