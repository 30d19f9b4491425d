"""Secrets come by reference alone, and do not leak by the ways in which values usually do."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest

from scimbridge.config.secrets import Secret, resolve_secret

TEXT = "canary-7f3a"


def resolve(reference: str, folder: Path = Path(), **environ: str) -> Secret:
    return resolve_secret(reference, relative_to=folder, environ=environ)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(repr, id="repr"),
        pytest.param(str, id="str"),
        pytest.param(lambda secret: f"{secret}", id="f-string"),
        pytest.param(lambda secret: "%s %r" % (secret, secret), id="percent"),  # noqa: UP031
        pytest.param(lambda secret: repr({"secrets": [secret]}), id="within others"),
        pytest.param(lambda secret: json.dumps(secret, default=str), id="json"),
        pytest.param(
            lambda secret: logging.makeLogRecord({"msg": "%s", "args": (secret,)}).getMessage(),
            id="log record",
        ),
    ],
)
def test_a_secret_is_masked_when_shown(shown: object) -> None:
    assert callable(shown)
    text = shown(Secret(TEXT))

    assert TEXT not in text
    assert "***" in text


def test_reveal_gives_the_text() -> None:
    assert Secret(TEXT).reveal() == TEXT


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_cannot_be_pickled_or_copied(copied: object) -> None:
    assert callable(copied)

    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        copied(Secret(TEXT))


def test_secrets_are_equal_when_their_texts_are() -> None:
    assert Secret("grün") == Secret("grün")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_a_secret_has_no_hash_to_look_it_up_by() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(TEXT))


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is empty"):
        Secret(text)


def test_a_secret_is_read_from_the_environment_as_it_stands() -> None:
    assert resolve("env:KEY", KEY="0123\n").reveal() == "0123\n"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_file_may_end_with_a_line_end(tmp_path: Path, end: str) -> None:
    (tmp_path / "key").write_bytes(f" two\nlines {end}".encode())

    assert resolve("file:key", tmp_path).reveal() == " two\nlines "


def test_a_secret_file_may_be_named_by_an_absolute_path(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(TEXT)

    assert resolve(f"file:{tmp_path}/key").reveal() == TEXT


@pytest.mark.parametrize(
    "literal", [TEXT, f"ENV:{TEXT}", f"env:{TEXT} x", "env:", "file:", f"https://{TEXT}"]
)
def test_a_literal_is_refused_without_being_repeated(literal: str) -> None:
    with pytest.raises(ValueError, match="never written in this file") as caught:
        resolve(literal)

    assert TEXT not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the environment variable KEY is not set"),
        (" ", "the environment variable KEY is empty"),
        ("canary-7f3a\udcff", "the environment variable KEY is not UTF-8"),
    ],
    ids=["unset", "empty", "not text"],
)
def test_an_unusable_variable_is_named(value: str | None, reason: str) -> None:
    environ = {} if value is None else {"KEY": value}

    with pytest.raises(ValueError, match=reason) as caught:
        resolve_secret("env:KEY", relative_to=Path(), environ=environ)

    assert TEXT not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, r"cannot be read \(No such file or directory\)"),
        (b"\n", "is empty"),
        (b"canary-7f3a\xff", "is not UTF-8"),
    ],
    ids=["missing", "empty", "not text"],
)
def test_an_unusable_file_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)

    with pytest.raises(ValueError, match=f"the file {tmp_path}/key {reason}") as caught:
        resolve("file:key", tmp_path)

    assert TEXT not in "".join(traceback.format_exception(caught.value))
