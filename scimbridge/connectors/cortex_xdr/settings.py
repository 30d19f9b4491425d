"""What can be configured of a Cortex XDR target: its own keys of a ``[targets.NAME]`` table."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from scimbridge.config import Secret

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FQDN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_HEADER_TEXT = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def _fqdn(name: str) -> str:
    if _FQDN.fullmatch(name) is None:
        raise ValueError('is no host name; write for example "acme.xdr.us.paloaltonetworks.com"')
    if name.lower().startswith("api-"):
        raise ValueError('begins with "api-", which the bridge adds itself; leave it out')
    return name.lower()


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("has more than scheme and host; leave the rest out")
    if not parts.hostname or parts.scheme not in ("https", "http"):
        raise ValueError(
            'is no URL; write for example "https://api-acme.xdr.us.paloaltonetworks.com"'
        )
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise ValueError("would send the key unencrypted; write https (http is for loopback)")
    return url.rstrip("/")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _api_key(key: Secret) -> Secret:
    if _HEADER_TEXT.fullmatch(key.reveal()) is None:
        raise ValueError("holds characters that cannot be sent in a header; copy it again")
    return key


def _api_key_id(text: str) -> str:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError('is no key id; copy the number in the column "ID" of the API keys')
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class CortexXdrSettings:
    """One tenant of Cortex XDR, and the API key that the bridge uses there."""

    fqdn: str | None = field(
        default=None, metadata={"doc": "the tenant's host name, as in its console", "parse": _fqdn}
    )
    """Either this or ``base_url``."""
    base_url: str | None = field(
        default=None,
        metadata={"doc": "the API's address instead of fqdn", "parse": _base_url},
    )
    """For a reverse proxy or a simulator."""
    api_key: Secret = field(metadata={"doc": "the API key", "parse": _api_key})
    """Its role must view and edit Access Management (Instance Administrator does)."""
    api_key_id: str = field(metadata={"doc": "the number of the API key", "parse": _api_key_id})
    key_type: Literal["standard", "advanced"] = field(
        default="advanced", metadata={"doc": "the security level chosen when the key was made"}
    )
    """The vendor answers to the wrong one as it does to a wrong key."""
    generation: Literal["auto", "v1", "iam"] = field(
        default="auto", metadata={"doc": "which routes the tenant has: v1 RBAC or Platform IAM"}
    )
    """``auto`` asks the tenant once, when it is first needed."""
    role_names: tuple[str, ...] = field(
        default=(), metadata={"doc": "v1: custom roles to show although nobody holds them yet"}
    )
    """These routes list no roles: one that nobody holds is found only by its name."""
    write_names: bool = field(
        default=True, metadata={"doc": "iam: given and family name are sent to the tenant"}
    )
    """False where SSO sets them at each login."""
    disabled_status: Literal["Disabled", "Inactive"] = field(
        default="Disabled", metadata={"doc": "iam: the status that deactivates an account"}
    )
    """The vendor's sources disagree on the word."""
    call_timeout_s: float = field(
        default=20.0, metadata={"doc": "seconds that one vendor call may take", "min": 1, "max": 50}
    )
    """Long, because the tenant answers with all its users at once."""
    ca_file: Path | None = field(
        default=None, metadata={"doc": "CA certificates to trust, where a proxy inspects TLS"}
    )
    """Instead of the public ones."""

    def __post_init__(self) -> None:
        if (self.fqdn is None) == (self.base_url is None):
            raise ValueError("needs either fqdn or base_url")

    @property
    def url(self) -> str:
        """The base URL of both generations' routes."""
        return self.base_url or f"https://api-{self.fqdn}"
