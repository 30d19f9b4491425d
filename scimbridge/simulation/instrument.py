"""Request log, faults and latency around a vendor's Flask application."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.wrappers import Response as BaseResponse

from scimbridge.simulation.clock import Clock
from scimbridge.simulation.faults import ConnectionDropped, Fault, FaultPlan
from scimbridge.simulation.request_log import RecordedRequest, RequestLog

CONTROL_PREFIX = "/_sim"
"""Where the control routes live; requests there are neither logged nor failed."""

SLEEP = "scimbridge.simulation.sleep"
"""The WSGI environ key under which a transport may offer its own way to wait.

The loopback server offers one that its shutdown interrupts, the in-process transport one that only
counts, so that a hang costs a test no time.
"""

_PLACEHOLDER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_FORM_SECRET = re.compile(r"(?<![^&])(client_secret|password|token)=[^&]*")
_JSON_SECRET = re.compile(r'("password"\s*:\s*)"(?:[^"\\]|\\.)*"')
_BODY_LIMIT = 16_384


def instrument(
    app: Flask,
    log: RequestLog,
    faults: FaultPlan,
    *,
    refuse: Callable[[int], Response],
    secret_bodies: Collection[str] = (),
    clock: Clock = time.time,
) -> None:
    """Record every request to ``app`` in ``log`` and let ``faults`` befall them.

    ``refuse`` renders the vendor's own body for an error status; ``secret_bodies`` are the route
    templates whose whole body is a secret.
    """
    # Exceptions must reach the transport: `ConnectionDropped` is one, and a bug in a simulator must
    # not look like a vendor's 500.
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.before_request
    def arrive() -> Response | None:
        if request.path.startswith(CONTROL_PREFIX):
            return None
        route = _route_template()
        g.number = log.begin(_record(route, clock(), secret_bodies))
        _wait(faults.latency_s)
        g.fault = faults.take(request.method, route)
        if g.fault is not None and g.fault.when == "before":
            return _strike(g.fault, refuse)
        return None

    @app.after_request
    def depart(response: BaseResponse) -> BaseResponse:
        fault: Fault | None = g.get("fault")
        if fault is not None:
            if fault.when == "after":
                response = _strike(fault, refuse) or response
            response.headers.update(fault.headers)
            _spoil(response, fault)
        if "number" in g:
            log.finish(g.number, response.status_code)
        return response


def _strike(fault: Fault, refuse: Callable[[int], Response]) -> Response | None:
    _wait(fault.hang_s)
    if fault.drop:
        raise ConnectionDropped
    if fault.status is None:
        return None
    response = _answer(fault.status, fault.body, refuse)
    response.status_code = fault.status
    return response


def _spoil(response: BaseResponse, fault: Fault) -> None:
    """Have the body come byte by byte, or end in its middle, under its true length."""
    if not (fault.drip_s or fault.truncate):
        return
    body = response.get_data()
    response.content_length = len(body)
    response.response = _pieces(body, fault, request.environ.get(SLEEP, time.sleep))


def _pieces(body: bytes, fault: Fault, wait: Callable[[float], None]) -> Iterator[bytes]:
    end = len(body) // 2 if fault.truncate else len(body)
    step = 1 if fault.drip_s else max(1, end)
    for start in range(0, end, step):
        if fault.drip_s:
            wait(fault.drip_s)
        yield body[start : min(start + step, end)]
    if fault.truncate:
        raise ConnectionDropped


def _answer(status: int, body: Any, refuse: Callable[[int], Response]) -> Response:
    if body is None:
        return refuse(status)
    return Response(body, mimetype="text/html") if isinstance(body, str) else jsonify(body)


def _wait(seconds: float) -> None:
    if seconds > 0:
        request.environ.get(SLEEP, time.sleep)(seconds)


def _route_template() -> str | None:
    return _PLACEHOLDER.sub(r"{\1}", request.url_rule.rule) if request.url_rule else None


def _record(route: str | None, now: float, secret_bodies: Collection[str]) -> RecordedRequest:
    body = _without_secrets(request.get_data(as_text=True))[:_BODY_LIMIT]
    return RecordedRequest(
        method=request.method,
        route=route,
        path=request.path,
        query=request.args.to_dict(flat=False),
        content_type=request.content_type,
        user_agent=request.headers.get("User-Agent"),
        body="***" if route in secret_bodies else body,
        at=now,
    )


def _without_secrets(body: str) -> str:
    return _JSON_SECRET.sub(r'\1"***"', _FORM_SECRET.sub(r"\1=***", body))
