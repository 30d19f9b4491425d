"""The two-factor seeds of users. Only where the console's administrator has switched 2FA on."""

from __future__ import annotations

from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.errors import VendorNotFound, VendorUnavailable

_ROUTE = "/api/3/users/{id}/2FA"

REGENERATE = "regenerate"
"""Instead of a seed: let the console make one."""


class TwoFactor:
    """Reads and sets seeds. What is set is read again before it counts as done."""

    def __init__(self, client: InsightVMClient, target: str) -> None:
        self._client = client
        self._target = target

    def find_key(self, user_id: str) -> str | None:
        """The user's seed; None if there is none. Never to be shown."""
        try:
            key = self._client.call("GET", _ROUTE, at={"id": user_id}).get("key")
        except VendorNotFound:
            return None
        return key if isinstance(key, str) and key else None

    def set_key(self, user_id: str, key: str) -> None:
        """Give the user this seed, or one of the console's making if it is `REGENERATE`.

        Raises `VendorUnavailable` if the console then shows another.
        """
        at = {"id": user_id}
        if key == REGENERATE:
            # Each call makes another seed, so that only the last answer would be true.
            wanted = self._client.call("POST", _ROUTE, at=at, repeatable=False).get("key")
        else:
            self._client.call("PUT", _ROUTE, at=at, json=key)
            wanted = key
        if not wanted or self.find_key(user_id) != wanted:
            raise VendorUnavailable(
                f"{self._target}: the two-factor key of user {user_id} was set, and the console "
                "still shows another one or none"
            )
