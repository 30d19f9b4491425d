"""What can be asked of response policies, and of the hosts that are their members, in FQL.

Only properties that have been seen to work (falcon-mcp ``resources/policies.py``, live-validated):
one that a route does not support finds nothing instead of failing. The attributes of both schemas
that stand here always have a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from scimbridge.connectors.falcon.fql import (
    Literal,
    Property,
    Query,
    Vocabulary,
    joined,
    quoted,
    speakable,
    wildcard,
)
from scimbridge.scim.datetimes import parse_instant

PLATFORMS: Final = ("Windows", "Mac", "Linux")
VENDOR_ID: Final = re.compile(r"[0-9a-f]{32}")
"""The id of a policy, a host group or a host (its agent id)."""

_SECOND: Final = timedelta(seconds=1)


def equal(field: str, value: str) -> Query | None:
    """A query for what has this value; None if the value cannot be said."""
    return Query(f"{field}:{quoted(value)}", exact=True) if speakable(value) else None


def resembling(name: str) -> Query | None:
    """A query for the policies of this name, and others of a similar one.

    ``~`` ignores case and, in places, punctuation; equality misses most custom names.
    """
    if not speakable(name) or not any(each.isalnum() for each in name):
        return None
    return Query(f"name:~{quoted(name)}")


def _id(field: str) -> Property:
    def condition(op: str, value: Literal) -> Query | None:
        known = op == "eq" and isinstance(value, str) and VENDOR_ID.fullmatch(value)
        return equal(field, str(value)) if known else None

    return condition


def _flag(field: str) -> Property:
    def condition(op: str, value: Literal) -> Query | None:
        if op not in ("eq", "ne") or not isinstance(value, bool):
            return None
        return Query(f"{field}:{str(value is (op == 'eq')).lower()}", exact=True)

    return condition


def _choice(field: str, values: Iterable[str]) -> Property:
    """Of a few known values, which the vendor is asked for as it spells them."""
    spellings = {value.lower(): value for value in values}

    def condition(op: str, value: Literal) -> Query | None:
        known = spellings.get(value.lower()) if isinstance(value, str) else None
        return equal(field, known) if known is not None and op == "eq" else None

    return condition


def _instant(field: str) -> Property:
    """In whole seconds, which is all that is documented; rounded so that nothing is missed."""

    def condition(op: str, value: Literal) -> Query | None:
        if not isinstance(value, str):
            return None
        try:
            moment = parse_instant(value)
            begin = moment.replace(microsecond=0)
            end = begin + _SECOND
        except (ValueError, OverflowError):
            return None
        whole = moment == begin
        if op == "lt" and whole:
            end = begin
        since = Query(f"{field}:>={_said(begin)}", exact=whole and op == "ge")
        until = Query(f"{field}:<{_said(end)}", exact=whole and op == "lt")
        match op:
            case "ge" | "gt":
                return since
            case "le" | "lt":
                return until
            case "eq":
                return joined("+", since, until)
        return None

    return condition


def _name(op: str, value: Literal) -> Query | None:
    return resembling(value) if op == "eq" and isinstance(value, str) else None


def _text(field: str) -> Property:
    """Of an attribute that minds case; the vendor may not, and then finds more."""

    def condition(op: str, value: Literal) -> Query | None:
        if not isinstance(value, str) or not speakable(value):
            return None
        said = quoted(value) if op == "eq" else wildcard(op, value)
        return None if said is None else Query(f"{field}:{said}")

    return condition


def _said(moment: datetime) -> str:
    return f"'{moment.replace(tzinfo=None).isoformat()}Z'"


POLICIES: Final[Vocabulary] = MappingProxyType(
    {
        "id": _id("id"),
        "name": _name,
        "platformName": _choice("platform_name", PLATFORMS),
        "enabled": _flag("enabled"),
        "meta.created": _instant("created_timestamp"),
        "meta.lastModified": _instant("modified_timestamp"),
    }
)
"""Of a policy. A part of a name is not asked for: whether ``~`` finds parts of words is unknown."""

MEMBERS: Final[Vocabulary] = MappingProxyType(
    {
        "id": _id("device_id"),
        "hostname": _text("hostname"),
        "platformName": _choice("platform_name", PLATFORMS),
        "status": _choice(
            "status", ("normal", "containment_pending", "contained", "lift_containment_pending")
        ),
    }
)
"""Of a host."""
