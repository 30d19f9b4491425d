"""Requests of Flight Control that name several things, some of which may fail: 207 Multi-Status."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

from scimbridge.connectors.falcon.simulator.call import Call
from scimbridge.connectors.falcon.simulator.envelope import Answer, ErrorItem, Refusal

Item = TypeVar("Item")


class ItemError(Exception):
    """One item of a request fails; the others are done."""

    def __init__(self, code: int, message: str, item_id: str | None = None) -> None:
        super().__init__(message)
        self.error = ErrorItem(code, message, item_id)


def unknown(item_id: str) -> ItemError:
    """The error for an id that does not exist."""
    return ItemError(404, f"{item_id} was not found", item_id)


def fail(status: int, message: str) -> NoReturn:
    """Refuse the whole request, or with 207 the item at hand."""
    if status == 207:
        raise ItemError(400, message)
    raise Refusal(status, message)


def resources(call: Call) -> list[dict[str, Any]]:
    """``resources`` of the body: at least one object. Raises `Refusal` 400."""
    items = call.body_object().get("resources")
    if not isinstance(items, list) or not items or not all(isinstance(i, dict) for i in items):
        raise Refusal(400, "resources is a list of at least one object")
    return items


def read(call: Call, items: Iterable[Item], show: Callable[[Item], Any]) -> Answer:
    """Show each item; ``show`` raises `ItemError` for those that fail."""
    shown, errors = _each(items, show)
    return _answer(call, shown, errors)


def write(call: Call, items: Iterable[Item], act: Callable[[Item, list[ErrorItem]], Any]) -> Answer:
    """Do each item; a refusal of the whole request leaves everything as it was.

    ``act`` returns the resource to show, raises `ItemError`, or does what can be done of an item
    (None: nothing) and adds the rest to the list of errors.
    """
    state = call.state
    before = state.flight_control.copy()
    partial: list[ErrorItem] = []
    with state.grants.changing(*state.users):
        try:
            shown, errors = _each(items, lambda item: act(item, partial))
            return _answer(call, shown, [*errors, *partial])
        except Refusal:
            state.flight_control = before
            raise


def _each(items: Iterable[Item], act: Callable[[Item], Any]) -> tuple[list[Any], list[ErrorItem]]:
    done, errors = [], []
    for item in items:
        try:
            shown = act(item)
        except ItemError as failure:
            errors.append(failure.error)
        else:
            done.extend([] if shown is None else [shown])
    return done, errors


def _answer(call: Call, shown: list[Any], errors: list[ErrorItem]) -> Answer:
    if not errors:
        return Answer(shown)
    status = 207
    if all(error.code == 404 for error in errors):
        name = "mssp_bad_id_of_several" if shown else "mssp_single_bad_id"
        status = call.switches[name]
    if status != 207:
        raise Refusal(status, *(error.message for error in errors))
    return Answer(shown, status=207, errors=tuple(errors))
