"""Cortex's answers: ``reply`` on the v1 routes, ``data`` on Platform IAM, and errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from http.client import responses
from typing import Any

from flask import Response, jsonify

from scimbridge.simulation.switches import Switches

_MESSAGES = {
    400: "Bad Request. Got an invalid JSON.",
    401: "Public API request unauthorized",
    402: "Unauthorized access. User does not have the required license type to run this API.",
    403: "Forbidden. Access was denied to this resource.",
    500: "An error occurred while processing XDR public API",
}
_INVALID = "The request contains invalid or missing parameters."
_NO_PERMISSION = "Insufficient permissions for api key"


class Family(Enum):
    """The two generations of routes."""

    V1 = "/public_api/v1/"
    IAM = "/platform/iam/v1/"

    @staticmethod
    def of(path: str) -> Family:
        """The family that a path belongs to; V1 for whatever belongs to none."""
        return Family.IAM if path.startswith(Family.IAM.value) else Family.V1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers with."""

    body: Any
    status: int = 200


def reply(value: Any) -> Answer:
    """The success of a v1 route."""
    return Answer({"reply": value})


def data(value: Any) -> Answer:
    """One thing of Platform IAM."""
    return Answer({"data": value})


def listing(items: Sequence[Any]) -> Answer:
    """All things of a kind; Platform IAM has no pages."""
    return Answer({"data": items, "metadata": {"total_count": len(items)}})


def done(message: str, status: int = 200) -> Answer:
    """The success of a write of Platform IAM: a sentence; the id of what is new is in it."""
    return Answer({"data": {"message": message}}, status)


class Refusal(Exception):
    """The request is refused with an HTTP error status and, mostly, a reason."""

    def __init__(self, status: int, reason: str | None = None) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


def render_refusal(refusal: Refusal, family: Family, switches: Switches) -> Response:
    """The error answer of a family of routes, in the form that the switches choose."""
    body = _error_body(refusal, family, switches)
    response = Response() if body is None else jsonify(body)
    response.status_code = refusal.status
    return response


def _error_body(refusal: Refusal, family: Family, switches: Switches) -> Any:
    status = refusal.status
    message = _MESSAGES.get(status) or responses.get(status, "Error")
    reason = _reason(refusal, switches)
    form = switches["error_form"]
    if form == "empty":
        return None
    if form == "root":
        return {"err_code": str(status), "err_msg": message, "err_extra": reason}
    if form == "details":
        return {"errorCode": str(status), "message": message, "details": reason}
    if family is Family.IAM and status == 400:
        metadata = {"err_extra": reason, "err_code": status}
        return {"data": {"err_msg": _INVALID, "metadata": metadata}}
    if family is Family.IAM and status == 500:
        return None  # specified without a body
    error = {"err_code": status, "err_msg": message, "err_extra": reason}
    return {"reply": {**error, "metadata": {}} if status == 403 else error}


def _reason(refusal: Refusal, switches: Switches) -> Any:
    text = refusal.reason
    if text is None and refusal.status == 403:
        text = _NO_PERMISSION
    if text is None or switches["err_extra"] == "text":
        return text
    return [{"type": "value_error", "loc": ["request_data"], "msg": text, "input": None}]
