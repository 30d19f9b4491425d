"""What the scenarios need to know of each vendor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from scimbridge.connectors.falcon.simulator.state import FalconState

LAG_S = 60
"""Below the time that the bridge grants a vendor's search to show a new account."""


@dataclass(frozen=True)
class Vendor:
    """One simulated vendor, in one of its manners."""

    target: str
    """Its name among the demonstration's targets."""
    by_hand: tuple[str, str]
    """Kind and id of an entitlement that an administrator gives in the console."""
    role: str
    """The id of a role that can be asked for by a user's ``roles``."""
    reader: tuple[str, str]
    """What the group of readers gives, or a part of it."""
    switches: Mapping[str, Any] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)
    """What an account that somebody made by hand has beside its login."""
    tries: int = 8
    """At how many points a scenario with too many is killed; each costs a thousand calls."""
    signs_in: bool = False
    """Accounts come by a first sign-in; nobody can create one."""
    deform: Callable[[], None] = lambda: None
    """Changes the simulator's ways beyond its switches, in the process that calls it."""


def forget_uniqueness() -> None:
    """Have the simulated Falcon accept a second account with a login that exists."""
    FalconState.find_by_uid = lambda _self, _uid: None  # type: ignore[method-assign]


_EVENT_VIEWER = ("role", "event_viewer")
_READ_ONLY = ("role", "falconhost_read_only")
_NO_LIMIT = {
    "rate_limit_per_minute": 0,
    "token_rate_limit_per_minute": 0,
    # Each process comes with a token of the rehearsal, which this vendor never issued.
    "anonymous_rate_limit_per_minute": 0,
}
_LAG = {"search_lag_s": LAG_S}

VENDORS: Mapping[str, Vendor] = MappingProxyType(
    {
        "falcon": Vendor("falcon", _EVENT_VIEWER, "falconhost_analyst", _READ_ONLY, _NO_LIMIT),
        "falcon, search lags": Vendor(
            "falcon", _EVENT_VIEWER, "falconhost_analyst", _READ_ONLY, _NO_LIMIT | _LAG
        ),
        "falcon, names not unique": Vendor(
            "falcon",
            _EVENT_VIEWER,
            "falconhost_analyst",
            _READ_ONLY,
            _NO_LIMIT,
            deform=forget_uniqueness,
        ),
        "falcon, both": Vendor(
            "falcon",
            _EVENT_VIEWER,
            "falconhost_analyst",
            _READ_ONLY,
            _NO_LIMIT | _LAG,
            deform=forget_uniqueness,
        ),
        "insightvm": Vendor(
            "insightvm",
            ("site", "3"),
            "security-manager",
            ("site", "1"),
            account={"password": "Chosen-by-hand-1"},
            tries=3,
        ),
        "cortex": Vendor(
            "cortex",
            ("user-group", "c28d4f0e-963b-41a5-8e7c-07b5a1f3d964_13"),
            "investigator",
            ("role", "viewer"),
            tries=12,
            signs_in=True,
        ),
    }
)
