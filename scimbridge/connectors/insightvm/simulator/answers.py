"""The console's answers: pretty-printed JSON with hypermedia links, and its errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from flask import Request, Response

Link = dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers with."""

    body: Mapping[str, Any]
    """Complete, with its ``links``."""
    created: str | None = None
    """The absolute URL of what was made, for ``Location``."""
    documented_status: int = 200
    """The success that the specification lists."""


class Refusal(Exception):
    """The request is refused with an HTTP error status."""

    def __init__(self, status: int, message: str, *, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s
        """For ``Retry-After``; 0 for none."""


def own_url(request: Request) -> str:
    """The absolute URL of a request, percent-encoded, without its query."""
    return request.host_url + quote(request.path[1:])


def render(answer: Answer, method: str, success_codes: str) -> Response:
    """The answer as HTTP, with a success code as the switch ``success_codes`` says."""
    status = _status(answer, method, success_codes)
    if status == 204:
        return Response(status=204)
    response = _json(answer.body, status)
    if answer.created and status == 201:
        response.headers["Location"] = answer.created
    return response


def render_error(request: Request, refusal: Refusal) -> Response:
    """An error. Its ``status`` is a string, says the specification."""
    status = refusal.status
    links = [{"href": own_url(request), "rel": "self"}]
    response = _json({"status": str(status), "message": refusal.message, "links": links}, status)
    if refusal.retry_after_s:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def _status(answer: Answer, method: str, success_codes: str) -> int:
    if success_codes == "strict_swagger":
        return answer.documented_status
    if success_codes == "guide":
        return {"POST": 201, "PUT": 201, "DELETE": 204}.get(method, 200)
    return 201 if answer.created else 200


def _json(body: Mapping[str, Any], status: int) -> Response:
    return Response(
        orjson.dumps(body, option=orjson.OPT_INDENT_2),
        status,
        content_type="application/json;charset=UTF-8",
    )
