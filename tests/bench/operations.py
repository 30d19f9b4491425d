"""What is measured: each operation as the requests that one thread of the load generator sends."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from scimbridge.scim import urns
from tests.bench.tenant import GROUP_ID, Tenant, user_document, user_name

THREADS = 2
"""Of the load generator; each has requests of its own."""
_REQUESTS = 4_000
"""After so many a thread begins anew."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Below the server's SCIM base URL."""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    title: str
    requests: Callable[[Tenant, int, int], Iterator[Request]]
    """Takes the tenant, the number of the run and that of the thread; the requests are repeated
    when they are through."""
    goal: float | None = None
    """The fraction of the ceiling that is wanted."""


def _get(tenant: Tenant, run: int, thread: int) -> Iterator[Request]:
    for number in random.Random(thread).choices(tenant.members, k=_REQUESTS):
        yield Request("GET", f"/Users/{tenant.user_id(number)}")


def _get_outsider(tenant: Tenant, run: int, thread: int) -> Iterator[Request]:
    for number in random.Random(thread).choices(tenant.outsiders, k=_REQUESTS):
        yield Request("GET", f"/Users/{tenant.user_id(number)}")


def _find(tenant: Tenant, run: int, thread: int) -> Iterator[Request]:
    for number in random.Random(thread).choices(tenant.members, k=_REQUESTS):
        wanted = quote(f'userName eq "{user_name(number)}"')
        yield Request("GET", f"/Users?filter={wanted}")


def _list(tenant: Tenant, run: int, thread: int) -> Iterator[Request]:
    pages = tenant.size // 100
    for page in random.Random(thread).choices(range(pages), k=_REQUESTS):
        yield Request("GET", f"/Users?startIndex={100 * page + 1}&count=100")


def _create(tenant: Tenant, run: int, thread: int) -> Iterator[Request]:
    first = 10_000_000 + 1_000_000 * run + 100_000 * thread
    for number in range(first, first + 5 * _REQUESTS):
        yield Request("POST", "/Users", json.dumps(user_document(number)))


def _join(tenant: Tenant, run: int, thread: int) -> Iterator[Request]:
    """Outsiders join one by one and then leave one by one, so that each request is a change."""
    share = len(tenant.outsiders) // (4 * THREADS)
    first = tenant.outsiders.start + share * (run % 4 * THREADS + thread)
    ids = [tenant.user_id(number) for number in range(first, first + share)]
    for each in ids:
        yield _patch_members({"op": "add", "path": "members", "value": [{"value": each}]})
    for each in ids:
        yield _patch_members({"op": "remove", "path": f'members[value eq "{each}"]'})


def _patch_members(operation: dict[str, object]) -> Request:
    body = {"schemas": [urns.PATCH_OP], "Operations": [operation]}
    return Request("PATCH", f"/Groups/{GROUP_ID}?excludedAttributes=members", json.dumps(body))


def _get_group(tenant: Tenant, run: int, thread: int) -> Iterator[Request]:
    yield Request("GET", f"/Groups/{GROUP_ID}?excludedAttributes=members")


OPERATIONS = (
    Operation("get", "GET a user by id", _get, goal=0.65),
    Operation("get-outsider", "GET a user who is in no group", _get_outsider),
    Operation("find", "GET by `userName eq`", _find, goal=0.60),
    Operation("list", "GET a page of 100 users", _list, goal=0.50),
    Operation("create", "POST a user", _create),
    Operation("join", "PATCH one member into the group", _join, goal=0.30),
    Operation("get-group", "GET the group without members", _get_group),
)
