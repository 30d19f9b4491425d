"""What the simulated Cortex tenant holds when it starts."""

from __future__ import annotations

from scimbridge.connectors.cortex_xdr.simulator.permissions import PERMISSIONS
from scimbridge.connectors.cortex_xdr.simulator.records import (
    ACTION,
    VIEW,
    ApiKey,
    Group,
    Role,
    User,
)

TENANT = "example-xdr"

SOC = "0b6f2d51-7c3e-4a98-8d15-e2f40a79c6b3_11"
SOC_LEVEL_1 = "5e91c7a4-2f08-4d6b-b3a7-91d0e86c4f25_12"
HUNTERS = "c28d4f0e-963b-41a5-8e7c-07b5a1f3d964_13"
READERS = "f713a9b6-d05c-4e82-9a41-6c8e2b7d0f59_14"

_DAY = 86_400.0
_VENDOR = "Palo Alto Networks"

_SEES = ("dashboard_view", "reports_view", "alerts_incidents_view", "action_center_view")
_EXAMINES = (*_SEES, "investigation_query_view", "investigation_query_action")
_ACTS = ("alerts_incidents_action", "action_center_action", "live_terminal_action")

_BUILT_IN = (
    ("instance_administrator", "Instance Administrator", "All of this tenant", PERMISSIONS),
    ("security_admin", "Security Admin", "Policies", (*_SEES, "policies_view", "policies_action")),
    ("investigator", "Investigator", "Examines alerts and incidents", _EXAMINES),
    ("responder", "Responder", "Examines and acts on them", (*_EXAMINES, *_ACTS)),
    ("viewer", "Viewer", "Sees alerts and reports", _SEES),
)
"""Role id, pretty name, description, permissions. The vendor publishes no ids: they are made up."""


class Seed:
    """The API keys, roles, people and groups to start with."""

    keys = (
        ApiKey(
            key_id="17",
            secret="simulated-advanced-" + "Zk4u" * 27,
            advanced=True,
            permissions=frozenset({VIEW, ACTION}),
        ),
        ApiKey(
            key_id="18",
            secret="simulated-standard-" + "Qm7w" * 27,
            advanced=False,
            permissions=frozenset({VIEW, ACTION}),
        ),
    )
    """The first is the one for a target's configuration."""

    def roles(self, now: float) -> tuple[Role, ...]:
        """The predefined roles and one of the tenant's own."""
        created = now - 1000 * _DAY
        everything = Role(
            "account_admin",
            "Account Admin",
            "Full access to all tenants; set in the Cortex Gateway only",
            PERMISSIONS,
            _VENDOR,
            created,
            account_level=True,
        )
        predefined = (Role(*built_in, _VENDOR, created) for built_in in _BUILT_IN)
        custom = Role(
            "night_shift",
            "Night Shift",
            "Custom role of Example Corp",
            ("alerts_incidents_view", "alerts_incidents_action", "dashboard_view"),
            "dana.keller@example.com",
            now - 200 * _DAY,
            now - 20 * _DAY,
            is_custom=True,
        )
        return (everything, *predefined, custom)

    def users(self, now: float) -> tuple[User, ...]:
        """The people who are there, one of them without a role and one disabled."""
        seen = now - _DAY / 3
        return (
            User(
                "dana.keller@example.com",
                "Dana",
                "Keller",
                role_id="account_admin",
                phone_number="+49 30 5550100",
                last_logged_in=seen,
            ),
            User(
                "omar.haddad@example.com",
                "Omar",
                "Haddad",
                "CSP / SSO",
                "instance_administrator",
                last_logged_in=seen,
            ),
            User(
                "Lena.Fischer@example.com",
                "Lena",
                "Fischer",
                "CSP",
                "investigator",
                last_logged_in=seen,
            ),
            User("raj.patel@example.com", "Raj", "Patel", "SSO", "responder", last_logged_in=seen),
            User("yuki.tanaka@example.com", "Yuki", "Tanaka", "SSO", last_logged_in=seen),
            User("noa.levi@example.com", "Noa", "Levi", "CSP", active=False, hidden=True),
        )

    def groups(self, now: float) -> tuple[Group, ...]:
        """One group of each kind: plain, linked to the IdP, nested and empty, imported."""
        dates = (now - 300 * _DAY, now - 30 * _DAY)
        dana, lena = "dana.keller@example.com", "lena.fischer@example.com"
        raj, yuki = "raj.patel@example.com", "yuki.tanaka@example.com"
        return (
            Group(
                SOC,
                "SOC",
                "First line",
                "investigator",
                dana,
                *dates,
                users=(lena,),
                nested=(HUNTERS,),
            ),
            Group(
                SOC_LEVEL_1,
                "SOC Level 1",
                None,
                "responder",
                dana,
                *dates,
                users=(lena,),
                jit_users=(raj,),
                idp_groups=("okta-soc-l1",),
            ),
            Group(HUNTERS, "Threat Hunters", "Nobody yet", "", dana, *dates),
            Group(
                READERS,
                "AAD Security Readers",
                None,
                "viewer",
                _VENDOR,
                *dates,
                jit_users=(yuki,),
                directory=True,
            ),
        )
