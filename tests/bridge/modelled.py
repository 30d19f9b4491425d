"""What the state machine needs to know of each vendor: what somebody is to hold, how calls fail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from scimbridge.connectors.cortex_xdr.simulator.seed import HUNTERS, SOC, SOC_LEVEL_1
from scimbridge.simulation.faults import Fault

FAULTS = (
    Fault(status=503),
    Fault(status=500, when="after"),
    Fault(status=429, headers={"X-RateLimit-RetryAfter": "1"}),
    Fault(status=429),
    Fault(drop=True),
    Fault(drop=True, when="after"),
    Fault(truncate=True),
    Fault(hang_s=3600),
    Fault(drip_s=3600),
    Fault(status=200, body="<html>Sign in to the hotel's network</html>"),
    Fault(headers={"Content-Type": "text/html"}),
    Fault(status=401),
)
"""What a vendor does instead of what it should."""
METHODS = ("*", "GET", "POST", "PUT", "PATCH", "DELETE")
"""To which of its calls."""


@dataclass(frozen=True)
class Modelled:
    """A vendor, and what the groups stand for there."""

    target: str
    """Its name among the demonstration's targets."""
    groups: Mapping[str, Collection[str]]
    """What each group gives, as ``kind:id``."""
    by_hand: tuple[str, ...]
    """What only an administrator gives, in the console."""
    creates: bool = True
    """Whether accounts can be created and deleted. If not, people sign in, and whoever is deleted
    keeps an account that gives nothing."""
    by_idp: tuple[str, str] | None = None
    """What an IdP alone gives and takes, past the bridge, and the group of its own that does so."""
    lags: bool = False
    """Whether reads may show for a while what was before."""
    one_role: bool = False
    """Whether nobody has two roles. They rank as ``groups`` names them."""
    default_role: str | None = None
    """Where nobody is without one: the role of those who are given none."""
    keeps_on_disabling: bool = False
    """Whether whoever is disabled, by a switch of the account, may go on holding things."""
    account: Mapping[str, str] = field(default_factory=dict)
    """What an account that somebody made by hand has beside its login."""

    def wanted(
        self, names: Iterable[str], by_hand: Iterable[str], *, active: bool
    ) -> set[str] | None:
        """What a member of groups of these ``names`` is to hold; None if nobody minds."""
        if not active:
            return None if self.keeps_on_disabling else set()
        given = {item for name in names for item in self.groups.get(name, ())}
        if self.one_role:
            ranking = [item for items in self.groups.values() for item in items if _is_role(item)]
            role = min(filter(_is_role, given), key=ranking.index, default=self.default_role)
            given = {item for item in given if not _is_role(item)} | ({role} if role else set())
        return given | set(by_hand)


def _is_role(item: str) -> bool:
    return item.startswith("role:")


MODELLED: Mapping[str, Modelled] = MappingProxyType(
    {
        "falcon": Modelled(
            "falcon",
            {
                "SEC Analysts": ("role:falconhost_analyst", "role:falconhost_read_only"),
                "SEC Readers": ("role:falconhost_read_only",),
                "SEC Admins": ("role:falconhost_admin",),
            },
            by_hand=("role:event_viewer", "role:remote_responder_one"),
            lags=True,
        ),
        "insightvm": Modelled(
            "insightvm",
            {
                "SEC Managers": ("role:security-manager", "site:1", "site:2"),
                "SEC Readers": ("role:user", "site:1"),
                "SEC Auditors": ("asset-group:1",),
            },
            by_hand=("site:3", "asset-group:2"),
            one_role=True,
            default_role="role:user",
            keeps_on_disabling=True,
            account={"password": "Chosen-by-hand-1"},
        ),
        "cortex": Modelled(
            "cortex",
            {
                "SEC Admins": ("role:security_admin",),
                "SEC Analysts": ("role:investigator", f"user-group:{SOC}"),
                "SEC Readers": ("role:viewer",),
            },
            by_hand=(f"user-group:{HUNTERS}",),
            by_idp=(f"user-group:{SOC_LEVEL_1}", "okta-soc-l1"),
            creates=False,
            one_role=True,
        ),
    }
)
