"""What can be configured apart from a vendor's own settings: the bridge, and each target's policy.

Every key is described at length in docs/configuration.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

from scimbridge.config.secrets import Secret

_ENTITLEMENT = re.compile(r"[a-z][a-z0-9-]*:[^\s\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?")
_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})")
_SHORTEST_KEY = 32
_OKTA_GIVES_UP_S = 60
_LONGEST_DEADLINE_S = 55
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PASSWORD_HASH = re.compile(r"scrypt:\d+:\d+:\d+\$[^$\s]+\$[0-9a-f]{128}")
_OPERATOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_MICROSOFT = ("https://sts.windows.net/", "https://login.microsoftonline.com/")


def _listen(address: str) -> str:
    match = _HOST_AND_PORT.fullmatch(address)
    if match is None or not 1 <= int(match[1]) <= 65_535:
        raise ValueError('is not an address and port; write for example "127.0.0.1:8080"')
    return address


def _public_url(url: str) -> str:
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError('is not a base URL; write for example "https://scim.example.com"')
    if parts.query or parts.fragment or parts.username:
        raise ValueError("has more than host and path; leave the rest out")
    return url.rstrip("/")


def _database(text: str) -> str:
    url = text if "://" in text else f"sqlite:///{text}"
    parts = _split(url)
    if parts is not None and parts.scheme == "postgresql":
        if parts.password is not None or "password" in parse_qs(parts.query):
            raise ValueError(
                "holds a password; leave it out of the URL and give it to the bridge in the "
                "environment variable PGPASSWORD, or in the file that PGPASSFILE names"
            )
        return url
    file = url.removeprefix("sqlite:///")
    # In memory, each worker would have a database of its own.
    if file == url or file in ("", "/", ":memory:") or "?" in file:
        raise ValueError(
            'is no database; write a path, "sqlite:////var/lib/scimbridge/scimbridge.db" or '
            '"postgresql://user@host/name"'
        )
    return url


def _split(url: str) -> SplitResult | None:
    """The parts of ``url``; None if it cannot be one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _secret_key(key: Secret) -> Secret:
    if len(key.reveal()) < _SHORTEST_KEY:
        raise ValueError(
            f"is shorter than {_SHORTEST_KEY} characters; make one with: openssl rand -base64 48"
        )
    return key


def _deadline(seconds: float) -> float:
    if not 1 <= seconds < _LONGEST_DEADLINE_S:
        raise ValueError(
            f"is out of range; write a number from 1 to less than {_LONGEST_DEADLINE_S}: Okta "
            f"closes the connection after {_OKTA_GIVES_UP_S} seconds, and the answer has to "
            "arrive before that"
        )
    return seconds


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(
            f'is no network ({error}); write for example "203.0.113.0/24" or "2001:db8::1"'
        ) from None


def _key_url(url: str) -> str:
    parts = _split(url)
    host = parts.hostname if parts is not None else None
    secure = parts is not None and parts.scheme == "https"
    # Whoever can change the keys on the way can make himself any caller.
    if not host or not (secure or (url.startswith("http://") and host in _LOOPBACK)):
        raise ValueError("is not an https URL; write the jwks_uri of the issuer's metadata")
    return url


def _password_hash(found: Secret) -> Secret:
    if not _PASSWORD_HASH.fullmatch(found.reveal()):
        raise ValueError("is no password's hash; make one with: scimbridge console password")
    return found


def _entitlement(text: str) -> str:
    if not _ENTITLEMENT.fullmatch(text):
        raise ValueError('is no entitlement; write "kind:native id", for example "role:admin"')
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeConfig:
    """The table ``[bridge]``: the process itself."""

    listen: str = field(
        default="127.0.0.1:8080", metadata={"doc": "address and port to serve on", "parse": _listen}
    )
    public_url: str | None = field(
        default=None,
        metadata={"doc": "the base URL by which IdPs reach the bridge", "parse": _public_url},
    )
    """Without a final slash. None: as the request says."""
    database: str = field(
        metadata={"doc": "where the directory is stored", "parse": _database},
    )
    """A URL whose scheme is ``sqlite`` or ``postgresql``."""
    secret_key: Secret | None = field(
        default=None,
        metadata={
            "doc": "the key from which those of tokens, cursors and audit chain are derived",
            "parse": _secret_key,
        },
    )
    """None only for commands that derive nothing from it; `serve` demands it."""
    workers: int = field(default=2, metadata={"doc": "processes", "min": 1, "max": 64})
    threads: int = field(default=32, metadata={"doc": "threads a process", "min": 1, "max": 512})
    deadline_s: float = field(
        default=25.0,
        metadata={"doc": "seconds in which a SCIM request is answered", "parse": _deadline},
    )
    transient_retry_after_s: int = field(
        default=30,
        metadata={
            "doc": "seconds after which an IdP is asked to try again when the vendor gave no time",
            "min": 1,
            "max": 3600,
        },
    )
    recovery_interval_s: float = field(
        default=5.0,
        metadata={"doc": "seconds between looks for unfinished work", "min": 0.1, "max": 3600},
    )
    max_body_bytes: int = field(
        default=1_048_576,
        metadata={"doc": "bytes of the largest request body accepted", "min": 1024},
    )
    page_size: int = field(
        default=100, metadata={"doc": "resources a page, where the IdP does not say", "min": 1}
    )
    max_page_size: int = field(
        default=1000, metadata={"doc": "resources a page, at the most", "min": 1}
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(),
        metadata={"doc": "networks of proxies whose X-Forwarded-For counts", "parse": _network},
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="info", metadata={"doc": "the least severe log line written"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetConfig:
    """A table ``[targets.NAME]``: one tenant of one vendor, and the policy for it."""

    name: str
    """The table's name, and the first segment of the target's URL: ``[a-z0-9-]``."""
    type: str
    """The vendor: a key of what `load_config` was given as ``vendors``."""
    vendor: Any
    """The vendor's own settings dataclass, filled from the same table."""
    deactivate: Literal["revoke", "delete"] = field(
        default="revoke", metadata={"doc": "what becomes of an account when active turns false"}
    )
    rename: Literal["recreate", "refuse"] = field(
        default="refuse", metadata={"doc": "what a new userName does where logins are immutable"}
    )
    unmapped_groups: Literal["track", "create", "reject"] = field(
        default="track", metadata={"doc": "what becomes of a group that maps to nothing"}
    )
    unmanaged_grants: Literal["keep", "revoke"] = field(
        default="keep", metadata={"doc": "what becomes of grants that no mapping names"}
    )
    missing_user: Literal["reject", "pending"] = field(
        default="reject", metadata={"doc": "what creating does where the vendor cannot create"}
    )
    role_ranking: tuple[str, ...] = field(
        default=(), metadata={"doc": "roles, strongest first", "parse": _entitlement}
    )
    default_role: str | None = field(
        default=None,
        metadata={"doc": "the role of an account that is left with none", "parse": _entitlement},
    )
    protected_accounts: tuple[str, ...] = field(
        default=(), metadata={"doc": "user names that SCIM never changes"}
    )
    protected_entitlements: tuple[str, ...] = field(
        default=(),
        metadata={
            "doc": "entitlements that SCIM neither grants nor revokes",
            "parse": _entitlement,
        },
    )
    removal_budget: bool = field(
        default=True, metadata={"doc": "bound how many accounts may lose access in a while"}
    )
    removal_budget_percent: float = field(
        default=10.0,
        metadata={"doc": "how many of the managed accounts that may be", "min": 0, "max": 100},
    )
    removal_budget_accounts: int = field(
        default=50, metadata={"doc": "how many accounts that may be in any case", "min": 0}
    )
    removal_budget_window_s: int = field(
        default=3600, metadata={"doc": "the seconds in which it holds", "min": 60}
    )
    transient_status: Literal[429, 503] = field(
        default=429, metadata={"doc": "the status that asks the IdP to try again later"}
    )
    abandon_after_s: int = field(
        default=86_400,
        metadata={"doc": "seconds until an addition that cannot be made is given up", "min": 60},
    )
    observe_every_s: int = field(
        default=900, metadata={"doc": "seconds between looks at the whole tenant", "min": 10}
    )
    reconcile: Literal["off", "report", "enforce", "accept"] = field(
        default="report",
        metadata={"doc": "what becomes of accounts that are not as the IdP asked"},
    )
    reconcile_every_s: int = field(
        default=86_400,
        metadata={"doc": "seconds between comparisons of all accounts", "min": 300},
    )
    strict: bool = field(
        default=False, metadata={"doc": "refuse the known deviations of IdPs from SCIM"}
    )
    unique_group_names: bool = field(
        default=True, metadata={"doc": "refuse a second group of the same displayName"}
    )
    patch_group_response: Literal["full", "empty"] = field(
        default="full", metadata={"doc": "what answers a PATCH of a group"}
    )
    allowed_networks: tuple[str, ...] = field(
        default=(),
        metadata={"doc": "networks from which this target may be called", "parse": _network},
    )
    """Empty: from everywhere."""
    max_concurrent_requests: int | None = field(
        default=None,
        metadata={"doc": "requests served at a time in each process", "min": 1, "max": 512},
    )
    """None: three quarters of the threads."""
    jwt_issuer: str | None = field(
        default=None, metadata={"doc": "the issuer whose JWTs are accepted"}
    )
    jwt_audience: str | None = field(
        default=None, metadata={"doc": "the audience that a JWT must name"}
    )
    jwt_jwks_url: str | None = field(
        default=None, metadata={"doc": "where the issuer's public keys are", "parse": _key_url}
    )
    jwt_tenant_id: str | None = field(
        default=None, metadata={"doc": "the Entra tenant that a JWT must come from"}
    )
    jwt_clients: tuple[str, ...] = field(
        default=(), metadata={"doc": "the client ids that a JWT may name"}
    )
    groups: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={"doc": "the entitlements that a group's members get", "parse": _entitlement},
    )
    """Display name to entitlements, each ``kind:native id``."""

    def __post_init__(self) -> None:
        """Refuse half a description of whose JWTs are accepted."""
        needed = (self.jwt_issuer, self.jwt_audience, self.jwt_jwks_url)
        if any((*needed, self.jwt_tenant_id, self.jwt_clients)) and not all(needed):
            raise ValueError(
                "JWTs need jwt_issuer, jwt_audience and jwt_jwks_url; write all three, or none of "
                "the keys that begin with jwt_"
            )
        if (self.jwt_issuer or "").startswith(_MICROSOFT) and self.jwt_tenant_id is None:
            raise ValueError(
                "jwt_tenant_id is missing; with an issuer of Microsoft it must be the id of your "
                "tenant, since Entra names the same audience in every tenant"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConfig:
    """The table ``[console]``: the operators' pages, which are off without it."""

    operators: Mapping[str, Secret] = field(
        metadata={"doc": "the hash of each operator's password", "parse": _password_hash}
    )
    session_s: int = field(
        default=28_800,
        metadata={
            "doc": "seconds until an operator has to sign in again",
            "min": 300,
            "max": 604_800,
        },
    )
    allowed_networks: tuple[str, ...] = field(
        default=(),
        metadata={"doc": "networks from which the pages may be reached", "parse": _network},
    )
    """Empty: from everywhere."""

    def __post_init__(self) -> None:
        """Refuse a console that nobody can sign in to, and names that no log could show."""
        if not self.operators:
            raise ValueError(
                "operators names nobody; add one, or leave the table [console] out to have no pages"
            )
        wrong = [name for name in self.operators if not _OPERATOR.fullmatch(name)]
        if wrong:
            raise ValueError(
                f"operators has the name {wrong[0]!r}; write up to 64 letters, digits and .@_+-"
            )


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration file."""

    bridge: BridgeConfig
    targets: Mapping[str, TargetConfig]
    console: ConsoleConfig | None = None
