"""Lists of single sites and asset groups that a user has access to."""

from __future__ import annotations

import logging
from collections.abc import Collection
from types import MappingProxyType

from scimbridge.connectors.insightvm.catalogue import resources
from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.mapping import ASSET_GROUP, SITE
from scimbridge.errors import (
    AccessRemains,
    VendorError,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

logger = logging.getLogger(__name__)

_LIST = MappingProxyType(
    {SITE: "/api/3/users/{id}/sites", ASSET_GROUP: "/api/3/users/{id}/asset_groups"}
)
_ITEM = MappingProxyType(
    {
        SITE: "/api/3/users/{id}/sites/{siteId}",
        ASSET_GROUP: "/api/3/users/{id}/asset_groups/{assetGroupId}",
    }
)
_ITEM_ID = MappingProxyType({SITE: "siteId", ASSET_GROUP: "assetGroupId"})

_AT_ONCE_FROM = 3
"""From as many changes on, one PUT of the whole list takes fewer calls than one for each."""

Failures = dict[str, VendorError]
"""Native id of a site or asset group to what went wrong with it."""


class AccessLists:
    """Reads and changes the lists. What is changed is read again before it counts as done."""

    def __init__(self, client: InsightVMClient, target: str) -> None:
        self._client = client
        self._target = target

    def read(self, kind: str, user_id: str) -> frozenset[str]:
        """The ids in a list. Raises `VendorNotFound` if the user is gone."""
        body = self._client.call("GET", _LIST[kind], at={"id": user_id})
        return frozenset(map(str, resources(body, f"{self._target}: GET {_LIST[kind]}")))

    def put_back(self, kind: str, user_id: str, ids: frozenset[str]) -> None:
        """Make a list hold ``ids``, and nothing else that it did not hold before.

        Those that the console no longer has are left out. Raises `VendorUnavailable` if another
        one does not show afterwards.
        """
        for each, error in self._add(kind, user_id, ids, whole=ids).items():
            if not isinstance(error, VendorNotFound | VendorRejected):
                raise error
            logger.warning("%s: %s", self._about(kind, user_id, each), error.reason)

    def clear(self, kind: str, user_id: str) -> None:
        """Take everything off a list."""
        self._write(kind, user_id, frozenset())

    def add(self, kind: str, user_id: str, ids: Collection[str]) -> Failures:
        """Put ``ids`` on a list; what failed."""
        added = frozenset(ids)
        many = len(added) >= _AT_ONCE_FROM
        return self._add(kind, user_id, added, self.read(kind, user_id) | added if many else None)

    def remove(self, kind: str, user_id: str, ids: Collection[str]) -> Failures:
        """Take ``ids`` off a list; what failed. What is not on it any more has not."""
        gone = frozenset(ids)
        many = len(gone) >= _AT_ONCE_FROM
        whole = self.read(kind, user_id) - gone if many else None
        failures = self._change("DELETE", kind, user_id, gone, whole)
        return {
            each: failures.get(each)
            or AccessRemains(f"{self._about(kind, user_id, each)} is still there")
            for each in gone & self.read(kind, user_id)
        }

    def _add(
        self, kind: str, user_id: str, ids: frozenset[str], whole: frozenset[str] | None
    ) -> Failures:
        failures = self._change("PUT", kind, user_id, ids, whole)
        missing = ids - failures.keys() - self.read(kind, user_id)
        return failures | {
            each: VendorUnavailable(f"{self._about(kind, user_id, each)} does not show")
            for each in missing
        }

    def _change(
        self,
        method: str,
        kind: str,
        user_id: str,
        ids: frozenset[str],
        whole: frozenset[str] | None,
    ) -> Failures:
        """Add or remove ``ids``: all at once if the ``whole`` list is given, else one by one."""
        if whole is not None:
            try:
                self._write(kind, user_id, whole)
            except (VendorRejected, VendorNotFound):
                pass  # one of them is not there, and each by itself shows which
            else:
                return {}
        failures: Failures = {}
        for each in sorted(ids):
            at = {"id": user_id, _ITEM_ID[kind]: each}
            try:
                self._client.call(method, _ITEM[kind], at=at)
            except VendorError as error:
                failures[each] = error
        return failures

    def _write(self, kind: str, user_id: str, wanted: frozenset[str]) -> None:
        if wanted:
            numbers = sorted(map(int, wanted))
            self._client.call("PUT", _LIST[kind], at={"id": user_id}, json=numbers)
        else:
            self._client.call("DELETE", _LIST[kind], at={"id": user_id})

    def _about(self, kind: str, user_id: str, native_id: str) -> str:
        return f"{self._target}: access of user {user_id} to {kind} {native_id}"
