"""One request as a route sees it, and the reading of its parameters and body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from flask import Request

from scimbridge.connectors.falcon.simulator.envelope import Answer, Family, Page, Refusal
from scimbridge.connectors.falcon.simulator.records import Token
from scimbridge.connectors.falcon.simulator.state import FalconState
from scimbridge.simulation.switches import Switches

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request; the state's lock is held."""

    state: FalconState
    token: Token
    request: Request

    @property
    def switches(self) -> Switches:
        """The simulator's switches."""
        return self.state.switches

    @property
    def cid(self) -> str:
        """The CID that the token acts in."""
        return self.token.cid

    @property
    def visible_cids(self) -> set[str]:
        """The CIDs that the token sees."""
        return self.state.visible_cids(self.cid)

    # --- query parameters ------------------------------------------------------------------

    def parameter(self, name: str, default: str = "") -> str:
        """A query parameter, or ``default`` if it is absent."""
        return self.request.args.get(name, default)

    def required(self, name: str) -> str:
        """A query parameter that must be there. Raises `Refusal` 400."""
        value = self.parameter(name)
        if not value:
            _refuse(f"{name} is required")
        return value

    def repeated(self, name: str, *, maximum: int | None = None) -> list[str]:
        """All values of a repeated key, at least one. Raises `Refusal` 400."""
        values = self.request.args.getlist(name)
        if not values or not all(values):
            _refuse(f"{name} is required")
        if maximum is not None and len(values) > maximum:
            _refuse(f"{name} takes at most {maximum} values")
        return values

    def flag(self, name: str) -> bool:
        """A boolean, false if absent; anything but lower-case true or false is refused."""
        text = self.parameter(name, "false")
        if text not in ("true", "false"):
            _refuse(f"{name}={text!r} is not a boolean")
        return text == "true"

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        """One of ``choices``. Raises `Refusal` 400."""
        value = self.parameter(name) or default
        if value not in choices:
            _refuse(f"{name}={value!r} is not one of {', '.join(choices)}")
        return value

    def page(
        self, items: Sequence[Item], *, default: int, maximum: int
    ) -> tuple[Sequence[Item], Page]:
        """The slice of ``items`` that ``offset`` and ``limit`` ask for."""
        offset = self._number("offset", 0)
        limit = self._number("limit", default)
        if offset < 0:
            _refuse(f"offset={offset} is below 0")
        if not 1 <= limit <= maximum:
            if self.switches["limit_out_of_range"] == "reject":
                _refuse(f"limit={limit} is not between 1 and {maximum}")
            limit = min(max(limit, 1), maximum)
        return items[offset : offset + limit], Page(offset, limit, len(items))

    def _number(self, name: str, default: int) -> int:
        text = self.parameter(name) or str(default)
        try:
            return int(text)
        except ValueError:
            _refuse(f"{name}={text!r} is not a whole number")

    # --- body ------------------------------------------------------------------------------

    def body(self) -> Any:
        """The JSON body. Raises `Refusal` 400 if there is none."""
        parsed = self.request.get_json(force=True, silent=True)
        if parsed is None:
            _refuse("the body is not JSON")
        return parsed

    def body_object(self) -> dict[str, Any]:
        """The JSON body, which must be an object. Raises `Refusal` 400."""
        body = self.body()
        if not isinstance(body, dict):
            _refuse("the body is not a JSON object")
        return body

    def body_ids(self, *, maximum: int) -> list[str]:
        """``ids`` of the body, at least one. Raises `Refusal` 400."""
        ids = texts(self.body_object(), "ids")
        if not ids:
            _refuse("ids is required")
        if len(ids) > maximum:
            _refuse(f"ids takes at most {maximum} values")
        return ids


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the vendor's API."""

    method: str
    path: str
    scope: str
    family: Family
    view: Callable[[Call], Answer]


def text(body: dict[str, Any], name: str, *, required: bool = False) -> str:
    """A string of a JSON object; absent and null are the empty string. Raises `Refusal` 400."""
    value = "" if body.get(name) is None else body[name]
    if not isinstance(value, str):
        _refuse(f"{name} is not a string")
    if required and not value:
        _refuse(f"{name} is required")
    return value


def texts(body: dict[str, Any], name: str) -> list[str]:
    """A list of strings of a JSON object; absent and null are empty. Raises `Refusal` 400."""
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        _refuse(f"{name} is not a list of strings")
    return values


def _refuse(message: str) -> NoReturn:
    raise Refusal(400, message)
