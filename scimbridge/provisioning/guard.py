"""The guard: what SCIM may never do at a target, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scimbridge.connectors.interface import Entitlement
from scimbridge.errors import Forbidden
from scimbridge.provisioning.correlate import user_key
from scimbridge.provisioning.plan import Grant, Revoke, Step


@dataclass(frozen=True, slots=True)
class Guard:
    """The protected names of one target."""

    target: str
    accounts: frozenset[str]
    """Prepared user names: break-glass and service accounts."""
    entitlements: frozenset[Entitlement]

    def check_account(self, user_name: str) -> None:
        """Raise `Forbidden` if the account is protected."""
        if user_key(user_name) in self.accounts:
            raise Forbidden(
                f"the account {user_name} is protected at {self.target}: SCIM never changes it. "
                "To change that, take it out of protected_accounts in the bridge's configuration"
            )

    def check_steps(self, user_name: str, steps: Iterable[Step]) -> None:
        """Raise `Forbidden` if a step touches something protected. Called before the first one."""
        for step in steps:
            self.check_account(user_name)
            if isinstance(step, Grant | Revoke):
                self.check(step.entitlement, "grant" if isinstance(step, Grant) else "revoke")

    def check(self, entitlement: Entitlement, verb: str) -> None:
        """Raise `Forbidden` if ``entitlement`` is protected; ``verb``: what would be done to it."""
        if entitlement in self.entitlements:
            raise Forbidden(
                f"this would {verb} {entitlement}, which is protected at {self.target}. "
                "An administrator of the vendor's console must do it, or take it out of "
                "protected_entitlements in the bridge's configuration"
            )
