"""A simulated vendor: what every one of them is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from flask import Flask

from scimbridge.simulation.faults import FaultPlan
from scimbridge.simulation.request_log import RequestLog
from scimbridge.simulation.switches import Switches


class SimulatedState(Protocol):
    """What the control routes need of a vendor's state. Every method takes the state's own lock.

    Those with arguments raise `scimbridge.errors.ConfigError` if they make no sense.
    """

    def snapshot(self) -> dict[str, Any]:
        """Accounts, grants and groups as plain JSON; see `scimbridge.simulation.control`."""

    def reset(self) -> None:
        """Go back to the seed."""

    def add_account(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Create an account as if by hand; returns it as `snapshot` shows it."""

    def add_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        """Grant as an administrator does in the vendor's console.

        ``account`` is a native id or a login; ``kind`` None is the vendor's main kind.
        """

    def remove_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        """Revoke as an administrator does in the vendor's console."""


StateT = TypeVar("StateT", bound=SimulatedState)


@dataclass(frozen=True, slots=True)
class Simulator(Generic[StateT]):
    """One simulated vendor, ready to be served or to be called in process."""

    app: Flask
    """The WSGI application: the vendor's API, and the control routes under ``/_sim``."""
    state: StateT
    credentials: Mapping[str, str]
    """What a target's configuration needs to get in."""
    switches: Switches
    faults: FaultPlan
    log: RequestLog

    def reset(self) -> None:
        """Put state, switches, faults, latency and log back to the seed."""
        self.switches.reset()
        self.faults.reset()
        self.state.reset()
        self.log.clear()
