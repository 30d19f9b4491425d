"""What a vendor call takes from an account by the way, and who writes it down.

Some vendors change one thing only together with another (`Capabilities.dependent_kinds`). The
connector puts back what its call drops, but a process that dies in between puts nothing back; so
whoever calls the connector is told first, through all layers and threads, as of the deadline.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from scimbridge.connectors.interface import Entitlement


class Keeper(Protocol):
    """Writes down what is dropped. Called from any thread of the connector."""

    def dropping(self, native_id: str, entitlements: frozenset[Entitlement]) -> None:
        """The next call may take these from the account; on return they are recorded.

        Raises `VendorUnavailable` if the call must not be sent after all.
        """

    def restored(self, native_id: str, entitlements: frozenset[Entitlement]) -> None:
        """The account has them again, or is not to have them."""


_keeper: ContextVar[Keeper | None] = ContextVar("scimbridge_keeper", default=None)


@contextmanager
def keeping(keeper: Keeper) -> Iterator[None]:
    """Have ``keeper`` told of what the block's vendor calls drop."""
    token = _keeper.set(keeper)
    try:
        yield
    finally:
        _keeper.reset(token)


def dropping(native_id: str, entitlements: frozenset[Entitlement]) -> None:
    """See `Keeper.dropping`; nobody is told outside of any `keeping`."""
    if (keeper := _keeper.get()) is not None:
        keeper.dropping(native_id, entitlements)


def restored(native_id: str, entitlements: frozenset[Entitlement]) -> None:
    """See `Keeper.restored`."""
    if (keeper := _keeper.get()) is not None:
        keeper.restored(native_id, entitlements)
