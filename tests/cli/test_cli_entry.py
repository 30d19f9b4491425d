"""What holds for every command: exit statuses, completion, and the way they are loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scimbridge.cli import cli, main
from tests.cli.conftest import Commands


def status_of(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["scimbridge", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


def test_a_result_is_0_a_failure_1_and_a_mistake_in_usage_or_configuration_2(
    run: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in run.world.environ.items():
        monkeypatch.setenv(name, value)
    config = ["--config", str(run.world.path)]

    assert status_of(["token", "list", *config], monkeypatch) == 0
    assert status_of(["token", "revoke", "0123456789ab", *config], monkeypatch) == 1
    assert "no token 0123456789ab is in force" in capsys.readouterr().err
    assert status_of(["token", "create", "flacon", *config], monkeypatch) == 2
    assert "there is no target flacon" in capsys.readouterr().err
    assert status_of(["token", "crate", *config], monkeypatch) == 2
    assert status_of(["tokens", *config], monkeypatch) == 2


def completed(words: str, path: Path | None = None) -> list[str]:
    """What the shell is told when the last of ``words`` is to be completed."""
    environ = {
        "_SCIMBRIDGE_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "SCIMBRIDGE_CONFIG": str(path or "missing.toml"),
    }
    printed = CliRunner(env=environ).invoke(cli, prog_name="scimbridge").stdout
    return [line.partition(",")[2] for line in printed.split()]


def test_a_command_and_its_options_are_completed() -> None:
    assert completed("scimbridge tok") == ["token"]
    assert completed("scimbridge token ") == ["create", "list", "revoke"]
    assert completed("scimbridge reconcile --a") == ["--apply", "--accept"]


def test_a_target_is_completed_from_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "scimbridge.toml"
    path.write_text('[targets.falcon-eu]\n[targets.falcon-us]\nclient_secret = "env:NOT_SET"\n')

    assert completed("scimbridge explain falcon-u", path) == ["falcon-us"]
    assert completed("scimbridge audit show ", path) == ["falcon-eu", "falcon-us"]


def test_where_the_configuration_cannot_be_read_no_target_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "scimbridge.toml"

    assert completed("scimbridge explain ", path) == []
    path.write_text("targets = 1")
    assert completed("scimbridge explain ", path) == []
    path.write_text("targets = ")
    assert completed("scimbridge explain ", path) == []


def test_a_command_does_not_load_what_another_one_needs() -> None:
    """Loading all takes seconds, which whoever completes a word in a shell would wait for."""
    script = (
        "import sys; from scimbridge.cli import cli; cli.get_command(None, 'token'); "
        "print(*{'flask', 'sqlalchemy', 'click'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert set(done.stdout.split()) == {"sqlalchemy", "click"}
