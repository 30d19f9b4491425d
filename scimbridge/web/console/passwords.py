"""The passwords of operators, of which only a hash is configured."""

from __future__ import annotations

from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

SHORTEST = 12
"""Characters: what an attacker who is slowed down does not guess."""


def hashed(password: str) -> str:
    """The scrypt hash to configure. Raises `ValueError` if the password is too short."""
    if len(password) < SHORTEST:
        raise ValueError(f"the password is shorter than {SHORTEST} characters")
    return generate_password_hash(password, method="scrypt")


def matches(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is the one; without a hash never, and after the same time."""
    right = check_password_hash(password_hash or _of_nobody(), password)
    return right and password_hash is not None


@cache
def _of_nobody() -> str:
    return generate_password_hash("", method="scrypt")
