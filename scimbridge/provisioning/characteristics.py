"""What a target makes of SCIM's attributes, so that ``/Schemas`` tells the truth about it.

This is what clients are told. Requests are judged by the schemas as they stand and by the policy,
which knows more than a characteristic can say: that a login in other letters is the same login, and
what an administrator can do about a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scimbridge.config import TargetConfig
from scimbridge.connectors.interface import Capabilities
from scimbridge.scim import urns
from scimbridge.scim.attributes import Schema


@dataclass(frozen=True, slots=True)
class Rule:
    """What is said of an attribute where ``applies``."""

    schema: str
    attribute: str
    applies: Callable[[Capabilities, TargetConfig], bool]
    note: str
    """Added to the description."""
    characteristics: Mapping[str, Any] = field(default_factory=dict)
    """Those of RFC 7643 section 7 that differ."""


RULES: Final = (
    Rule(
        urns.USER,
        "userName",
        lambda vendor, config: not vendor.can_rename_accounts and config.rename == "refuse",
        "It cannot change: the vendor's logins are immutable.",
        {"mutability": "immutable"},
    ),
    Rule(
        urns.USER,
        "userName",
        lambda vendor, config: not vendor.can_rename_accounts and config.rename == "recreate",
        "The vendor's logins are immutable: a new value has the account created again.",
    ),
    Rule(
        urns.USER,
        "userName",
        lambda vendor, _config: not vendor.can_create_accounts,
        "Only a login that already exists at the vendor can be provisioned.",
    ),
    Rule(
        urns.USER,
        "password",
        lambda vendor, _config: not vendor.takes_passwords,
        "It is accepted and dropped: neither stored nor sent to the vendor.",
    ),
    Rule(
        urns.USER,
        "password",
        lambda vendor, _config: vendor.takes_passwords,
        "It is sent to the vendor and not stored.",
    ),
    Rule(
        urns.USER,
        "active",
        lambda vendor, config: config.deactivate == "delete" and vendor.can_delete_accounts,
        "False deletes the account at the vendor; true has it created again.",
    ),
    Rule(
        urns.USER,
        "active",
        lambda vendor, config: config.deactivate == "revoke" and not vendor.can_disable_accounts,
        "The vendor cannot disable an account: false takes its access away, true gives it back.",
    ),
    Rule(
        urns.USER,
        "roles",
        lambda vendor, _config: "role" in vendor.single_valued_kinds,
        "The vendor gives an account one role: of several the strongest by the bridge's ranking.",
    ),
    Rule(
        urns.GROUP,
        "displayName",
        lambda _vendor, config: config.unmapped_groups == "reject",
        "Only names that the bridge's configuration maps are accepted.",
    ),
    Rule(
        urns.GROUP,
        "displayName",
        lambda _vendor, config: config.unique_group_names,
        "No two groups have the same.",
        {"uniqueness": "server"},
    ),
)


def described(schema: Schema, vendor: Capabilities, config: TargetConfig) -> Schema:
    """``schema`` with what the rules say of this target."""
    for rule in RULES:
        if rule.schema == schema.id and rule.applies(vendor, config):
            descriptions = {each.name: each.description for each in schema.attributes}
            description = f"{descriptions[rule.attribute]} {rule.note}"
            changes = {"description": description, **rule.characteristics}
            schema = schema.with_characteristics({rule.attribute: changes})
    return schema
