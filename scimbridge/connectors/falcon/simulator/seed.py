"""What the simulated Falcon holds when it starts: a Flight Control parent with two children."""

from __future__ import annotations

from dataclasses import dataclass

from scimbridge.connectors.falcon.simulator.records import (
    ApiClient,
    Grant,
    Group,
    Link,
    Role,
    Tenant,
    User,
)
from scimbridge.connectors.falcon.simulator.switches import ALL_SCOPES

PARENT_CID = "5f1d0c7a93be4e0c8a6f2b41d7e09c35"
CHILD_CIDS = ("a17c3e5b90d2468f8b1e6c04f3d7a952", "c4e80b26d35f4917b7a2908e1f6c3d5b")
CUSTOM_ROLE_ID = "8d2f6a1c4b9e47d3a5c0e7f18b3d9264"
USER_GROUP_ID = "2b7e9d40c6f1483fa5d8e03b71c9f624"
CID_GROUP_ID = "90c4f7a16e2d4b85b3f1d7a8e5026c39"
DEFAULT_CID_GROUP_ID = "e1a85d3f7c0b4962847ef52b6d9c10a3"

_DAY = 86_400.0

_BUILT_IN = (
    ("falconhost_admin", "Falcon Administrator", "All features, users and roles included"),
    ("falconhost_analyst", "Falcon Analyst", "Detections, incidents and hosts"),
    ("falconhost_investigator", "Falcon Investigator", "Investigate searches and event data"),
    ("falconhost_read_only", "Falcon Analyst - Read Only", "Detections and hosts, without changes"),
    ("falcon_console_guest", "Falcon Console Guest", "Sign-in without further access"),
    ("falcon_security_lead", "Falcon Security Lead", "Quarantine, containment and policies"),
    ("event_viewer", "Event Viewer", "Event data"),
    ("help_desk", "Help Desk", "Host details and maintenance tokens"),
    ("dashboard_admin", "Dashboard Admin", "Dashboards of everybody"),
    ("detections_exceptions_manager", "Detections Exceptions Manager", "Exclusions"),
    ("device_control_manager", "Device Control Manager", "USB policies"),
    ("endpoint_manager", "Endpoint Manager", "Sensors, host groups and their policies"),
    ("firewall_manager", "Firewall Manager", "Firewall policies and rule groups"),
    ("intel_admin", "Intel Admin", "Threat intelligence"),
    ("prevention_hashes_manager", "Prevention Hashes Manager", "Indicators of compromise"),
    ("quarantine_manager", "Quarantine Manager", "Quarantined files"),
    ("remote_responder_one", "Real Time Responder - Read Only Analyst", "Read-only commands"),
    (
        "remote_responder_two",
        "Real Time Responder - Active Responder",
        "Commands that change hosts",
    ),
    (
        "remote_responder_three",
        "Real Time Responder - Administrator",
        "Custom scripts, executables",
    ),
    ("vulnerability_manager", "Vulnerability Manager", "Vulnerabilities and their remediation"),
)


@dataclass(frozen=True, slots=True)
class _Person:
    uuid: str
    cid: str
    uid: str
    first_name: str
    last_name: str
    age_days: int
    roles: tuple[str, ...]


_PEOPLE = (
    _Person(
        "3c9f1b7e-2a54-4d0e-9b1c-60f7a8e2d413",
        PARENT_CID,
        "mara.lind@example.com",
        "Mara",
        "Lind",
        900,
        ("falconhost_admin",),
    ),
    _Person(
        "7b02d4a6-51ce-4f38-8e6d-1d93c5b7f026",
        PARENT_CID,
        "tomas.ruiz@example.com",
        "Tomás",
        "Ruiz",
        410,
        ("falconhost_analyst", "remote_responder_one"),
    ),
    _Person(
        "e58a90c3-6f17-4b2d-a4e0-94b6d2c17f85",
        PARENT_CID,
        "ida.okafor@example.com",
        "Ida",
        "Okafor",
        35,
        ("falconhost_read_only",),
    ),
    _Person(
        "19d6e7f4-08b3-4c5a-b72f-c3a15e9d6048",
        CHILD_CIDS[0],
        "pat.novak@north.example.com",
        "Pat",
        "Novak",
        220,
        ("falconhost_admin",),
    ),
)


class Seed:
    """The tenants, API clients, roles and people to start with."""

    cid = PARENT_CID
    tenants = (
        Tenant(PARENT_CID, "Example Corp"),
        Tenant(CHILD_CIDS[0], "Example North", PARENT_CID),
        Tenant(CHILD_CIDS[1], "Example South", PARENT_CID),
    )
    clients = (
        ApiClient(
            "d41b6f0a2c9e4e57b83a70c5f1e6d928",
            "simulated-secret-0000000000000000parent1",
            PARENT_CID,
            frozenset(ALL_SCOPES),
        ),
        ApiClient(
            "6ae3c81f7b05493d9cd2e4b80f71a356",
            "simulated-secret-00000000000000000child1",
            CHILD_CIDS[0],
            frozenset(ALL_SCOPES),
        ),
    )
    """The first is the one for a target's configuration."""
    roles = (
        *(Role(*built_in, is_global=True) for built_in in _BUILT_IN),
        Role(CUSTOM_ROLE_ID, "Night Shift", "Custom role of Example Corp", cid=PARENT_CID),
    )

    def users(self, now: float) -> tuple[User, ...]:
        """The people who are there, with dates before ``now``."""
        return tuple(
            User(
                uuid=person.uuid,
                cid=person.cid,
                uid=person.uid,
                first_name=person.first_name,
                last_name=person.last_name,
                created_at=now - person.age_days * _DAY,
                # Observed at the vendor: updated_at some milliseconds before created_at.
                updated_at=now - person.age_days * _DAY - 0.004,
                factors=("TOTP",),
                last_login_at=now - _DAY / 3,
            )
            for person in _PEOPLE
        )

    def grants(self, now: float) -> tuple[Grant, ...]:
        """What they hold, one temporary grant included."""
        permanent = (
            Grant(person.uuid, person.cid, role) for person in _PEOPLE for role in person.roles
        )
        temporary = Grant(_PEOPLE[2].uuid, PARENT_CID, "event_viewer", expires_at=now + 7 * _DAY)
        return (*permanent, temporary)

    def user_groups(self, now: float) -> tuple[Group, ...]:
        """One user group, with the analyst in it."""
        members = (_PEOPLE[1].uuid,)
        modified = now - 90 * _DAY
        return (Group(USER_GROUP_ID, PARENT_CID, "SOC", "First line", members, modified),)

    def cid_groups(self, now: float) -> tuple[Group, ...]:
        """The default group with all children, and one with the first of them."""
        modified = now - 120 * _DAY
        return (
            Group(
                DEFAULT_CID_GROUP_ID,
                PARENT_CID,
                "All CIDs",
                "",
                CHILD_CIDS,
                modified,
                is_default=True,
            ),
            Group(CID_GROUP_ID, PARENT_CID, "North", "", CHILD_CIDS[:1], modified),
        )

    def links(self, now: float) -> tuple[Link, ...]:
        """The user group reads detections in the CID group."""
        return (Link(USER_GROUP_ID, CID_GROUP_ID, ("falconhost_read_only",), now - 80 * _DAY),)
