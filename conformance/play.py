"""Playing a transcript: fill in the variables, send, compare, keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote, quote_plus

from conformance.assertions import broken_demands
from conformance.conversation import Conversation
from conformance.model import Case, Json
from conformance.paths import MISSING, find
from conformance.shapes import SHAPES
from conformance.transcript import Expectation, Step, Transcript
from conformance.variables import UnboundVariableError
from conformance.wire import Response

LOOSE = "[]@:/,='()!*"
"""What clients that encode only the necessary leave as it is."""


def case_of(transcript: Transcript) -> Case:
    """Return the transcript as a case that can be played."""

    def play(conversation: Conversation) -> None:
        for step in transcript.steps:
            _play_step(step, conversation)

    return Case(transcript.info, play, transcript.requires)


def _play_step(step: Step, conversation: Conversation) -> None:
    for number in range(1, step.repeat + 1):
        conversation.variables.bind("n", number)
        alias = f"{step.alias}{number}" if step.alias and step.repeat > 1 else step.alias
        try:
            _play_once(replace(step, alias=alias), conversation)
        except UnboundVariableError as error:
            conversation.abandon(f"{step.method} {step.target}: {error}")


def _play_once(step: Step, conversation: Conversation) -> None:
    variables = conversation.variables
    if step.alias is not None:
        name = f"{step.alias}-{variables.get('unique')}"
        variables.bind("self", name)
        variables.bind(f"{step.alias}.name", name)
    response = conversation.say(
        step.method,
        _target(step, conversation),
        headers=variables.render(dict(step.headers)),
        body=variables.render(step.body),
        label=f"{step.method} {variables.render(step.target)}",
    )
    variables.bind("status", str(response.status))
    _check(response, step.expect, conversation)
    _keep(response, step, conversation)


def _target(step: Step, conversation: Conversation) -> str:
    target = str(conversation.variables.render(step.target))
    if not step.query:
        return target
    query = conversation.variables.render(dict(step.query))
    pairs = "&".join(f"{name}={_encoded(value, step.encoding)}" for name, value in query.items())
    return f"{target}?{pairs}"


def _encoded(value: Json, encoding: str) -> str:
    if encoding == "form":
        return quote_plus(str(value))
    return quote(str(value), safe=LOOSE if encoding == "loose" else "")


def _check(response: Response, expect: Expectation, conversation: Conversation) -> None:
    if not _accepts(expect.status, response.status):
        wanted = " or ".join(str(code) for code in expect.status)
        conversation.abandon(f"expected status {wanted}, got {response.status}")
    for problem in _differences(response, expect, conversation):
        conversation.blame(problem)


def _accepts(codes: tuple[int | str, ...], status: int) -> bool:
    return status in codes or f"{status // 100}xx" in codes


def _differences(
    response: Response, expect: Expectation, conversation: Conversation
) -> Iterator[str]:
    variables = conversation.variables
    yield from _broken_headers(response, variables.render(dict(expect.headers)))
    demands = {**(SHAPES[expect.shape] if expect.shape else {}), **expect.body}
    if demands and response.status != 204:
        yield from broken_demands(response.json, variables.render(demands))
    for text in variables.render(list(expect.lacks)):
        if text in response.text:
            yield f"the response contains {text!r}, which must never be shown"
    if expect.within_ms is not None and response.elapsed_ms > expect.within_ms:
        yield f"expected an answer within {expect.within_ms} ms, got it after {response.elapsed_ms}"


def _broken_headers(response: Response, demands: Mapping[str, str | None]) -> Iterator[str]:
    for name, pattern in demands.items():
        value = response.header(name)
        if pattern is None and value is not None:
            yield f"header {name}: expected none, got {value!r}"
        elif pattern is not None and (value is None or not re.search(pattern, value)):
            yield f"header {name}: expected a match of {pattern!r}, got {value!r}"


def _keep(response: Response, step: Step, conversation: Conversation) -> None:
    if step.alias is not None and response.status in (200, 201):
        _keep_one(step.alias, "id", response, conversation)
    for name, source in step.keep.items():
        _keep_one(name, source, response, conversation)


def _keep_one(name: str, source: str, response: Response, conversation: Conversation) -> None:
    path = str(conversation.variables.render(source))
    value = (
        response.header(path.removeprefix("header:"))
        if path.startswith("header:")
        else find(response.json, path)
    )
    if value is None or value is MISSING:
        conversation.abandon(f"{path}: expected a value to go on with, got nothing")
    conversation.variables.bind(name, value)
