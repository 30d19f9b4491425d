"""The first page says how each target stands, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scimbridge.clock import now_ms
from scimbridge.directory import tokens
from scimbridge.keys import derive_key
from tests.bridge.test_by_hand_grants import take_by_hand
from tests.conftest import SECRET_KEY, World
from tests.web.console.conftest import Browser, open_console

USERS = "/user-management/entities/users/v1"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    with open_console(tmp_path, deadline_s=1) as opened:
        opened.provider.observer.refresh_catalogue()
        yield opened


def text_of(world: World) -> str:
    """The overview, as an operator reads it."""
    browser = Browser(world.bridge.app.test_client())
    browser.sign_in()
    return " ".join(browser.get("/").text.split())


def test_a_target_that_was_read_and_has_nothing_to_do_is_in_order(fresh: World) -> None:
    fresh.provider.observer.observe()
    fresh.scim.create_user("ines@example.com")

    text = text_of(fresh)

    assert "In order" in text
    assert "<dt>Queue</dt> <dd> empty" in text
    assert "1 in force" in text
    assert 'class="notice' not in text


def test_a_vendor_that_was_not_read_when_it_was_due_is_said(fresh: World) -> None:
    assert "The vendor was never read." in text_of(fresh)
    fresh.provider.observer.observe()
    assert "The vendor was" not in text_of(fresh)

    fresh.clock.advance(1800)

    assert "The vendor was not read when it was due." in text_of(fresh)


def test_a_removal_that_waits_for_long_needs_the_operator(fresh: World) -> None:
    fresh.provider.observer.observe()
    user = fresh.scim.create_user("leaver@example.com", roles=[{"value": "falconhost_read_only"}])
    fresh.vendor.fault("* *", status=503, count=100)
    assert fresh.scim.set_active(user["id"], False).status_code == 429
    assert "1 change, of which 1 removal" in text_of(fresh)
    assert "Somebody keeps access" not in text_of(fresh)

    fresh.clock.advance(901)

    assert "Somebody keeps access that was to be taken away." in text_of(fresh)
    assert "Needs you" in text_of(fresh)


def test_an_addition_that_waits_for_long_is_less_urgent(fresh: World) -> None:
    fresh.provider.observer.observe()
    group = fresh.scim.create_group("SEC Falcon Readers")
    user = fresh.scim.create_user("joiner@example.com")
    fresh.vendor.fault("* *", status=503, count=100)
    assert fresh.scim.add_members(group, user["id"]).status_code == 429

    fresh.clock.advance(901)

    text = text_of(fresh)
    assert "Changes wait for longer than 15 minutes." in text
    assert "Look at this" in text


def test_accounts_that_differ_are_counted(fresh: World) -> None:
    fresh.provider.observer.observe()
    group = fresh.scim.create_group("SEC Falcon Readers")
    user = fresh.scim.create_user("drifting@example.com")
    fresh.scim.add_members(group, user["id"])
    take_by_hand(fresh, user["userName"], "falconhost_read_only")
    fresh.clock.advance(3600)
    list(fresh.provider.reconciler.run("report"))

    text = text_of(fresh)

    assert "1 account is not as the IdP asked." in text


def test_the_breaker_is_told_from_open_to_closed(fresh: World) -> None:
    fresh.provider.observer.observe()
    assert "<dt>Breaker</dt> <dd> closed" in text_of(fresh)
    fresh.vendor.fault("* *", status=503, count=6)
    for _ in range(2):
        fresh.scim("GET", '/Users?filter=userName eq "joe@example.com"')

    opened = text_of(fresh)
    fresh.clock.advance(31)

    assert "open: the vendor is called again" in opened
    assert "The vendor failed five times in a row" in opened
    assert "Look at this" in opened
    assert "half-open: the next call shows" in text_of(fresh)
    fresh.provider.target.connector.breaker.succeeded()
    assert "<dt>Breaker</dt> <dd> closed" in text_of(fresh)


def test_a_pause_that_the_vendor_asked_for_is_told(fresh: World) -> None:
    later = {"X-RateLimit-RetryAfter": str(now_ms() // 1000 + 40)}
    fresh.vendor.fault("* *", status=429, count=1, headers=later)
    fresh.scim("GET", '/Users?filter=userName eq "joe@example.com"')

    text = text_of(fresh)

    assert "held: the vendor asked for a pause that ends" in text
    assert "in a row" not in text


def test_the_end_of_the_last_token_is_announced(fresh: World) -> None:
    fresh.provider.observer.observe()
    with fresh.bridge.directory.write() as connection:
        [token] = tokens.listing(connection)
        tokens.revoke(connection, token.id, now=now_ms())
    assert "No token is in force." in text_of(fresh)

    with fresh.bridge.directory.write() as connection:
        key = derive_key(SECRET_KEY.encode(), "tokens")
        expires = now_ms() + 3 * 86_400_000 + 60_000
        tokens.issue(connection, key, target="falcon", name="t", now=now_ms(), expires=expires)

    assert "The last token expires soon." in text_of(fresh)
    assert ">in 3 days</time>" in text_of(fresh)
