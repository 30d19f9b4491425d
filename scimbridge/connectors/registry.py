"""The vendors: one line for each. Whoever adds one writes its folder and its line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from scimbridge.connectors.cortex_xdr.connector import CortexXdrConnector
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings
from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.settings import FalconSettings
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.insightvm.connector import InsightVMConnector
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.connectors.interface import Connector

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Vendor:
    """What the bridge needs to know to serve targets of one type."""

    settings: type[Any]
    """The dataclass of the vendor's own keys in a ``[targets.NAME]`` table."""
    open_connector: Callable[[Any, Wiring], Connector]
    """Builds the connector of one target from those settings."""
    schemas: Mapping[str, Path]
    """Resource type to the schema file (RFC 7643 section 7) of the vendor's extension of it."""
    resource_types: Mapping[str, Path] = field(default_factory=dict, kw_only=True)
    """Further resource type to its file: ``{"resourceType": ..., "schema": ...}`` (RFC 7643
    sections 6 and 7). An endpoint ``/Policies/{id}/members`` is nested in the type at
    ``/Policies``. Which are served, and how: `Capabilities.record_types`."""
    simulator: str
    """``module:callable`` that creates its simulator; production never imports it."""


VENDORS: Mapping[str, Vendor] = MappingProxyType(
    {
        "falcon": Vendor(
            settings=FalconSettings,
            open_connector=FalconConnector,
            schemas=MappingProxyType(
                {
                    "User": _HERE / "falcon/schemas/user.json",
                    "Group": _HERE / "falcon/schemas/group.json",
                }
            ),
            resource_types=MappingProxyType(
                {
                    "ResponsePolicy": _HERE / "falcon/schemas/response_policy.json",
                    "ResponsePolicyMember": _HERE / "falcon/schemas/response_policy_member.json",
                    "CidGroup": _HERE / "falcon/schemas/cid_group.json",
                    "Child": _HERE / "falcon/schemas/child.json",
                }
            ),
            simulator="scimbridge.connectors.falcon.simulator:create_simulator",
        ),
        "insightvm": Vendor(
            settings=InsightVMSettings,
            open_connector=InsightVMConnector,
            schemas=MappingProxyType({"User": _HERE / "insightvm/schemas/user.json"}),
            resource_types=MappingProxyType(
                {
                    "AuthenticationSource": _HERE / "insightvm/schemas/authentication_source.json",
                    "AuthenticationSourceUser": _HERE
                    / "insightvm/schemas/authentication_source_user.json",
                }
            ),
            simulator="scimbridge.connectors.insightvm.simulator:create_simulator",
        ),
        "cortex_xdr": Vendor(
            settings=CortexXdrSettings,
            open_connector=CortexXdrConnector,
            schemas=MappingProxyType({"User": _HERE / "cortex_xdr/schemas/user.json"}),
            simulator="scimbridge.connectors.cortex_xdr.simulator:create_simulator",
        ),
    }
)
"""Target type, which is the name of the vendor's folder, to the vendor."""


def vendor_settings() -> dict[str, type[Any]]:
    """Target type to the dataclass of its settings, as `scimbridge.config.load_config` takes it."""
    return {name: vendor.settings for name, vendor in VENDORS.items()}
