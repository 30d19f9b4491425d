"""A page of a Flight Control query that is a page of what was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.http import Params
from scimbridge.connectors.interface import RecordQuery

_MOST = 1000
"""The largest ``limit`` of the ``/mssp/queries`` routes (vendor documentation)."""


@dataclass(frozen=True, slots=True)
class IdPage:
    """Ids in the vendor's order, and how many there are over all pages."""

    ids: list[str]
    total: int


def ids_of_page(
    client: FalconClient, route: str, params: Params, query: RecordQuery
) -> IdPage | None:
    """The page of ``query``; ``params`` say what is asked for and in which order.

    None if the vendor gives no such page at once. Raises `VendorError`.
    """
    if query.count > _MOST:
        return None
    # A limit of 0 is not documented: one is asked for where the total alone is wanted.
    window = {"offset": query.offset, "limit": max(1, query.count)}
    reply = client.call("GET", route, params={**params, **window})
    if reply.total is None:
        return None
    return IdPage([str(each) for each in reply.resources[: query.count]], reply.total)
