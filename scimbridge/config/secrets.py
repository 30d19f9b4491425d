"""Secrets: named in the configuration by reference, held so that they do not leak by accident."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Secret:
    """A text that no log, error message, pickle or copy shows; `reveal` alone gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value.strip():
            raise ValueError("is empty")
        self._value = value

    def reveal(self) -> str:
        """The text itself. Call it where it is sent, and keep no copy."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        """Compare in a time that does not tell how much of the two is equal."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")


def resolve_secret(reference: str, *, relative_to: Path, environ: Mapping[str, str]) -> Secret:
    """The secret that ``reference`` names: ``env:NAME``, or ``file:PATH`` less a final line end.

    A relative path counts from ``relative_to``. Raises `ValueError` with the reason and the remedy,
    and without the text: a literal may well be the secret itself.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env" and _ENVIRONMENT_NAME.fullmatch(name):
        return _from_environment(name, environ)
    if scheme == "file" and name:
        return _from_file(relative_to / Path(name).expanduser())
    raise ValueError(
        "a secret is never written in this file; move it to an environment variable or a file, "
        'and write "env:NAME" or "file:/path"'
    )


def _from_environment(name: str, environ: Mapping[str, str]) -> Secret:
    value = environ.get(name)
    if value is None:
        raise ValueError(f"the environment variable {name} is not set; export it to the bridge")
    try:
        # Bytes that are not UTF-8 reach Python as lone surrogates, which no request can carry.
        value.encode()
        return Secret(value)
    except UnicodeEncodeError:
        raise ValueError(f"the environment variable {name} is not UTF-8 text") from None
    except ValueError:
        raise ValueError(f"the environment variable {name} is empty; set its value") from None


def _from_file(path: Path) -> Secret:
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise ValueError(
            f"the file {path} cannot be read ({error.strerror}); create it, readable by the "
            "bridge's user alone"
        ) from error
    except UnicodeDecodeError:  # which holds the bytes, and so must not be chained
        raise ValueError(f"the file {path} is not UTF-8 text") from None
    try:
        return Secret(text.removesuffix("\n").removesuffix("\r"))
    except ValueError:
        raise ValueError(f"the file {path} is empty; write the secret into it") from None
