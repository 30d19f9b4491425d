"""Finding users by login, although the console can neither search nor filter."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from insightvm_console import MARA, Console

from scimbridge.config import Secret
from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.insightvm.users import FRESH_S, Users
from scimbridge.connectors.interface import Account
from scimbridge.errors import (
    VendorDenied,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

NEWCOMER = Account(user_name="new.hire", display_name="New Hire")


def test_a_login_among_20_000_takes_40_calls_and_one_from_then_on() -> None:
    console = Console()
    for number in range(20_000 - len(console.user_names())):
        console.simulator.state.add_account({"user_name": f"user{number}"})
    connector = console.connector()

    found = connector.find_account("USER19000")
    first = len(console.asked())
    console.forget()
    again = connector.find_account("user19000")
    later = len(console.asked())
    console.forget()
    other = connector.find_account("user7")

    assert first <= 40
    assert later <= 1
    assert found is not None
    assert again == found
    assert other is not None
    assert len(console.asked()) <= 1
    assert connector.find_account("nobody") is None
    assert len(console.asked()) <= 1


def test_a_login_that_nobody_has_is_asked_for_once_within_a_minute() -> None:
    console = Console()
    connector = console.connector()

    for _ in range(3):
        assert connector.find_account("new.hire") is None

    assert console.asked() == ["GET /api/3/users"]


def test_after_a_minute_the_list_is_read_again() -> None:
    console = Console()
    connector = console.connector()
    assert connector.find_account("new.hire") is None
    console.simulator.state.add_account({"user_name": "new.hire"})

    console.clock.advance(FRESH_S)

    assert connector.find_account("new.hire") is not None


def test_a_login_that_is_there_takes_one_call_however_long_ago_it_was_read() -> None:
    console = Console()
    connector = console.connector()
    list(connector.accounts())
    console.clock.advance(10 * FRESH_S)
    console.forget()

    assert connector.find_account("mara.lind") is not None
    assert console.asked() == ["GET /api/3/users/3"]


def test_what_the_bridge_creates_is_found_without_reading_the_list_again() -> None:
    console = Console()
    connector = console.connector()
    assert connector.find_account("new.hire") is None
    made = connector.create_account(NEWCOMER, frozenset())
    console.forget()

    found = connector.find_account("new.hire")

    assert found is not None
    assert found.native_id == made.native_id
    assert console.asked() == [f"GET /api/3/users/{made.native_id}"]


def test_what_the_bridge_deletes_is_not_found() -> None:
    console = Console()
    connector = console.connector()
    assert connector.find_account("mara.lind") is not None
    connector.delete_account(MARA)
    console.forget()

    assert connector.find_account("mara.lind") is None
    assert console.asked() == []


def test_a_hit_is_checked_against_the_user_as_it_is() -> None:
    console = Console()
    connector, other = console.connector(), console.connector()
    assert connector.find_account("mara.lind") is not None
    other.delete_account(MARA)
    other.create_account(Account(user_name="mara.lind", display_name="Another"), frozenset())

    found = connector.find_account("mara.lind")

    assert found is not None
    assert found.display_name == "Another"


def test_listing_all_accounts_serves_the_searches_that_follow() -> None:
    console = Console()
    connector = console.connector()
    accounts = list(connector.accounts())
    console.forget()

    assert len(accounts) == 7
    assert connector.find_account("nobody") is None
    assert console.asked() == []


def test_logins_that_differ_in_case_alone_are_told_apart() -> None:
    console = Console(login_case_sensitive=True)
    console.simulator.state.add_account({"user_name": "MARA.LIND"})
    connector = console.connector()

    exact = [connector.find_account(each) for each in ("mara.lind", "MARA.LIND") * 2]

    assert [each.user_name for each in exact if each] == ["mara.lind", "MARA.LIND"] * 2
    with pytest.raises(VendorRejected, match=r"MARA\.LIND, mara\.lind"):
        connector.find_account("Mara.Lind")


# --- a service account without the privilege sees nothing, not even that -------------------------


def unprivileged() -> Console:
    """A console whose users are hidden from the bridge, as from any lesser account."""
    console = Console()
    console.fails(status=404, count=1000)
    return console


def test_the_check_says_that_the_account_is_not_privileged() -> None:
    with pytest.raises(VendorDenied, match="Global Administrator"):
        unprivileged().connector().check()


def test_a_user_that_cannot_be_seen_is_not_taken_for_gone() -> None:
    connector = unprivileged().connector()

    for call in (connector.read_account, connector.grants, connector.delete_account):
        with pytest.raises(VendorDenied, match="Global Administrator"):
            call(MARA)
    with pytest.raises(VendorDenied, match="Global Administrator"):
        connector.find_account("mara.lind")


def test_a_real_lesser_account_is_told_the_same() -> None:
    console = Console()
    password = "Lesser-Account-1"
    lesser = Account(user_name="lesser", secrets={"password": password})
    console.connector().create_account(lesser, frozenset())
    connector = console.connector(username="lesser", password=Secret(password))

    with pytest.raises(VendorDenied, match="Global Administrator"):
        connector.check()
    with pytest.raises(VendorDenied, match="Global Administrator"):
        connector.read_account(MARA)


# --- the index itself ------------------------------------------------------------------------


class SlowClient:
    """Gives its pages only when a test says so."""

    def __init__(self, *rows: Mapping[str, Any]) -> None:
        self.rows = list(rows)
        self.scans = 0
        self.reading = threading.Event()
        self.go_on = threading.Event()

    def pages(self, _route: str) -> Any:
        self.scans += 1
        yield from list(self.rows)
        self.reading.set()
        assert self.go_on.wait(5)

    def call(self, _method: str, _route: str, *, at: Mapping[str, str]) -> Mapping[str, Any]:
        return next(row for row in self.rows if str(row["id"]) == at["id"])


@pytest.fixture
def slow() -> SlowClient:
    return SlowClient({"id": 1, "login": "Ada"})


@pytest.fixture
def users(slow: SlowClient) -> Users:
    return Users(slow, "console", lambda: 0.0)  # type: ignore[arg-type]


def in_background(call: Any) -> threading.Thread:
    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_what_is_created_during_a_reading_is_in_the_index_afterwards(
    slow: SlowClient, users: Users
) -> None:
    reading = in_background(lambda: users.called("ada"))
    slow.reading.wait(5)
    slow.rows.append({"id": 2, "login": "Bob"})
    users.add("Bob", "2")
    slow.go_on.set()
    reading.join()

    assert users.called("bob") == {"id": 2, "login": "Bob"}
    assert slow.scans == 1


def test_a_reading_that_was_begun_before_does_not_outlive_a_request_to_forget(
    slow: SlowClient, users: Users
) -> None:
    reading = in_background(lambda: users.called("ada"))
    slow.reading.wait(5)
    users.forget()
    slow.rows.append({"id": 2, "login": "Bob"})
    slow.go_on.set()
    reading.join()

    assert users.called("bob") == {"id": 2, "login": "Bob"}


def test_searches_at_the_same_time_share_one_reading(slow: SlowClient, users: Users) -> None:
    threads = [in_background(lambda: users.called("ada")) for _ in range(4)]
    slow.reading.wait(5)
    slow.go_on.set()
    for thread in threads:
        thread.join()

    assert slow.scans == 1


def test_nobody_waits_for_a_reading_beyond_the_deadline(slow: SlowClient, users: Users) -> None:
    reading = in_background(lambda: users.called("ada"))
    slow.reading.wait(5)

    with deadline(0.01), pytest.raises(VendorUnavailable, match="no time was left"):
        users.called("ada")

    slow.go_on.set()
    reading.join()


def test_a_reading_that_breaks_off_leaves_no_index(slow: SlowClient, users: Users) -> None:
    next(iter(users.all()))
    slow.go_on.set()

    users.called("ada")

    assert slow.scans == 2


def test_an_unknown_id_is_not_found() -> None:
    connector = Console().connector()

    assert connector.read_account("4711") is None
    with pytest.raises(VendorNotFound):
        connector.grants("4711")
