"""The rules that a written user must satisfy: authentication, password, flags of the role."""

from __future__ import annotations

from typing import Any

import pytest
from simulated_console import IRENE, MARA, TOMAS, Console, message

from scimbridge.connectors.insightvm.simulator.seed import CUSTOM_ROLE, PERSON_PASSWORD

ADMIN = {"id": "global-admin", "allSites": True, "allAssetGroups": True, "superuser": True}


@pytest.mark.parametrize("authentication", [{"type": "saml"}, {"type": "saml", "id": 4}])
def test_an_external_user_needs_no_password(authentication: dict[str, Any]) -> None:
    console = Console()

    assert console.create(authentication=authentication, password=None).ok
    assert console.get("/users/8")["authentication"]["id"] == 4


def test_an_external_user_has_none_of_the_consoles_passwords() -> None:
    console = Console()

    console.create(authentication={"type": "ldap"}, passwordResetOnLogin=True)

    assert console.simulator.state.users[8].password is None
    assert not console.simulator.state.users[8].reset_on_login


def test_the_password_of_an_external_user_is_not_the_consoles_to_change() -> None:
    console = Console()

    console.replace(TOMAS, password="Something-New-1")

    assert console.simulator.state.users[TOMAS].password == PERSON_PASSWORD


def test_a_user_who_becomes_local_needs_a_password() -> None:
    console = Console()

    assert console.replace(TOMAS, authentication={"type": "normal"}).status_code == 400
    assert console.replace(TOMAS, authentication={"type": "normal"}, password="Good-Enough-1").ok
    assert console.simulator.state.users[TOMAS].password == "Good-Enough-1"


def test_a_user_who_becomes_external_loses_the_password() -> None:
    console = Console()

    console.replace(MARA, authentication={"type": "saml"})

    assert console.simulator.state.users[MARA].password is None


def test_a_new_local_user_needs_a_password() -> None:
    assert message(Console().create(password=None)) == "password is required for a local user."


@pytest.mark.parametrize(("strict", "status"), [(False, 200), (True, 400)])
def test_whether_a_replacement_needs_a_password_is_a_switch(strict: bool, status: int) -> None:
    console = Console(put_requires_password=strict)

    assert console.replace(MARA).status_code == status
    assert console.replace(MARA, password="Good-Enough-1").ok
    assert console.replace(IRENE).ok


@pytest.mark.parametrize(
    ("rule", "role", "status"),
    [
        ("reject", {"id": CUSTOM_ROLE}, 400),
        ("reject", {"id": CUSTOM_ROLE, "allSites": True}, 201),
        ("reject", {"id": "user", "superuser": True}, 400),
        ("reject", {"id": "Groups"}, 400),
        ("reject", {"id": "Groups", "allAssetGroups": True}, 201),
        ("accept", {"id": CUSTOM_ROLE}, 201),
        ("accept", {"id": "Groups"}, 201),
        ("accept", {"id": "user", "superuser": True}, 201),
    ],
)
def test_flags_must_fit_the_role(rule: str, role: dict[str, Any], status: int) -> None:
    console = Console(forced_flags=rule)
    privileges = ["manage-dynamic-asset-groups"]
    groups = {"name": "Groups", "description": "Groups", "privileges": privileges}
    console.call("PUT", "/roles/Groups", groups)

    assert console.create(role=role).status_code == status


@pytest.mark.parametrize("missing", ["allSites", "allAssetGroups", "superuser"])
def test_an_administrator_has_every_flag(missing: str) -> None:
    role = {name: value for name, value in ADMIN.items() if name != missing}

    assert Console().create(role=ADMIN, authentication={"type": "admin"}).ok
    assert Console().create(role=role, authentication={"type": "admin"}).status_code == 400


@pytest.mark.parametrize(("rule", "status"), [("reject", 400), ("accept", 201)])
@pytest.mark.parametrize(
    ("role", "source"), [(ADMIN, "normal"), ({"id": "user"}, "admin")], ids=["admin", "user"]
)
def test_local_administrators_and_nobody_else_are_of_type_admin(
    rule: str, status: int, role: dict[str, Any], source: str
) -> None:
    console = Console(local_source_rule=rule)

    answer = console.create(role=role, authentication={"type": source})

    assert answer.status_code == status


def test_an_external_user_may_be_an_administrator() -> None:
    assert Console().create(role=ADMIN, authentication={"type": "saml"}).ok


def test_promotion_takes_the_role_and_the_authentication_at_once() -> None:
    console = Console()

    assert console.replace(MARA, role=ADMIN).status_code == 400
    assert console.replace(MARA, role=ADMIN, authentication={"type": "admin"}).ok
    assert console.call("GET", "/users", auth=("mara.lind", PERSON_PASSWORD)).ok


@pytest.mark.parametrize(("rule", "status"), [("reject", 400), ("accept", 201)])
def test_a_site_owner_has_no_asset_groups(rule: str, status: int) -> None:
    role = {"id": "site-admin", "allAssetGroups": True}

    assert Console(site_owner_asset_groups=rule).create(role=role).status_code == status


@pytest.mark.parametrize(("strict", "status"), [(False, 201), (True, 400)])
def test_whether_an_address_must_look_like_one_is_a_switch(strict: bool, status: int) -> None:
    console = Console(email_must_be_address=strict)

    assert console.create(email="nonsense").status_code == status
    assert console.create(login="other", email=None).ok
