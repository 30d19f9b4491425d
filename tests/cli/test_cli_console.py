"""The hash of an operator's password."""

from __future__ import annotations

from click.testing import CliRunner

from scimbridge.cli import cli
from scimbridge.web.console.passwords import matches


def test_the_hash_that_is_printed_is_that_of_the_password() -> None:
    password = "correct horse battery staple"
    done = CliRunner().invoke(cli, ["console", "password"], input=f"{password}\n{password}\n")

    [printed] = done.stdout.splitlines()
    assert matches(printed, password)
    assert not matches(printed, password.upper())


def test_a_short_password_is_refused() -> None:
    done = CliRunner().invoke(cli, ["console", "password"], input="secret\nsecret\n")

    assert done.exit_code == 2
    assert "shorter than 12 characters" in done.output
