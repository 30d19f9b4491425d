"""Many processes of the bridge at once, on one database and one vendor."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.reliability import checks
from tests.reliability.kills import recover
from tests.reliability.scenarios import READERS, patch
from tests.reliability.stage import Request, Stage


def at_once(stage: Stage, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each act returned, in a process of its own; none begins before all are there."""
    waiting, opening = os.pipe()

    def held(act: Callable[[], Any]) -> Callable[[Callable[[Any], None]], Any]:
        def run(_say: Callable[[Any], None]) -> Any:
            os.close(opening)
            os.read(waiting, 1)  # ends when the last process has closed the other side
            return act()

        return run

    children = [stage.act(held(act)) for act in acts]
    os.close(opening)
    results = [child.end().result[0] for child in children]
    os.close(waiting)
    return results


def alone(stage: Stage, act: Callable[[], Any]) -> Any:
    """What the act returned, in a process of its own."""
    return stage.act(lambda _: act()).end().result[0]


@dataclass(frozen=True)
class Race:
    """``processes`` clients of one bridge process each; each adds ``members`` to one group."""

    stage: Stage
    processes: int
    members: int
    _ids: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        self.stage.expect(201, ("POST", "/Groups", {"displayName": READERS}))
        for client in range(-1, self.processes):
            for name in self._names(client):
                self.stage.add_account(name)
        self.stage.observe()
        self._ids.update(checks.ids(self.stage))

    def rehearse(self) -> None:
        """One more client, whose members are forgotten."""
        for name in self._names(-1):
            self.stage.expect(200, self._add(name))

    def run(self) -> list[str]:
        """Complaints after each client has added its members, one PATCH each."""
        stage = self.stage

        def add_all(client: int) -> Callable[[], list[int]]:
            requests = [self._add(name) for name in self._names(client)]
            return lambda: [stage.send(each).status_code for each in requests]

        def look() -> Any:
            recover(stage)
            return checks.picture(stage), checks.complaints(stage)

        with stage.play():
            answers = at_once(stage, [add_all(client) for client in range(self.processes)])
            picture, said = alone(stage, look)
        wanted = [name for client in range(self.processes) for name in self._names(client)]
        shown, grants = picture.scim["groups"][READERS], picture.vendor["grants"]
        return [
            *(f"{name} is lost" for name in wanted if name not in shown or not grants.get(name)),
            *(
                f"{count} PATCHes were answered {status}"
                for status, count in Counter(each for some in answers for each in some).items()
                if status != 200
            ),
            *said,
        ]

    def _add(self, name: str) -> Request:
        operation = {"op": "add", "path": "members", "value": [{"value": self._ids[name]}]}
        return patch(f"/Groups/{self._ids[READERS]}", operation)

    def _names(self, client: int) -> list[str]:
        return [f"user{client}x{number}@example.com" for number in range(self.members)]
