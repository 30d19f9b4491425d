"""Passwords for accounts that are created without one: known to nobody, replaced at first login."""

from __future__ import annotations

import secrets
import string

LENGTH = 20
"""Within the 8 to 24 characters that the console's guide shows as a policy."""

_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#%+-=?@_")


def generated_password() -> str:
    """A random password with characters of every class that a console's policy can demand."""
    characters = [secrets.choice(each) for each in _CLASSES]
    characters += [secrets.choice("".join(_CLASSES)) for _ in range(LENGTH - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
