"""Steps and targets in words."""

from __future__ import annotations

import pytest

from scimbridge.connectors.interface import Account, Entitlement
from scimbridge.provisioning.execute import describe
from scimbridge.provisioning.plan import (
    CreateAccount,
    DeleteAccount,
    Grant,
    Revoke,
    SetActive,
    Step,
    UpdateAccount,
)
from scimbridge.scim.attributes import group_type
from tests.provisioning.conftest import Opener

ADMIN = Entitlement("role", "admin")
JANE = Account("jane", native_id="n1")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Revoke("n1", ADMIN), "revoke role:admin from n1"),
        (Grant("n1", ADMIN), "grant role:admin to n1"),
        (Grant(None, ADMIN), "grant role:admin to the new account"),
        (SetActive("n1", active=True), "enable n1"),
        (SetActive("n1", active=False), "disable n1"),
        (DeleteAccount("n1"), "delete n1"),
        (CreateAccount(JANE, frozenset()), "find or create jane"),
        (UpdateAccount(JANE, frozenset({"b", "a"})), "update a, b of n1"),
    ],
)
def test_a_step_is_said_in_words(step: Step, words: str) -> None:
    assert describe(step) == words


@pytest.mark.parametrize(("unique", "says"), [(True, "server"), (False, "none")])
def test_the_schema_says_whether_names_of_groups_are_unique(
    open_bench: Opener, unique: bool, says: str
) -> None:
    target = open_bench(unique_group_names=unique).provider.target

    schema = target.described(group_type().schema)

    assert schema.find("displayName").uniqueness == says  # type: ignore[union-attr]
