"""One request as a route sees it, and the reading of its path, query and body."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import quote

import orjson
from flask import Request

from scimbridge.connectors.insightvm.simulator.answers import Answer, Link, Refusal, own_url
from scimbridge.connectors.insightvm.simulator.records import AssetCollection, Kind, Role, User
from scimbridge.connectors.insightvm.simulator.state import ConsoleState
from scimbridge.simulation.switches import Switches

API = "api/3"

Thing = TypeVar("Thing")


class Who(Enum):
    """Who may call a route. To anybody else it does not exist: 404."""

    ANYBODY = "whoever is signed in"
    SELF = "the user of the path"
    ADMINISTRATOR = "global administrators"
    ADMINISTRATOR_OR_SELF = "global administrators and the user of the path"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the vendor's API; ``path`` is what follows ``/api/3``."""

    method: str
    path: str
    view: Callable[[Call], Answer]
    who: Who = Who.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request; the state's lock is held."""

    state: ConsoleState
    actor: User
    """Who calls."""
    request: Request
    arguments: Mapping[str, Any]
    """The variables of the path."""

    @property
    def switches(self) -> Switches:
        """The simulator's switches."""
        return self.state.switches

    # --- links -----------------------------------------------------------------------------

    def href(self, *segments: object) -> str:
        """The absolute URL of a resource; a segment may hold spaces."""
        return "/".join(
            (self.request.host_url + API, *(quote(str(each), safe="") for each in segments))
        )

    def link(self, rel: str, *segments: object) -> Link:
        """A link to a resource."""
        return {"href": self.href(*segments), "rel": rel}

    def self_link(self) -> Link:
        """A link to what was asked for, without the query."""
        return {"href": own_url(self.request), "rel": "self"}

    def done(self) -> Answer:
        """The answer of a change that has nothing else to say."""
        return Answer({"links": [self.self_link()]})

    def listed(self, resources: Sequence[Any]) -> Answer:
        """An unpaged list."""
        return Answer({"resources": resources, "links": [self.self_link()]})

    # --- path ------------------------------------------------------------------------------

    def user(self, name: str = "id") -> User:
        """The user that the path names. Raises `Refusal` 404."""
        return self._found(self.state.users.get(self.arguments[name]))

    def role(self) -> Role:
        """The role that the path names. Raises `Refusal` 404."""
        return self._found(self.state.roles.get(self.arguments["id"]))

    def collection(self, kind: Kind, name: str = "id") -> AssetCollection:
        """The site or asset group that the path names. Raises `Refusal` 404."""
        return self._found(self.state.collections[kind].get(self.arguments[name]))

    def _found(self, thing: Thing | None) -> Thing:
        if thing is None:
            raise absent(self.request.path)
        return thing

    # --- body ------------------------------------------------------------------------------

    def body(self) -> Any:
        """The JSON body. Raises `Refusal` 400 if there is none."""
        try:
            return orjson.loads(self.request.get_data())
        except ValueError:
            raise Refusal(400, "The body is not valid JSON.") from None

    def body_object(self) -> dict[str, Any]:
        """The JSON body, which must be an object. Raises `Refusal` 400."""
        body = self.body()
        if not isinstance(body, dict):
            raise Refusal(400, "The body is not a JSON object.")
        return body

    def body_ids(self) -> frozenset[int]:
        """The body as a bare array of whole numbers, none of them twice. Raises `Refusal` 400."""
        body = self.body()
        if not isinstance(body, list) or not all(type(each) is int for each in body):
            raise Refusal(400, "The body is not a JSON array of identifiers.")
        return frozenset(body)

    def body_text(self) -> str:
        """The body as a bare string, quoted or not (``bare_string_bodies``)."""
        raw = self.request.get_data(as_text=True).strip()
        try:
            text = orjson.loads(raw)
        except ValueError:
            text = None
        if not isinstance(text, str) and self.switches["bare_string_bodies"] == "either":
            text = raw
        if not isinstance(text, str) or not text:
            raise Refusal(400, "The body is not a string.")
        return text


def absent(path: str) -> Refusal:
    """The answer to a resource that is not there, or that the caller may not know of."""
    return Refusal(404, f"The resource {path} does not exist or is not available to the caller.")
