"""The things that a Falcon tenant holds, as immutable values. Times are epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer, identified by its CID: 32 lower-case hex digits, no checksum."""

    cid: str
    name: str
    parent: str | None = None
    """The CID of the Flight Control parent, for a child."""


@dataclass(frozen=True, slots=True)
class ApiClient:
    """OAuth 2 credentials, and what they may do."""

    client_id: str
    secret: str
    cid: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Token:
    """An access token that was issued."""

    client: ApiClient
    cid: str
    """The CID that it acts in: the client's own, or a child's (``member_cid``)."""
    expires: float


@dataclass(frozen=True, slots=True)
class User:
    """A person's login. One uid exists once across all CIDs."""

    uuid: str
    cid: str
    uid: str
    first_name: str
    last_name: str
    created_at: float
    updated_at: float
    status: str = "active"
    user_type: str = "internal"
    factors: tuple[str, ...] = ()
    last_login_at: float | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the catalogue: built in for every CID, or custom and owned by one."""

    role_id: str
    display_name: str
    description: str
    is_global: bool = False
    cid: str | None = None
    """The owner of a custom role; None for a built-in one."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One user holding one role in one CID."""

    uuid: str
    cid: str
    role_id: str
    expires_at: float | None = None
    user_group_id: str = ""
    """With ``cid_group_id``: the Flight Control link that the grant comes through."""
    cid_group_id: str = ""

    @property
    def direct(self) -> bool:
        """False for a grant that comes through Flight Control."""
        return not self.user_group_id


@dataclass(frozen=True, slots=True)
class Group:
    """A Flight Control group: of users of the parent, or of child CIDs."""

    group_id: str
    cid: str
    name: str
    description: str
    members: tuple[str, ...]
    """User uuids, or CIDs."""
    modified: float
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Roles that the members of a user group hold in the CIDs of a CID group."""

    user_group_id: str
    cid_group_id: str
    role_ids: tuple[str, ...]
    modified: float

    @property
    def link_id(self) -> str:
        """The id on the wire. Opaque to callers, says the vendor."""
        return f"{self.user_group_id}:{self.cid_group_id}"


@dataclass(frozen=True, slots=True)
class HostGroup:
    """A group of hosts that a policy can be attached to."""

    group_id: str
    cid: str
    name: str
    description: str
    created: float


@dataclass(frozen=True, slots=True)
class Host:
    """A machine with a sensor."""

    device_id: str
    cid: str
    hostname: str
    platform_name: str
    group_ids: tuple[str, ...]
    status: str = "normal"


@dataclass(frozen=True, slots=True)
class Policy:
    """A response policy: what may be done on the hosts of its groups."""

    policy_id: str
    cid: str
    name: str
    description: str
    platform_name: str
    enabled: bool
    group_ids: tuple[str, ...]
    settings: frozenset[str]
    """The ids of the settings that are switched on."""
    rank: int
    """The lower comes first among the policies of its CID and platform; the default comes last."""
    created_by: str
    created: float
    modified_by: str
    modified: float

    @property
    def is_default(self) -> bool:
        """The platform's default policy, which covers every host that no other one does."""
        return self.name == "platform_default"
