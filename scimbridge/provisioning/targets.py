"""A target: one tenant of one vendor, with everything that serving it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scimbridge.config import TargetConfig
from scimbridge.connectors.interface import Capabilities, Connector, Entitlement
from scimbridge.errors import ConfigError, TemporarilyUnavailable
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
    role_ranking: Mapping[Entitlement, int]
    """See `Policy.role_ranking`."""
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

    @property
    def capabilities(self) -> Capabilities:
        """What the vendor's API can do, as far as that is known."""
        return self.connector.capabilities

    @property
    def policy(self) -> Policy:
        """What planning needs. Raises `TemporarilyUnavailable` before it is known.

        `Connector.find_out` ends that; it calls the vendor, so never within a transaction.
        """
        if not self.capabilities.complete:
            raise TemporarilyUnavailable(
                f"{self.name} has not answered since the bridge was started, and only its answer "
                "tells whether this can be done; repeat the request"
            )
        return Policy(
            capabilities=self.capabilities,
            deactivate=self.config.deactivate,
            unmanaged_grants=self.config.unmanaged_grants,
            missing_user=self.config.missing_user,
            role_ranking=self.role_ranking,
        )

    @property
    def refuses_new_groups(self) -> str | None:
        """Why ``unmapped_groups = "create"`` cannot be had, if it cannot."""
        if not self.capabilities.complete or len(self.capabilities.managed_kinds) == 1:
            return None
        return (
            f'targets.{self.name}.unmapped_groups = "create": this vendor\'s API creates no '
            'groups; write "track" or "reject"'
        )

    def described(self, schema: Schema) -> Schema:
        """``schema`` as ``/Schemas`` shows it: with what this target makes of its attributes."""
        return described(schema, self.capabilities, self.config)


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
    ranking = {parse_entitlement(text): rank for rank, text in enumerate(config.role_ranking)}
    target = Target(
        config=config,
        connector=connector,
        user_type=user_type,
        group_type=group_type,
        dialect=dialect,
        extension=extension,
        role_ranking=ranking,
        mapping=GroupMapping(config.groups),
        guard=Guard(
            target=config.name,
            accounts=frozenset(map(user_key, config.protected_accounts)),
            entitlements=frozenset(map(parse_entitlement, config.protected_entitlements)),
        ),
        record_types=record_types,
    )
    refusal = target.refuses_new_groups
    if config.unmapped_groups == "create" and refusal is not None:
        raise ConfigError(refusal)
    return target
