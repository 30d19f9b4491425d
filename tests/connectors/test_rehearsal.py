"""A rehearsal writes down what it is told, and keeps it from the vendor."""

from __future__ import annotations

from unittest.mock import create_autospec

import pytest

from scimbridge.connectors.interface import (
    Account,
    Assignment,
    Connector,
    Entitlement,
    ManagedEntitlement,
)
from scimbridge.connectors.rehearsal import Rehearsal

READER = Entitlement("role", "reader")
TEAM = ManagedEntitlement("SOC", {})


@pytest.fixture
def real() -> Connector:
    """A connector that must not be told anything."""
    connector: Connector = create_autospec(Connector, instance=True)
    return connector


def acts(real: Connector) -> set[str]:
    """What the vendor was told by way of the real connector."""
    told = {call[0] for call in real.method_calls}  # type: ignore[attr-defined]
    return {name for name in told if not name.startswith(("read", "find", "grants", "entitlement"))}


def test_every_act_is_told_in_words(real: Connector) -> None:
    rehearsal = Rehearsal(real)

    made = rehearsal.create_account(Account("jane@example.com"), frozenset({READER})).native_id
    rehearsal.update_account(Account("joe@example.com", native_id="7"), frozenset({"email"}))
    rehearsal.set_active("7", active=False)
    rehearsal.set_active("7", active=True)
    rehearsal.grant([Assignment(made, READER)])
    rehearsal.revoke([Assignment("7", READER)])
    rehearsal.delete_account("7")
    team = rehearsal.create_entitlement("user-group", TEAM)
    rehearsal.update_entitlement(Entitlement("user-group", "9"), [TEAM], TEAM)
    rehearsal.delete_entitlement(Entitlement("user-group", "9"))

    assert team.kind == "user-group"
    assert rehearsal.told == [
        "create the account jane@example.com",
        "update email of account 7",
        "disable account 7",
        "enable account 7",
        "grant role:reader to the new jane@example.com",
        "revoke role:reader from account 7",
        "delete account 7",
        "create the user-group SOC",
        "update user-group:9, called SOC",
        "delete user-group:9",
    ]
    assert acts(real) == set()


def test_an_account_that_it_made_up_is_there_and_holds_nothing(real: Connector) -> None:
    rehearsal = Rehearsal(real)
    jane = Account("jane@example.com")

    made = rehearsal.create_account(jane, frozenset()).native_id

    assert rehearsal.read_account(made) == jane
    assert rehearsal.grants(made) == frozenset()


def test_a_record_is_shown_as_it_would_be(real: Connector) -> None:
    rehearsal = Rehearsal(real)

    made = rehearsal.create_record("Policy", {"name": "Default"})
    rehearsal.update_record("Policy", {"id": "1", "name": "A"}, {"id": "1", "name": "B"})
    rehearsal.delete_record("Policy", "2")

    assert rehearsal.read_record("Policy", made) == {"id": made, "name": "Default"}
    assert rehearsal.read_record("Policy", "1") == {"id": "1", "name": "B"}
    assert rehearsal.read_record("Policy", "2") is None
    assert rehearsal.told == [
        "create the Policy Default",
        "update name of the Policy A",
        "delete the Policy 2",
    ]
    assert acts(real) == set()


@pytest.mark.parametrize(
    ("question", "arguments"),
    [
        ("find_out", ()),
        ("check", ()),
        ("accounts", (None,)),
        ("find_account", ("jane@example.com",)),
        ("read_account", ("7",)),
        ("entitlements", ()),
        ("grants", ("7",)),
        ("find_entitlement", ("user-group", "SOC")),
        ("entitlement_attributes", ([READER],)),
        ("passed_on", ({},)),
    ],
)
def test_questions_go_to_the_vendor(
    real: Connector, question: str, arguments: tuple[object, ...]
) -> None:
    getattr(Rehearsal(real), question)(*arguments)

    getattr(real, question).assert_called_once_with(*arguments)


def test_questions_for_records_do_too(real: Connector) -> None:
    rehearsal = Rehearsal(real)

    rehearsal.read_record("Policy", "1")
    rehearsal.records("Policy")
    rehearsal.record_page("Policy", create_autospec(object))

    assert {call[0] for call in real.method_calls} == {  # type: ignore[attr-defined]
        "read_record",
        "records",
        "record_page",
    }
