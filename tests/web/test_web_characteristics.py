"""/Schemas and /ServiceProviderConfig say what the vendor and the policy make of an attribute."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scimbridge.config import TargetConfig
from scimbridge.connectors.falcon.connector import CAPABILITIES
from scimbridge.connectors.interface import Capabilities
from scimbridge.provisioning.characteristics import RULES, described
from scimbridge.scim.attributes import Attribute, load_schema
from tests.conftest import CORE_USER, World, open_world

VENDOR = Capabilities(
    account_attributes=frozenset(),
    entitlement_kinds=("role",),
    can_rename_accounts=True,
    can_disable_accounts=True,
    takes_passwords=True,
)
CONFIG = TargetConfig(name="t", type="falcon", vendor=None, unique_group_names=False)
PLAIN = {"user": load_schema("user"), "group": load_schema("group")}


def shown(name: str, *, vendor: dict[str, Any] | None = None, **policy: Any) -> Attribute:
    """An attribute (``user.userName``) as a target that differs so from a plain one shows it."""
    schema, _, attribute = name.partition(".")
    capable = replace(VENDOR, **vendor or {})
    found = described(PLAIN[schema], capable, replace(CONFIG, **policy)).find(attribute)
    assert found is not None
    return found


NO_RENAMES = {"can_rename_accounts": False}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("user.userName", NO_RENAMES, {"rename": "refuse"}, "It cannot change"),
    ("user.userName", NO_RENAMES, {"rename": "recreate"}, "has the account created again"),
    ("user.userName", {"can_create_accounts": False}, {}, "already exists at the vendor"),
    ("user.password", {"takes_passwords": False}, {}, "accepted and dropped"),
    ("user.password", {}, {}, "sent to the vendor and not stored"),
    ("user.active", {}, {"deactivate": "delete"}, "False deletes the account"),
    ("user.active", {"can_disable_accounts": False}, {}, "takes its access away"),
    ("user.roles", {"single_valued_kinds": frozenset({"role"})}, {}, "one role"),
    ("group.displayName", {}, {"unmapped_groups": "reject"}, "configuration maps"),
    ("group.displayName", {}, {"unique_group_names": True}, "No two groups"),
]


@pytest.mark.parametrize(("name", "vendor", "policy", "words"), CASES)
def test_each_rule_is_told_in_the_description_where_it_applies(
    name: str, vendor: dict[str, Any], policy: dict[str, Any], words: str
) -> None:
    schema, _, attribute = name.partition(".")
    plain = PLAIN[schema].find(attribute)
    assert plain is not None

    description = shown(name, vendor=vendor, **policy).description

    assert description.startswith(plain.description)
    assert words in description


def test_no_rule_is_without_a_case() -> None:
    notes = [rule.note for rule in RULES]

    assert all(any(words in note for _, _, _, words in CASES) for note in notes)
    assert len(CASES) == len(RULES)


@pytest.mark.parametrize(
    "name", ["user.userName", "user.active", "user.roles", "group.displayName"]
)
def test_what_no_rule_is_about_is_as_the_standard_has_it(name: str) -> None:
    schema, _, attribute = name.partition(".")

    assert shown(name) == PLAIN[schema].find(attribute)


def test_a_login_is_immutable_only_where_a_rename_is_refused() -> None:
    assert shown("user.userName", vendor=NO_RENAMES, rename="refuse").mutability == "immutable"
    assert shown("user.userName", vendor=NO_RENAMES, rename="recreate").mutability == "readWrite"
    assert shown("user.userName", rename="refuse").mutability == "readWrite"


def test_a_vendor_that_cannot_delete_is_not_said_to() -> None:
    kept = shown("user.active", vendor={"can_delete_accounts": False}, deactivate="delete")

    assert "deletes" not in kept.description


def test_group_names_are_unique_where_the_policy_says_so() -> None:
    assert shown("group.displayName", unique_group_names=True).uniqueness == "server"
    assert shown("group.displayName").uniqueness == "none"


def user_name(world: World) -> dict[str, Any]:
    schema = world.scim("GET", f"/Schemas/{CORE_USER}").json()
    found: dict[str, Any] = {each["name"]: each for each in schema["attributes"]}
    return found["userName"] | {"password": found["password"]["description"]}


def test_falcon_shows_an_immutable_login_and_refuses_another_one(tmp_path: Path) -> None:
    assert not CAPABILITIES.takes_passwords
    with open_world(tmp_path, rename="refuse") as world:
        user = world.scim.create_user("jane@example.com")["id"]
        shown = user_name(world)
        config = world.scim("GET", "/ServiceProviderConfig").json()
        document = world.scim("GET", "/openapi.json").json()

        renamed = world.scim.patch(
            f"/Users/{user}", {"op": "replace", "path": "userName", "value": "j@example.com"}
        )
        respelled = world.scim.patch(
            f"/Users/{user}", {"op": "replace", "path": "userName", "value": "Jane@Example.com"}
        )

    assert shown["mutability"] == "immutable"
    assert "accepted and dropped" in shown["password"]
    assert config["changePassword"] == {"supported": False}
    assert "cannot change" in str(
        document["components"]["schemas"]["User"]["properties"]["userName"]
    )
    assert (renamed.status_code, renamed.json()["scimType"]) == (400, "mutability")
    assert 'rename = "recreate"' in renamed.json()["detail"]
    assert respelled.status_code == 200


def test_falcon_shows_a_login_that_can_change_where_it_can(shared: World) -> None:
    assert user_name(shared)["mutability"] == "readWrite"
