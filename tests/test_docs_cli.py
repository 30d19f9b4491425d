"""docs/cli.md has every command, option and exit code; examples are commands that there are."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from scimbridge import cli as command_line
from scimbridge.cli import cli
from scimbridge.connectors.interface import EntitlementDetails
from scimbridge.directory.audit import AuditLine
from scimbridge.provisioning.explain import Explanation
from scimbridge.provisioning.holders import Holder
from scimbridge.provisioning.pauses import Standing

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/cli.md").read_text()
SECTIONS = dict(re.findall(r"^### `([^`]+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
COMMON = {"--config", "--json", "--help"}
WITHOUT_JSON = {"serve", "audit export", "console password", "demo", "simulate"}
"""They have no result, or one that is for programs anyway."""


def commands(group: click.Group = cli, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            assert command is not None
            yield f"{before}{name}", command


ALL = dict(commands())


def usage(name: str, command: click.Command) -> str:
    found = ["scimbridge", name]
    for each in command.params:
        if isinstance(each, click.Argument):
            word = str(each.name).upper()
            found.append(word if each.required else f"[{word}]")
    return " ".join(found)


def test_there_is_a_section_for_each_command_with_its_arguments_and_no_other() -> None:
    assert sorted(SECTIONS) == sorted(usage(*each) for each in ALL.items())


@pytest.mark.parametrize("name", sorted(ALL.keys() - {"conformance"}))  # it has its page
def test_each_option_is_described_and_no_other(name: str) -> None:
    section = SECTIONS[usage(name, ALL[name])]
    described = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))

    offered = [{*each.opts, *each.secondary_opts} for each in ALL[name].params]
    options = [names for names in offered if min(names).startswith("--") and not names & COMMON]
    assert [names for names in options if not names & described] == []
    assert described <= set().union(*options)


@pytest.mark.parametrize("name", ALL)
def test_each_command_that_has_a_result_gives_it_as_json_and_says_in_which_keys(name: str) -> None:
    takes_it = any("--json" in each.opts for each in ALL[name].params)

    assert takes_it is (name not in WITHOUT_JSON)
    if name not in WITHOUT_JSON | {"guard pause", "guard resume"}:
        assert re.search(r"^JSON.*: ", SECTIONS[usage(name, ALL[name])], re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("entitlements", EntitlementDetails),
        ("explain", Explanation),
        ("holders", Holder),
        ("guard status", Standing),
        ("audit show", AuditLine),
    ],
)
def test_the_keys_of_a_result_are_listed_in_their_order(name: str, shown: type[Any]) -> None:
    [listed] = re.findall(r"^JSON(.*?)\n\n", SECTIONS[usage(name, ALL[name])], re.M | re.DOTALL)

    keys = [each.name for each in dataclasses.fields(shown)]
    assert re.findall(r"`(\w+)`", listed)[: len(keys)] == keys


def test_every_exit_code_is_described_and_no_other() -> None:
    [section] = re.findall(r"^## Exit codes\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)

    codes = [int(code) for code in re.findall(r"^\| (\d) \|", section, re.MULTILINE)]
    assert codes == [0, command_line.EXIT_FAILED, command_line.EXIT_CONFIG]


def examples() -> list[tuple[str, str]]:
    """Each line of a code block in the documents that runs the bridge, and where it stands."""
    found = []
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]:
        for block in re.findall(r"^```(?:sh|console)\n(.*?)^```", path.read_text(), re.M | re.S):
            lines = block.replace("\\\n", " ").splitlines()
            found += [(path.name, line) for line in lines if re.search(r"\bscimbridge [a-z]", line)]
    return found


@pytest.mark.parametrize(("document", "line"), examples())
def test_an_example_is_a_command_that_there_is(
    document: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCIM_TOKEN", "a token")
    lexer = shlex.shlex(line.partition("scimbridge ")[2].rstrip('"'), None, True, "();<>|&")
    lexer.whitespace_split = True
    words = list(itertools.takewhile(lambda word: word[0] not in "();<>|&", lexer))
    name = next(name for name in (" ".join(words[:2]), words[0]) if name in ALL)

    ALL[name].make_context(name, words[len(name.split()) :])


def test_the_line_for_bash_has_bash_complete_commands() -> None:
    [line] = re.findall(r"^\| bash, .* \| `(.+)` \|$", PAGE, re.MULTILINE)
    asked = "COMP_WORDS=(scimbridge aud) COMP_CWORD=1; _scimbridge_completion scimbridge"

    done = subprocess.run(
        ["bash", "-euc", f'{line}; {asked}; echo "${{COMPREPLY[*]}}"'],
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.splitlines()[-1] == "audit"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_lines_for_the_other_shells_give_what_they_read(shell: str) -> None:
    assert f"_SCIMBRIDGE_COMPLETE={shell}_source scimbridge" in PAGE
    environ = {"_SCIMBRIDGE_COMPLETE": f"{shell}_source"}

    given = CliRunner(env=environ).invoke(cli, prog_name="scimbridge").stdout

    assert f"_SCIMBRIDGE_COMPLETE={shell}_complete" in given
