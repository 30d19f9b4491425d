"""One case's talk with the server: what was said, and what was found wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from conformance.ledger import Ledger
from conformance.masking import Masker
from conformance.model import Evidence, Json
from conformance.variables import Variables
from conformance.wire import Exchange, ForeignUrlError, Response, Wire

SCIM_HEADERS: Mapping[str, str] = {"Accept": "application/scim+json"}
SCIM_BODY = "application/scim+json"


class Abandoned(Exception):
    """The case cannot go on; what is wrong is already noted in the conversation."""


@dataclass(slots=True)
class Conversation:
    """What a case uses to talk, and where it notes what it finds."""

    wire: Wire
    ledger: Ledger
    variables: Variables
    problems: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    blamed: set[int] = field(default_factory=set)
    """Positions in ``exchanges`` of those that a problem is about."""

    def say(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str | None] = SCIM_HEADERS,
        body: Json = None,
        label: str = "",
    ) -> Response:
        """Send one request and return its response.

        A string body leaves as it is, any other value as compact JSON. The bearer token is added
        unless ``headers`` mention Authorization; a header whose value is None is not sent. No
        response at all is a problem and raises `Abandoned`.
        """
        payload = encoded(body)
        sent = {"Authorization": f"Bearer {self.wire.token}", **headers}
        if payload is not None:
            sent = {"Content-Type": SCIM_BODY, **sent}
        present = {name: value for name, value in sent.items() if value is not None}
        try:
            exchange = self.wire.send(method, path, headers=present, body=payload, label=label)
        except ForeignUrlError as error:
            self.abandon(str(error))
        self.exchanges.append(exchange)
        self.ledger.record(exchange)
        if exchange.response is None:
            self.abandon(f"{exchange.label}: no response ({exchange.error})")
        return exchange.response

    def blame(self, problem: str) -> None:
        """Note a problem with the latest exchange."""
        self.problems.append(problem)
        if self.exchanges:
            self.blamed.add(len(self.exchanges) - 1)

    def expect(self, holds: bool, problem: str) -> None:
        """Note ``problem`` unless ``holds``."""
        if not holds:
            self.blame(problem)

    def abandon(self, problem: str) -> NoReturn:
        """Note a problem that makes the rest of the case meaningless; raises `Abandoned`."""
        self.blame(problem)
        raise Abandoned(problem)

    def evidence(self, masker: Masker) -> tuple[Evidence, ...]:
        """Return the exchanges so far as the report may show them."""
        return tuple(
            masker.evidence(exchange, failed=position in self.blamed)
            for position, exchange in enumerate(self.exchanges)
        )


def encoded(body: Json) -> bytes | None:
    """Return the bytes of a body: none for None, text as it is, other values as compact JSON."""
    if body is None:
        return None
    if isinstance(body, str):
        return body.encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
