"""One role for many users: one list of its holders proves what a reading of each would."""

from __future__ import annotations

import pytest
from insightvm_console import Console, gives

from scimbridge.connectors.insightvm.connector import InsightVMConnector
from scimbridge.connectors.interface import Assignment
from scimbridge.errors import PartialFailure, VendorError, VendorUnavailable

MANAGER = "security-manager"
USER = "/api/3/users/{id}"
HOLDERS = "/api/3/roles/{id}/users"
TOGETHER = ["GET /api/3/roles", f"GET /api/3/roles/{MANAGER}/users", "GET /api/3/roles"]


def crowd(console: Console, **account: object) -> list[str]:
    """Twelve users, of whom the first has access to a site and an asset group by hand."""
    add = console.simulator.state.add_account
    hands = [{"sites": [1], "asset_groups": [2]}] + [{}] * 11
    users = [
        add({"user_name": f"u{number}", "authentication": "ldap", **by_hand, **account})
        for number, by_hand in enumerate(hands)
    ]
    return [str(each["native_id"]) for each in users]


def role_for(users: list[str], role: str = MANAGER) -> list[Assignment]:
    return [each for user in users for each in gives(user, f"role:{role}")]


def failures(connector: InsightVMConnector, wanted: list[Assignment]) -> dict[str, VendorError]:
    with pytest.raises(PartialFailure) as caught:
        connector.grant(wanted)
    return {each.account_id: error for each, error in caught.value.failures.items()}


@pytest.mark.parametrize(("by_hand", "each"), [(True, 4), (False, 2)])
def test_many_new_members_of_a_role_are_proven_by_three_calls_for_all_of_them(
    by_hand: bool, each: int
) -> None:
    console = Console()
    users = crowd(console)[1:]

    console.connector(access_by_hand=by_hand).grant(role_for(users))

    assert all(console.held(user) == {f"role:{MANAGER}"} for user in users)
    asked = console.asked()
    assert len(asked) == each * len(users) + len(TOGETHER)
    assert sorted(call for call in asked if "/roles" in call) == sorted(TOGETHER)


def test_what_one_of_many_was_given_by_hand_is_kept() -> None:
    console = Console()
    first, *_ = users = crowd(console)

    console.connector().grant(role_for(users))

    assert console.held(first) == {f"role:{MANAGER}", "site:1", "asset-group:2"}


def test_who_is_in_the_role_already_is_read_and_no_more() -> None:
    console = Console()
    users = crowd(console, role=MANAGER)

    console.connector().grant(role_for(users))

    assert console.writes() == []
    assert len(console.asked()) == len(users) + 1


def test_whom_the_list_does_not_show_is_replaced_once_more() -> None:
    console = Console()
    users = crowd(console)
    console.fails(method="PUT", route=USER, status=200, body={})

    console.connector().grant(role_for(users))

    assert all(f"role:{MANAGER}" in console.held(user) for user in users)


def test_who_never_shows_in_the_role_fails_and_nobody_else_does() -> None:
    console = Console()
    users = crowd(console)
    console.connector().grant(role_for(users[:-1]))
    console.fails(method="PUT", route=USER, status=200, body={}, count=2)

    found = failures(console.connector(), role_for(users))

    assert list(found) == users[-1:]
    assert isinstance(found[users[-1]], VendorUnavailable)


def test_without_the_list_each_user_is_read_again() -> None:
    console = Console()
    users = crowd(console)[1:]
    console.fails(method="GET", route=HOLDERS, status=500, count=3)

    console.connector().grant(role_for(users))

    assert all(console.held(user) == {f"role:{MANAGER}"} for user in users)
    proofs = [call for call in console.asked() if call == f"GET /api/3/users/{users[0]}"]
    assert len(proofs) == 2


def test_a_role_that_changes_more_than_itself_is_proven_user_by_user() -> None:
    console = Console()
    users = crowd(console)[1:]

    console.connector(access_by_hand=False).grant(role_for(users, "global-admin"))

    assert all(console.account(user)["all_sites"] for user in users)
    assert console.asked().count(f"GET /api/3/users/{users[0]}") == 2
    assert not any("/roles/global-admin/users" in call for call in console.asked())


def test_who_loses_access_to_all_with_the_former_role_is_read_again() -> None:
    console = Console()
    users = crowd(console, role="global-admin")[1:]

    console.connector(access_by_hand=False).grant(role_for(users))

    assert not any(console.account(user)["all_sites"] for user in users)
    assert console.asked()[-1].startswith("GET /api/3/users/")


def test_what_the_role_forces_since_it_was_read_is_seen_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = Console(forced_flags="accept")
    users = crowd(console)[1:]
    connector = console.connector(roles={"Ops": ("create-reports",)})
    connector.prepare()
    holders = connector.catalogue.holders_of_role
    raised = console.connector(roles={"Ops": ("create-reports", "manage-sites")})

    def meanwhile(role_id: str) -> tuple[str, ...]:
        raised.prepare()
        connector.catalogue.roles()
        return holders(role_id)

    monkeypatch.setattr(connector.catalogue, "holders_of_role", meanwhile)
    connector.grant(role_for(users, "Ops"))

    assert all(console.account(user)["all_sites"] for user in users)


def test_one_refusal_among_many_is_told_of_its_own_user() -> None:
    console = Console()
    users = crowd(console)
    console.fails(method="PUT", route=USER, status=400)

    found = failures(console.connector(), role_for(users))

    assert len(found) == 1
    assert sum(f"role:{MANAGER}" in console.held(user) for user in users) == len(users) - 1


def test_a_role_that_is_not_there_is_told_of_every_user() -> None:
    console = Console()
    users = crowd(console)

    found = failures(console.connector(), role_for(users, "nobody-has-it"))

    assert set(found) == set(users)


def test_nothing_is_changed_while_the_roles_cannot_be_read() -> None:
    console = Console()
    users = crowd(console)
    console.fails(method="GET", route="/api/3/roles", status=500, count=3)

    found = failures(console.connector(), role_for(users))

    assert set(found) == set(users)
    assert console.writes() == []
