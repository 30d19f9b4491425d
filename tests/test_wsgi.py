"""The start of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scimbridge import wsgi
from scimbridge.config import CONFIG_VARIABLE
from tests.conftest import SECRET_KEY


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "scimbridge.toml"
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setattr(wsgi, "RETRY_S", 0)
    monkeypatch.setattr(wsgi, "configure_logs", lambda _level: None)
    wsgi.configuration.cache_clear()
    yield path
    wsgi.configuration.cache_clear()


@pytest.mark.parametrize(
    "database", ["empty.db", "postgresql://127.0.0.1:1/scimbridge"], ids=["no schema", "no server"]
)
def test_a_worker_that_does_not_reach_the_directory_ends_without_ending_all(
    config: Path, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    config.write_text(f"""
[bridge]
database = "{database}"
secret_key = "env:SECRET_KEY"
[targets.insightvm]
type = "insightvm"
base_url = "https://console.example.com:3780"
username = "bridge"
password = "env:SECRET_KEY"
""")

    with pytest.raises(SystemExit) as ended:
        wsgi.create_app()

    assert ended.value.code == 1
    assert "cannot start" in caplog.text
