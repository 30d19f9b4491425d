from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import main
from tests.conformance.small_server import TOKEN, SmallServer


def run(*arguments: str, token: str | None = TOKEN) -> Result:
    env = {"SCIM_TOKEN": token} if token else {"SCIM_TOKEN": None}
    return CliRunner().invoke(main, list(arguments), env=env)


def test_a_run_that_passes_exits_with_0_and_writes_three_reports(
    server: SmallServer, tmp_path: Path
) -> None:
    result = run(server.url, "--only", "okta.users.create", "--out", str(tmp_path))

    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.iterdir()} == {
        "conformance.html",
        "conformance.json",
        "conformance.md",
    }
    assert "1 / 1" in result.output


def test_a_failed_must_exits_with_1_and_is_named(server: SmallServer, tmp_path: Path) -> None:
    result = run(server.url, "--only", "okta.connection.malformed-json", "--out", str(tmp_path))

    assert result.exit_code == 1, result.output
    assert "MUST   okta.connection.malformed-json: expected status 400" in result.output


def test_a_failed_recommendation_alone_exits_with_0(server: SmallServer, tmp_path: Path) -> None:
    result = run(server.url, "--only", "rfc.create.blank-user-name", "--out", str(tmp_path))

    assert result.exit_code == 0, result.output
    assert "1 recommendation is not followed" in result.output


def test_an_exemption_for_the_target_type_turns_1_into_0(
    server: SmallServer, tmp_path: Path
) -> None:
    rows = [{"case": "okta.connection.malformed-json", "target_type": "small", "reason": "r"}]
    exemptions = tmp_path / "exemptions.json"
    exemptions.write_text(json.dumps(rows))
    common = [server.url, "--only", "okta.connection.malformed-json", "--out", str(tmp_path)]
    common += ["--exemptions", str(exemptions)]

    assert run(*common, "--target-type", "small").exit_code == 0
    assert run(*common, "--target-type", "other").exit_code == 1


def test_json_alone_stands_on_standard_output(server: SmallServer, tmp_path: Path) -> None:
    failing = ["--only", "okta.connection.malformed-json"]

    result = run(server.url, "--json", *failing, "--out", str(tmp_path))

    (line,) = result.stdout.splitlines()
    assert json.loads(line)["conforms"] is False
    assert "okta.connection.malformed-json" in result.stderr


@pytest.mark.parametrize(
    "url", ["ftp://host/scim", "host/scim", "http://host/scim?x=1", "http:///scim"]
)
def test_what_is_no_base_url_exits_with_2(url: str, tmp_path: Path) -> None:
    result = run(url, "--out", str(tmp_path))

    assert result.exit_code == 2
    assert "is not a SCIM base URL" in result.output


def test_no_server_exits_with_2_and_writes_nothing(tmp_path: Path) -> None:
    result = run("http://127.0.0.1:1/scim", "--out", str(tmp_path))

    assert result.exit_code == 2
    assert "no SCIM server answers" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_missing_token_exits_with_2() -> None:
    assert run("http://127.0.0.1:1/scim", token=None).exit_code == 2


def test_a_suite_that_is_asked_for_and_not_installed_exits_with_2_and_the_remedy(
    server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    result = run(server.url, "--suite", "scim-sanity")

    assert result.exit_code == 2
    assert "`pip install scim-sanity` brings it" in result.output


def test_a_pattern_that_matches_nothing_exits_with_2(server: SmallServer, tmp_path: Path) -> None:
    result = run(server.url, "--only", "okta.nothing.*", "--out", str(tmp_path))

    assert result.exit_code == 2
    assert "no case matches 'okta.nothing.*'" in result.output


def test_a_feature_can_be_claimed_for_the_server(server: SmallServer, tmp_path: Path) -> None:
    common = [server.url, "--only", "okta.connection.raw-header", "--out", str(tmp_path)]

    without, with_it = run(*common), run(*common, "--feature", "raw-authorization")

    assert "0 / 0" in without.output
    assert "0 / 1" in with_it.output


def test_the_whole_catalogue_leaves_nothing_behind_and_shows_no_token(
    server: SmallServer, tmp_path: Path
) -> None:
    result = run(server.url + "/", "--suite", "none", "--out", str(tmp_path))

    assert result.exit_code == 1
    assert server.empty
    for report in tmp_path.iterdir():
        assert TOKEN not in report.read_text()
