"""Reading what Flight Control has by id, in either generation of the routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.errors import VendorNotFound

Noun = Literal["user-group", "cid-group"]

_IDS_AT_A_TIME = 100
"""How many the vendor takes is not documented; so many keep the URL short enough for any proxy."""
_NOT_FOUND = 404
_CHILDREN = "/mssp/entities/children/GET/v2"
_LEGACY_CHILDREN = "/mssp/entities/children/v1"


class MsspReads:
    """The ``entities`` reads. Ids that the vendor does not know are left out."""

    def __init__(self, client: FalconClient, api: Literal["current", "legacy"]) -> None:
        self._client = client
        self._legacy = api == "legacy"

    def groups(self, noun: Noun, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Name, description and id of groups. Raises `VendorError`."""
        return self._read(f"/mssp/entities/{noun}s", noun, ids)

    def members(self, noun: Noun, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """All members of groups; the vendor has no paging here. Raises `VendorError`."""
        return self._read(f"/mssp/entities/{noun}-members", noun, ids)

    def children(self, cids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """The children with these customer ids. Raises `VendorError`."""
        if self._legacy:
            yield from read_by_ids(self._client, _LEGACY_CHILDREN, "ids", cids)
        else:
            yield from read_by_ids(self._client, _CHILDREN, "ids", cids, method="POST")

    def _read(self, route: str, noun: Noun, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        version, name = ("v1", f"{noun.replace('-', '_')}_ids") if self._legacy else ("v2", "ids")
        yield from read_by_ids(self._client, f"{route}/{version}", name, ids)


def read_by_ids(
    client: FalconClient,
    route: str,
    name: str,
    ids: Sequence[str],
    *,
    method: Literal["GET", "POST"] = "GET",
) -> Iterator[Mapping[str, Any]]:
    """What ``route`` shows of ``ids``: its repeated query parameter ``name``, or that of its body.

    Whether one unknown id fails the call or is an error beside the others is not documented: both
    leave out the unknown one. Raises `VendorError`.
    """
    for start in range(0, len(ids), _IDS_AT_A_TIME):
        yield from _chunk(client, method, route, name, ids[start : start + _IDS_AT_A_TIME])


def _chunk(
    client: FalconClient, method: str, route: str, name: str, ids: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    asked = {name: list(ids)}
    try:
        if method == "GET":
            reply = client.call_items(method, route, params=asked)
        else:
            reply = client.call_items(method, route, json=asked)
    except VendorNotFound:
        half = len(ids) // 2
        if half:
            yield from _chunk(client, method, route, name, ids[:half])
            yield from _chunk(client, method, route, name, ids[half:])
        return
    if any(error.code != _NOT_FOUND for error in reply.errors):
        raise client.item_failure(method, route, reply)
    yield from reply.resources
