"""What can be configured of an InsightVM target: its own keys of a ``[targets.NAME]`` table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from scimbridge.config import Secret
from scimbridge.connectors.insightvm.role_rules import BUILT_IN_ROLES
from scimbridge.connectors.insightvm.totp import parse_seed

_PLATFORM = "insight.rapid7.com"


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError('is no https URL; write for example "https://console.example.com:3780"')
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("has more than scheme, host and port; leave the rest out")
    if parts.hostname == _PLATFORM or parts.hostname.endswith(f".{_PLATFORM}"):
        raise ValueError(
            "is the cloud platform, whose API has no console users; "
            "write the address of the Security Console"
        )
    return url.rstrip("/")


def _username(name: str) -> str:
    if ":" in name:
        raise ValueError("has a colon, which Basic authentication cannot carry (RFC 7617 2)")
    return name


def _two_factor_key(seed: Secret) -> Secret:
    parse_seed(seed.reveal())
    return seed


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightVMSettings:
    """One Security Console of Rapid7 InsightVM, and the account that the bridge uses there."""

    base_url: str = field(
        metadata={"doc": "the Security Console's address with its port", "parse": _base_url}
    )
    username: str = field(metadata={"doc": "the login of the bridge's account", "parse": _username})
    """A Global Administrator that signs in with a password; the bridge never changes it."""
    password: Secret = field(metadata={"doc": "the password of the bridge's account"})
    two_factor_key: Secret | None = field(
        default=None,
        metadata={"doc": "the two-factor seed of the bridge's account", "parse": _two_factor_key},
    )
    """Base32; only where the console demands a second factor of that account."""
    verify: bool | Path = field(
        default=True,
        metadata={"doc": "whether to check the console's certificate, or the CA file to do so by"},
    )
    """A self-signed certificate is its own CA file, if the address names it as it names itself."""
    authentication_source: str | None = field(
        default=None, metadata={"doc": "the authentication source of the accounts created"}
    )
    """Its name in the console. None: the console's own, with a password."""
    roles: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, metadata={"doc": "custom roles and their privileges"}
    )
    """Name to privileges. An empty list means that the role shall not exist."""
    access_by_hand: bool = field(
        default=True,
        metadata={"doc": "whether anybody gives access to single sites or asset groups by hand"},
    )
    """False saves two calls with each change of role: what the bridge gave, and no more, stays."""
    call_timeout_s: float = field(
        default=30.0,
        metadata={"doc": "seconds that one vendor call may take", "min": 1, "max": 300},
    )

    def __post_init__(self) -> None:
        built_in = sorted(self.roles.keys() & BUILT_IN_ROLES)
        if built_in:
            raise ValueError(
                f"has built-in roles among its custom roles ({', '.join(built_in)}), "
                "which the console does not let change; leave them out"
            )
