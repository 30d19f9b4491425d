"""Bearer tokens: who holds one may call, while it is in force."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from scimbridge.directory import tokens
from scimbridge.directory.engine import Directory
from scimbridge.directory.schema import tokens as table
from scimbridge.directory.tokens import Token

KEY = b"a key"
NOW = 1_000_000


def issue(
    directory: Directory,
    *,
    target: str = "t",
    name: str = "okta",
    now: int = NOW,
    expires: int | None = None,
    read_only: bool = False,
) -> str:
    with directory.write() as connection:
        return tokens.issue(
            connection,
            KEY,
            target=target,
            name=name,
            now=now,
            expires=expires,
            read_only=read_only,
        )


def verify(
    directory: Directory, presented: str, *, now: int = NOW, key: bytes = KEY
) -> Token | None:
    with directory.read() as connection:
        return tokens.verify(connection, key, presented, now=now)


def revoke(directory: Directory, presented: str) -> bool:
    with directory.write() as connection:
        return tokens.revoke(connection, presented.split("_")[1], now=NOW)


def test_an_issued_token_is_known_with_its_target_and_name(directory: Directory) -> None:
    token = verify(directory, issue(directory))

    assert token is not None
    assert (token.target, token.name, token.read_only) == ("t", "okta", 0)


def test_a_read_only_token_says_so(directory: Directory) -> None:
    token = verify(directory, issue(directory, read_only=True))

    assert token is not None
    assert token.read_only == 1


def test_the_secret_is_not_stored(directory: Directory) -> None:
    secret = issue(directory).split("_", 2)[2]

    with directory.read() as connection:
        (row,) = connection.execute(select(table)).all()

    assert secret not in str(tuple(row))


def test_a_token_ends_with_the_moment_at_which_it_expires(directory: Directory) -> None:
    token = issue(directory, expires=NOW + 1)

    assert verify(directory, token) is not None
    assert verify(directory, token, now=NOW + 1) is None


def test_a_revoked_token_is_not_known_and_cannot_be_revoked_again(directory: Directory) -> None:
    token = issue(directory)

    assert revoke(directory, token)
    assert verify(directory, token) is None
    assert not revoke(directory, token)


def test_revoking_one_token_leaves_the_others_in_force(directory: Directory) -> None:
    old, new = issue(directory), issue(directory)

    revoke(directory, old)

    assert verify(directory, new) is not None


def test_another_key_knows_no_token(directory: Directory) -> None:
    assert verify(directory, issue(directory), key=b"another key") is None


def test_the_id_of_one_token_with_the_secret_of_another_is_none(directory: Directory) -> None:
    one, other = issue(directory), issue(directory)
    mixed = "_".join([*one.split("_", 2)[:2], other.split("_", 2)[2]])

    assert verify(directory, mixed) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "x",
        lambda token: token + "\n",
        lambda token: token.upper(),
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token[:-1] + "\u00e9",
        lambda token: "scb_\u0660" + token[5:],
        lambda token: "scb_000000000000_" + token.split("_", 2)[2],
    ],
    ids=["nothing", "short", "long", "newline", "upper", "wrong", "accent", "digit", "unknown"],
)
def test_what_only_looks_like_a_token_is_none(directory: Directory, change: object) -> None:
    token = issue(directory)
    assert callable(change)

    assert verify(directory, change(token)) is None


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text())
@example("scb_é_\ud800")
def test_any_text_can_be_presented(directory: Directory, presented: str) -> None:
    assert verify(directory, presented) is None


def test_tokens_are_listed_oldest_first_of_one_target_or_of_all(directory: Directory) -> None:
    for name, target, now in (("b", "t", 2), ("a", "t", 1), ("c", "u", 3)):
        issue(directory, name=name, target=target, now=now)

    with directory.read() as connection:
        assert [token.name for token in tokens.listing(connection)] == ["a", "b", "c"]
        assert [token.name for token in tokens.listing(connection, "t")] == ["a", "b"]
