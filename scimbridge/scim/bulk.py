"""Bulk requests (RFC 7644 section 3.7): in which order, and what ``bulkId:`` references mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scimbridge.errors import Conflict, InvalidValue
from scimbridge.scim.envelopes import BulkOperation

PREFIX: Final = "bulkId:"


def references(operation: BulkOperation) -> frozenset[str]:
    """The bulkIds that ``operation`` refers to, in its path or anywhere in its data."""
    return frozenset(_found(operation.path.split("/"))) | frozenset(_found(operation.data))


def resolved(value: Any, ids: Mapping[str, str]) -> Any:
    """``value`` with each reference replaced by the id of what was created."""
    if isinstance(value, str):
        name = _reference(value)
        return value if name is None else ids.get(name, value)
    if isinstance(value, Mapping):
        return {key: resolved(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(each, ids) for each in value]
    return value


def resolved_path(path: str, ids: Mapping[str, str]) -> str:
    """``path`` with a reference in place of an id replaced."""
    return "/".join(str(resolved(part, ids)) for part in path.split("/"))


def execution_order(operations: Sequence[BulkOperation]) -> list[int]:
    """Indices in an order in which each operation follows those that it refers to.

    Otherwise as sent. Raises `InvalidValue` for a reference to nothing or a repeated bulkId, and
    `Conflict` for references in a circle, which no order can satisfy (section 3.7.1).
    """
    definers = _definers(operations)
    order: list[int] = []
    waiting = list(range(len(operations)))
    while waiting:
        ready = [
            index
            for index in waiting
            if all(definers[name] in order for name in references(operations[index]))
        ]
        if not ready:
            names = ", ".join(sorted(str(operations[index].bulk_id) for index in waiting))
            raise Conflict(f"the operations {names} refer to each other in a circle")
        order += ready
        waiting = [index for index in waiting if index not in set(ready)]
    return order


def _definers(operations: Sequence[BulkOperation]) -> dict[str, int]:
    definers: dict[str, int] = {}
    for index, operation in enumerate(operations):
        if operation.method == "POST" and operation.bulk_id is not None:
            if operation.bulk_id in definers:
                raise InvalidValue(f"the bulkId {operation.bulk_id} is used twice")
            definers[operation.bulk_id] = index
    for operation in operations:
        for name in references(operation) - definers.keys():
            raise InvalidValue(f"{PREFIX}{name} refers to no POST of this request")
    return definers


def _found(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        name = _reference(value)
        if name is not None:
            yield name
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _found(each)
    elif isinstance(value, list):
        for each in value:
            yield from _found(each)


def _reference(text: str) -> str | None:
    return text.removeprefix(PREFIX) if text.startswith(PREFIX) else None
