"""What can be configured of a Falcon target: its own keys of a ``[targets.NAME]`` table."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from scimbridge.config import Secret

REGIONS = MappingProxyType(
    {
        "us-1": "https://api.crowdstrike.com",
        "us-2": "https://api.us-2.crowdstrike.com",
        "us-3": "https://api.us-3.crowdstrike.com",
        "eu-1": "https://api.eu-1.crowdstrike.com",
        "us-gov-1": "https://api.laggar.gcw.crowdstrike.com",
        "us-gov-2": "https://api.us-gov-2.crowdstrike.mil",
    }
)
"""The vendor's clouds (falconpy ``_enum/_base_url.py``, gofalcon ``falcon/cloud.go``)."""

Region = Literal["us-1", "us-2", "us-3", "eu-1", "us-gov-1", "us-gov-2"]

_CID = re.compile(r"([0-9a-fA-F]{32})(?:-[0-9a-fA-F]{2})?")


def parse_cid(text: str) -> str:
    """A customer id as the API takes it: 32 lower-case hex digits, without the checksum.

    The console shows ``0123...EF-0F``. Raises `ValueError`.
    """
    match = _CID.fullmatch(text)
    if match is None:
        raise ValueError(
            "is no customer id; copy it from the console: 32 hex digits, a dash, 2 more"
        )
    return match[1].lower()


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("has more than scheme and host; leave the rest out")
    if not parts.hostname or parts.scheme not in ("https", "http"):
        raise ValueError('is no URL; write for example "https://api.us-2.crowdstrike.com"')
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise ValueError("would send the secret unencrypted; write https (http is for loopback)")
    return url.rstrip("/")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class FalconSettings:
    """One CID of CrowdStrike Falcon, and the API client (OAuth2) that the bridge uses there."""

    region: Region | None = field(
        default=None, metadata={"doc": "the cloud that hosts the tenant, as in the console's URL"}
    )
    """Either this or ``base_url``."""
    base_url: str | None = field(
        default=None,
        metadata={"doc": "the API's address instead of a region", "parse": _base_url},
    )
    """For a reverse proxy or a simulator: obeyed as it stands, whatever region the vendor names."""
    client_id: str = field(metadata={"doc": "the id of the API client"})
    client_secret: Secret = field(metadata={"doc": "the secret of the API client"})
    """Scopes: User management read and write; Flight Control too if ``flight_control``, and
    Response policies if ``response_policies``."""
    member_cid: str | None = field(
        default=None,
        metadata={"doc": "the child CID to act in, with a parent's API client", "parse": parse_cid},
    )
    """Never the parent's own: the vendor refuses that."""
    cid: str | None = field(
        default=None,
        metadata={"doc": "the customer id that the API client belongs to", "parse": parse_cid},
    )
    """Looked up once if left out, which wants the scope Sensor Download: read, or one user."""
    flight_control: bool = field(
        default=False, metadata={"doc": "the API client belongs to a Flight Control parent"}
    )
    """Accounts of child CIDs, which a parent may see, are then left alone."""
    flight_control_resources: bool = field(
        default=True,
        metadata={"doc": "whether CID groups, children and delegations are served, too"},
    )
    """Only with ``flight_control``. Without, user groups have members and nothing else."""
    response_policies: bool = field(
        default=False, metadata={"doc": "whether response policies are served"}
    )
    """Takes the scope Response policies: read and write."""
    delete_enabled_policies: Literal["refuse", "disable"] = field(
        default="refuse", metadata={"doc": "what deleting an enabled response policy does"}
    )
    """The vendor deletes disabled ones only."""
    falcon_api: Literal["current", "legacy"] = field(
        default="current", metadata={"doc": "which generation of the vendor's routes is used"}
    )
    call_timeout_s: float = field(
        default=10.0, metadata={"doc": "seconds that one vendor call may take", "min": 1, "max": 50}
    )
    ca_file: Path | None = field(
        default=None, metadata={"doc": "CA certificates to trust, where a proxy inspects TLS"}
    )
    """Instead of the public ones."""

    def __post_init__(self) -> None:
        if (self.region is None) == (self.base_url is None):
            raise ValueError(f"needs either region ({', '.join(REGIONS)}) or base_url")
        if self.member_cid is not None and self.flight_control:
            raise ValueError(
                "has member_cid and flight_control; a child CID has no Flight Control of its own"
            )

    @property
    def url(self) -> str:
        """The base URL to begin with."""
        return REGIONS[self.region] if self.region else self.base_url or ""
