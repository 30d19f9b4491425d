"""What the simulated console holds when it starts."""

from __future__ import annotations

from scimbridge.connectors.insightvm.simulator.privileges import PRIVILEGES
from scimbridge.connectors.insightvm.simulator.records import (
    GLOBAL_ADMIN,
    SITE_OWNER,
    Access,
    AssetCollection,
    AuthenticationSource,
    Kind,
    Locale,
    Role,
    User,
)

ADMIN_SOURCE, NORMAL_SOURCE, LDAP_SOURCE, SAML_SOURCE = 1, 2, 3, 4
SERVICE_LOGIN, SERVICE_PASSWORD = "svc-scimbridge", "Simulated-Service-1"
"""The account for a target's configuration."""
PERSON_PASSWORD = "Simulated-Person-1"  # noqa: S105
"""Of everybody else who has one."""
CUSTOM_ROLE = "Patch Coordinator"
"""A custom role: its id is its name, with the space."""

_SITE_WORK = (
    "manage-report-templates",
    "assign-ticket-assignee",
    "view-site-asset-data",
    "specify-site-metadata",
    "assign-scan-template",
    "manage-scan-alerts",
    "manage-site-credentials",
    "schedule-automatic-scans",
    "start-unscheduled-scans",
    "create-reports",
    "create-tickets",
    "close-tickets",
    "submit-vulnerability-exceptions",
)

# Privileges of the built-in roles: docs.rapid7.com/insightvm/managing-users-and-authentication.
ROLES = (
    Role(GLOBAL_ADMIN, "Global Administrator", "Everything, users and roles included", PRIVILEGES),
    Role(
        "security-manager",
        "Security Manager",
        "Scans and reports of the sites and asset groups given",
        (*_SITE_WORK, "view-asset-group-asset-data"),
    ),
    Role(SITE_OWNER, "Site Owner", "Scans and reports of the sites given", _SITE_WORK),
    Role(
        "system-admin",
        "Asset Owner",
        "Assets of the sites and asset groups given",
        (
            "manage-report-templates",
            "assign-ticket-assignee",
            "view-site-asset-data",
            "start-unscheduled-scans",
            "view-asset-group-asset-data",
            "create-reports",
        ),
    ),
    Role(
        "user",
        "User",
        "Reads and reports",
        (
            "manage-report-templates",
            "view-site-asset-data",
            "view-asset-group-asset-data",
            "create-reports",
            "create-tickets",
        ),
    ),
    Role("controls-insight-only", "ControlsInsight User", "ControlsInsight only"),
    Role("custom", "Custom", "Stands for any custom role"),
    Role(
        CUSTOM_ROLE,
        CUSTOM_ROLE,
        "Follows remediation across all sites",
        ("manage-tags", "view-site-asset-data", "create-tickets", "close-tickets"),
    ),
)

SOURCES = (
    AuthenticationSource(ADMIN_SOURCE, "Builtin Administrators", "admin"),
    AuthenticationSource(NORMAL_SOURCE, "Builtin Users", "normal"),
    AuthenticationSource(LDAP_SOURCE, "Example LDAP", "ldap"),
    AuthenticationSource(SAML_SOURCE, "Example SSO", "saml"),
)

COLLECTIONS = {
    Kind.SITE: (
        AssetCollection(1, "Headquarters", "Offices and labs", "static", 412),
        AssetCollection(2, "Data Centre North", "Servers", "static", 1280),
        AssetCollection(3, "Laptops", "Agents", "agent", 903),
        AssetCollection(4, "Cloud", "Discovered", "dynamic", 77),
    ),
    Kind.ASSET_GROUP: (
        AssetCollection(1, "Payment Systems", "In scope of the audit", "static", 38),
        AssetCollection(2, "High Risk", "By risk score", "dynamic", 61),
        AssetCollection(3, "Database Servers", "By installed software", "dynamic", 54),
    ),
}

_EVERYTHING = Access(everything=True)
_ENGLISH = Locale("en-US", "en-US")


def users() -> tuple[User, ...]:
    """The people who are there, one of each sort."""
    return (
        User(
            user_id=1,
            login="nxadmin",
            name="Console Administrator",
            role_id=GLOBAL_ADMIN,
            source_id=ADMIN_SOURCE,
            email="nxadmin@example.com",
            superuser=True,
            sites=_EVERYTHING,
            asset_groups=_EVERYTHING,
            locale=_ENGLISH,
            password=PERSON_PASSWORD,
        ),
        User(
            user_id=2,
            login=SERVICE_LOGIN,
            name="Provisioning Service",
            role_id=GLOBAL_ADMIN,
            source_id=ADMIN_SOURCE,
            superuser=True,
            sites=_EVERYTHING,
            asset_groups=_EVERYTHING,
            locale=_ENGLISH,
            password=SERVICE_PASSWORD,
        ),
        User(
            user_id=3,
            login="mara.lind",
            name="Mara Lind",
            role_id="security-manager",
            source_id=NORMAL_SOURCE,
            email="mara.lind@example.com",
            sites=Access(ids=frozenset({1, 2})),
            asset_groups=Access(ids=frozenset({1})),
            locale=Locale("en-GB", "en-GB"),
            password=PERSON_PASSWORD,
            owns_content=True,
        ),
        User(
            user_id=4,
            login="tomas.ruiz",
            name="Tomás Ruiz",
            role_id="user",
            source_id=LDAP_SOURCE,
            email="Tomas.Ruiz@example.com",
            sites=Access(ids=frozenset({2})),
            asset_groups=Access(ids=frozenset({2, 3})),
            password=PERSON_PASSWORD,
        ),
        User(
            user_id=5,
            login="irene.okafor@example.com",
            name="Irene Okafor",
            role_id=CUSTOM_ROLE,
            source_id=SAML_SOURCE,
            email="irene.okafor@example.com",
            sites=_EVERYTHING,
            locale=_ENGLISH,
        ),
        User(
            user_id=6,
            login="pat.novak",
            name="Pat Novak",
            role_id=SITE_OWNER,
            source_id=NORMAL_SOURCE,
            email="pat.novak@example.com",
            enabled=False,
            sites=Access(ids=frozenset({3})),
            password=PERSON_PASSWORD,
        ),
        User(
            user_id=7,
            login="lena.berg",
            name="Lena Berg",
            role_id="user",
            source_id=NORMAL_SOURCE,
            email="lena.berg@example.com",
            locked=True,
            asset_groups=_EVERYTHING,
            password=PERSON_PASSWORD,
            two_factor_key="JBSWY3DPEHPK3PXP",
        ),
    )
