"""Lists in pages: ``page`` from 0, ``size`` of 10 by default and 500 at most, ``sort``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from scimbridge.connectors.insightvm.simulator.answers import Answer, Refusal
from scimbridge.connectors.insightvm.simulator.call import Call, absent

_DEFAULT_SIZE = 10
_LARGEST_SIZE = 500
_NUMBER = re.compile(r"[0-9]{1,9}")

Item = TypeVar("Item")


def paged(
    call: Call,
    items: Sequence[Item],
    show: Callable[[Item], Any],
    sortable: Mapping[str, Callable[[Item], Any]],
) -> Answer:
    """The page that the query asks for. Raises `Refusal` 400, and 404 beyond the end."""
    number = _number(call, "page", 0, smallest=0)
    size = _size(call)
    total_pages = -(-len(items) // size)
    if number > max(total_pages - 1, 0):
        raise absent(f"{call.request.path}?page={number}")
    ordered = _sorted(call, items, sortable)
    return Answer(
        {
            "resources": [show(each) for each in ordered[number * size : (number + 1) * size]],
            "page": {
                "number": number,
                "size": size,
                "totalPages": total_pages,
                "totalResources": len(items),
            },
            "links": _links(call, number, size, total_pages),
        }
    )


def _size(call: Call) -> int:
    size = _number(call, "size", _DEFAULT_SIZE, smallest=1)
    if size > _LARGEST_SIZE and call.switches["oversized_page"] == "reject":
        raise Refusal(400, f"size={size} is more than {_LARGEST_SIZE}.")
    return min(size, _LARGEST_SIZE)


def _number(call: Call, name: str, default: int, *, smallest: int) -> int:
    text = call.request.args.get(name, str(default))
    if not _NUMBER.fullmatch(text) or int(text) < smallest:
        raise Refusal(400, f"{name}={text!r} is not a whole number from {smallest}.")
    return int(text)


def _sorted(
    call: Call, items: Sequence[Item], sortable: Mapping[str, Callable[[Item], Any]]
) -> Sequence[Item]:
    # The first criterion counts most, so it is sorted by last.
    for criterion in reversed(call.request.args.getlist("sort")):
        name, _, direction = criterion.partition(",")
        if name not in sortable or direction.upper() not in ("", "ASC", "DESC"):
            raise Refusal(400, f"sort={criterion!r} names no sortable property and direction.")
        key = sortable[name]
        items = sorted(
            items,
            key=lambda item, key=key: (key(item) is not None, key(item)),  # type: ignore[misc]
            reverse=direction.upper() == "DESC",
        )
    return items


def _links(call: Call, number: int, size: int, total_pages: int) -> list[dict[str, str]]:
    last = max(total_pages - 1, 0)
    pages = {"first": 0, "self": number, "last": last}
    if number > 0:
        pages["prev"] = number - 1
    if number < last:
        pages["next"] = number + 1
    url = call.self_link()["href"]
    others = [
        (name, value)
        for name, value in call.request.args.items(multi=True)
        if name not in ("page", "size")
    ]
    return [
        {"href": f"{url}?{urlencode([*others, ('page', page), ('size', size)])}", "rel": rel}
        for rel, page in pages.items()
    ]
