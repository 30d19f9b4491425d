"""A target: one tenant of one vendor, with everything that serving it needs."""

from __future__ import annotations

from dataclasses import dataclass

from scimbridge.config import TargetConfig
from scimbridge.connectors.interface import Connector
from scimbridge.errors import ConfigError
from scimbridge.provisioning.characteristics import described
from scimbridge.provisioning.correlate import user_key
from scimbridge.provisioning.entitlements import GroupMapping, parse_entitlement
from scimbridge.provisioning.guard import Guard
from scimbridge.provisioning.plan import Policy
from scimbridge.scim.attributes import ResourceType, Schema
from scimbridge.scim.quirks import Dialect


@dataclass(frozen=True, slots=True)
class Target:
    """What the configuration and the vendor say of one target, ready for use."""

    config: TargetConfig
    connector: Connector
    user_type: ResourceType
    group_type: ResourceType
    dialect: Dialect
    extension: str | None
    """The URN of the vendor's own User extension."""
    policy: Policy
    mapping: GroupMapping
    guard: Guard
    record_types: tuple[ResourceType, ...] = ()
    """The further resource types that the vendor holds."""

    @property
    def name(self) -> str:
        """The name in the configuration and in the URL."""
        return self.config.name

    @property
    def group_extension(self) -> str | None:
        """The URN of the vendor's own Group extension."""
        return next((schema.id for schema, _ in self.group_type.extensions), None)

    def described(self, schema: Schema) -> Schema:
        """``schema`` as ``/Schemas`` shows it: with what this target makes of its attributes."""
        return described(schema, self.policy.capabilities, self.config)


def build_target(
    config: TargetConfig,
    connector: Connector,
    *,
    user_type: ResourceType,
    group_type: ResourceType,
    extension: str | None,
    dialect: Dialect,
    record_types: tuple[ResourceType, ...] = (),
) -> Target:
    """Put a target together from its configuration, its connector and its schemas."""
    if config.unmapped_groups == "create" and len(connector.capabilities.managed_kinds) != 1:
        raise ConfigError(
            f'targets.{config.name}.unmapped_groups = "create": this vendor\'s API creates no '
            'groups; write "track" or "reject"'
        )
    ranking = {parse_entitlement(text): rank for rank, text in enumerate(config.role_ranking)}
    return Target(
        config=config,
        connector=connector,
        user_type=user_type,
        group_type=group_type,
        dialect=dialect,
        extension=extension,
        policy=Policy(
            capabilities=connector.capabilities,
            deactivate=config.deactivate,
            unmanaged_grants=config.unmanaged_grants,
            missing_user=config.missing_user,
            role_ranking=ranking,
        ),
        mapping=GroupMapping(config.groups),
        guard=Guard(
            target=config.name,
            accounts=frozenset(map(user_key, config.protected_accounts)),
            entitlements=frozenset(map(parse_entitlement, config.protected_entitlements)),
        ),
        record_types=record_types,
    )
