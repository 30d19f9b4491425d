"""Many processes of the bridge at once, on one database and one vendor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.reliability import checks
from tests.reliability.kills import recover
from tests.reliability.processes import Child
from tests.reliability.scenarios import READERS, add, post
from tests.reliability.stage import Stage


@dataclass(frozen=True)
class Race:
    """``processes`` clients of one bridge process each; each adds ``members`` to one group."""

    stage: Stage
    processes: int
    members: int

    def prepare(self) -> None:
        self.stage.expect(201, ("POST", "/Groups", {"displayName": READERS}))
        for client in range(self.processes):
            for name in self._names(client):
                self.stage.add_account(name)
        self.stage.observe()

    def rehearse(self) -> None:
        """Nothing: the first request of each process is its own."""

    def members_lost(self) -> tuple[int, list[str]]:
        """How many are missing after all have added theirs, one PATCH each; and complaints."""

        def add_all(client: int) -> Callable[[Callable[[Any], None]], Any]:
            requests = [add(READERS, name) for name in self._names(client)]
            return lambda _: [self.stage.send(each(self.stage)).status_code for each in requests]

        def look(_say: Callable[[Any], None]) -> Any:
            recover(self.stage)
            return checks.picture(self.stage), checks.complaints(self.stage)

        with self.stage.play():
            statuses = self._run(add_all)
            picture, said = self.stage.act(look).end().result[0]
        wanted = {name for client in range(self.processes) for name in self._names(client)}
        lost = [name for name in wanted if name not in picture.scim["groups"][READERS]]
        without = [name for name in wanted if not picture.vendor["grants"].get(name)]
        said += [
            f"{count} PATCHes were answered {status}"
            for status, count in statuses.items()
            if status != 200
        ]
        return len({*lost, *without}), said

    def one_account(self) -> list[str]:
        """Complaints after all have created the same person at once."""
        request = post("jane@example.com")(self.stage)
        with self.stage.play():
            statuses = self._run(lambda _: lambda _: [self.stage.send(request).status_code])
            picture = self.stage.act(lambda _: checks.picture(self.stage)).end().result[0]
        said = []
        if statuses != {201: 1, 409: self.processes - 1}:
            said.append(f"the POSTs were answered {dict(statuses)}")
        if len(picture.vendor["accounts"]["jane@example.com"]) != 1:
            said.append("there are two accounts of one person")
        return said

    def _run(self, act: Callable[[int], Callable[[Callable[[Any], None]], Any]]) -> Counter[int]:
        running: list[Child] = [self.stage.act(act(client)) for client in range(self.processes)]
        return Counter(status for child in running for status in child.end().result[0])

    def _names(self, client: int) -> list[str]:
        return [f"user{client}x{number}@example.com" for number in range(self.members)]
