"""The ``filter`` parameter of the query routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from scimbridge.connectors.falcon.simulator import fql
from scimbridge.connectors.falcon.simulator.call import Call
from scimbridge.connectors.falcon.simulator.envelope import Refusal

Item = TypeVar("Item")


def filtered(
    call: Call,
    items: Iterable[Item],
    fields: Mapping[str, Callable[[Item], Any]],
    *,
    holds: Callable[[fql.Term, Any], bool] = fql.holds,
    unsupported: str = "reject",
) -> list[Item]:
    """The items for which the request's filter holds; all of them if it has none.

    ``fields`` gives an item's value for every field that can be filtered; another field is refused
    or, with ``unsupported="empty"``, makes the whole filter find nothing. Raises `Refusal` 400.
    """
    if not call.parameter("filter"):
        return list(items)
    try:
        expression = fql.parse(call.parameter("filter"))
    except fql.FqlError as error:
        raise Refusal(400, f"invalid filter: {error}") from error
    unknown = {term.field for term in fql.terms(expression)} - set(fields)
    if unknown and unsupported == "reject":
        raise Refusal(400, f"invalid filter: unsupported {', '.join(sorted(unknown))}")
    if unknown:
        return []

    def found(item: Item) -> bool:
        return fql.evaluate(expression, lambda term: holds(term, fields[term.field](item)))

    return [item for item in items if found(item)]
