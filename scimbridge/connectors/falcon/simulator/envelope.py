"""Falcon's answers: ``{"meta", "resources", "errors"}``, as each family of routes writes them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, g, jsonify


@dataclass(frozen=True, slots=True)
class Family:
    """How one group of routes fills the envelope."""

    powered_by: str | None
    lists_always: bool
    """``resources`` and ``errors`` are there even when there is nothing to say (``msa.*``)."""


USER_MANAGEMENT = Family("cs.flightcontrolapi", lists_always=False)
LEGACY_USERS = Family(None, lists_always=True)
FLIGHT_CONTROL = Family("cs.flightcontrolapi", lists_always=True)
POLICIES = Family(None, lists_always=True)
SENSORS = Family(None, lists_always=True)
TOKEN_ROUTES = Family("csam", lists_always=False)
GATEWAY = Family("crowdstrike-api-gateway", lists_always=False)


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One entry of ``errors``."""

    code: int
    message: str
    item_id: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON."""
        entry: dict[str, Any] = {"code": self.code, "message": self.message}
        return entry if self.item_id is None else {**entry, "id": self.item_id}


@dataclass(frozen=True, slots=True)
class Page:
    """``meta.pagination``."""

    offset: int
    limit: int
    total: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers with."""

    resources: Sequence[Any] | None = None
    """None: the answer has no resources at all (``ReplyMetaOnly``)."""
    status: int = 200
    page: Page | None = None
    errors: tuple[ErrorItem, ...] = ()
    affected: int | None = None
    """``meta.writes.resources_affected``."""


class Refusal(Exception):
    """The request is refused as a whole with an HTTP error status."""

    def __init__(self, status: int, *messages: str, family: Family | None = None) -> None:
        super().__init__(*messages)
        self.status = status
        self.errors = [ErrorItem(status, message) for message in messages]
        self.family = family
        """Set where another part than the route itself refuses: the gateway."""


def render(answer: Answer, family: Family, *, null_errors: bool = False) -> Response:
    """The answer as JSON. ``null_errors``: an ``errors`` key without errors is null."""
    body: dict[str, Any] = {"meta": _meta(family, answer)}
    if answer.resources is not None:
        body["resources"] = answer.resources
    if answer.errors:
        body["errors"] = [error.as_dict() for error in answer.errors]
    elif null_errors:
        body["errors"] = None
    elif family.lists_always:
        body["errors"] = []
    response = jsonify(body)
    response.status_code = answer.status
    return response


def render_refusal(status: int, errors: Iterable[ErrorItem], family: Family) -> Response:
    """An error answer; the ``msa.*`` families have ``resources: null`` in it."""
    body: dict[str, Any] = {
        "meta": _meta(family),
        "errors": [error.as_dict() for error in errors],
    }
    if family.lists_always:
        body["resources"] = None
    response = jsonify(body)
    response.status_code = status
    return response


def trace_id() -> str:
    """The id of the present request, in ``meta`` and in the ``X-CS-TRACEID`` header."""
    if "trace_id" not in g:
        g.trace_id = str(uuid.uuid4())
    return str(g.trace_id)


def _meta(family: Family, answer: Answer | None = None) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "query_time": time.perf_counter() - g.get("started", time.perf_counter()),
        "trace_id": trace_id(),
    }
    if family.powered_by:
        meta["powered_by"] = family.powered_by
    if answer and answer.page:
        page = answer.page
        meta["pagination"] = {"offset": page.offset, "limit": page.limit, "total": page.total}
    if answer and answer.affected is not None:
        meta["writes"] = {"resources_affected": answer.affected}
    return meta
