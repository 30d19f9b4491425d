"""Processes that want different things of one resource at the same time."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from tests.reliability import checks
from tests.reliability.checks import Picture
from tests.reliability.kills import recover
from tests.reliability.races import alone, at_once
from tests.reliability.scenarios import JANE, READERS, patch, people, post
from tests.reliability.stage import Request, Stage

ROUNDS = 4


@dataclass
class Contest:
    """What ``processes`` clients of one bridge process each do, and what has to come of it."""

    stage: Stage
    processes: int
    requests: int = 0
    """How many were sent whose answers count."""
    ids: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make the state before."""

    def rehearse(self) -> None:
        """Send one request of each kind; what comes of them is forgotten."""

    @abstractmethod
    def run(self) -> list[str]:
        """Complaints."""

    def together(self, act: Callable[[int], Any]) -> list[Any]:
        """What ``act`` returned for each client; all at once."""
        return at_once(self.stage, [partial(act, client) for client in range(self.processes)])

    def look(self) -> tuple[Picture, list[str]]:
        """How things are once nothing is left to be done, and what is wrong with that."""

        def act() -> Any:
            recover(self.stage)
            return checks.picture(self.stage), checks.complaints(self.stage)

        picture, said = alone(self.stage, act)
        return picture, said


class SamePerson(Contest):
    """All create one person: one of them does, and the others are told."""

    def rehearse(self) -> None:
        self.stage.expect(201, post("rehearsal@example.com")(self.stage))

    def run(self) -> list[str]:
        request = post(JANE)(self.stage)
        with self.stage.play():
            answers = self.together(lambda _: self.stage.send(request).status_code)
            picture, said = self.look()
        self.requests = len(answers)
        if Counter(answers) != {201: 1, 409: self.processes - 1}:
            said.append(f"the POSTs were answered {dict(Counter(answers))}")
        if len(picture.vendor["accounts"][JANE]) != 1:
            said.append("there are two accounts of one person")
        return said


class CreateAgainstDelete(Contest):
    """All delete a person if they find one, and create one, again and again.

    Who creates while a deletion is on its way is told to try again, and does. Of those who delete
    one person at once, each is told that it is done.
    """

    def rehearse(self) -> None:
        self.stage.expect(201, post(JANE)(self.stage))
        self._delete()

    def run(self) -> list[str]:
        def act(_client: int) -> list[tuple[int, str]]:
            return [each for _ in range(ROUNDS) for each in (*self._delete(), self._create())]

        with self.stage.play():
            answers = [each for some in self.together(act) for each in some]
            picture, said = self.look()
            left = alone(self.stage, self._found)
        self.requests = len(answers)
        made = [id for status, id in answers if status == 201]
        deleted = {id for status, id in answers if status == 204}
        said += [
            f"answered {status}: {text}"
            for status, text in answers
            if status not in (201, 204, 404, 409)
        ]
        if len(made) != len({*made}) or {*left} != {*made} - deleted or not deleted:
            said.append(f"created: {made}, deleted: {deleted}, left: {left}")
        if len(picture.vendor["accounts"].get(JANE, [])) != len(left):
            said.append("the vendor's accounts are not those that are left")
        return said

    def _create(self) -> tuple[int, str]:
        for _ in range(100):
            answer = self.stage.send(post(JANE)(self.stage))
            if answer.status_code != 429 or "is being deleted" not in answer.text:
                break
        return answer.status_code, answer.json.get("id", answer.text)

    def _delete(self) -> list[tuple[int, str]]:
        return [
            (answer.status_code, answer.text or id)
            for id in self._found()
            for answer in [self.stage.send(("DELETE", f"/Users/{id}", None))]
        ]

    def _found(self) -> list[str]:
        path = f'/Users?attributes=id&filter=userName eq "{JANE}"'
        found = self.stage.expect(200, ("GET", path, None)).get("Resources", [])
        return [each["id"] for each in found]


class PutAgainstPatch(Contest):
    """Every other client adds members to a group, the rest say anew who its members are.

    What is there in the end must be what the requests leave one after another, in an order in
    which none comes before one that was answered before it was sent.
    """

    def prepare(self) -> None:
        self.stage.expect(201, ("POST", "/Groups", {"displayName": READERS}))
        for client in range(self.processes):
            for number in range(ROUNDS):
                self.stage.add_account(_member(client, number))
        self.stage.observe()
        self.ids = checks.ids(self.stage)

    def rehearse(self) -> None:
        for client in (0, 1):
            self.stage.expect(200, self._request(client, 0))

    def run(self) -> list[str]:
        def act(client: int) -> list[tuple[int, float, float]]:
            sent = []
            for number in range(ROUNDS):
                began = time.monotonic()
                status = self.stage.send(self._request(client, number)).status_code
                sent.append((status, began, time.monotonic()))
            return sent

        with self.stage.play():
            answers = self.together(act)
            picture, said = self.look()
        sent = {
            _member(client, number): answer
            for client, some in enumerate(answers)
            for number, answer in enumerate(some)
        }
        self.requests = len(sent)
        shown, grants = picture.scim["groups"][READERS], picture.vendor["grants"]
        there = {name for name in sent if name in shown}
        said += [f"{name}: answered {sent[name][0]}" for name in sent if sent[name][0] != 200]
        said += [
            f"{name}: not the vendor's"
            for name in sent
            if bool(grants.get(name)) != (name in there)
        ]
        return said + _out_of_order(sent, there)

    def _request(self, client: int, number: int) -> Request:
        path = f"/Groups/{self.ids[READERS]}"
        members = [{"value": self.ids[_member(client, number)]}]
        if client % 2:
            return patch(path, {"op": "add", "path": "members", "value": members})
        return "PUT", path, {"displayName": READERS, "members": members}


def _member(client: int, number: int) -> str:
    return f"{'patch' if client % 2 else 'put'}{client}x{number}@example.com"


def _out_of_order(sent: Mapping[str, tuple[int, float, float]], there: set[str]) -> list[str]:
    """What no order of the requests explains."""
    put = [name for name in there if name.startswith("put")]
    if len(put) != 1:
        return [f"the members of {len(put)} PUTs are there: {sorted(put)}"]
    _, began, ended = sent[put[0]]
    said = []
    for name, (_, start, end) in sent.items():
        if name.startswith("put"):
            if start > ended:
                said.append(f"{put[0]} is there, and {name} was put after it")
        elif start > ended and name not in there:
            said.append(f"{name} was added after the last PUT, and is lost")
        elif end < began and name in there:
            said.append(f"{name} was added before the last PUT, and is there")
    return said


class OneVersion(Contest):
    """All change one version of a user, and of a group: one does, the others are told."""

    def prepare(self) -> None:
        people(self.stage)
        for client in range(self.processes):
            for number in range(2):
                self.stage.add_account(_member(client, number))
        self.stage.observe()
        self.ids = checks.ids(self.stage)

    def rehearse(self) -> None:
        for path in self._paths():
            self.stage.expect(200, self._request(path, 0))

    def run(self) -> list[str]:
        said = []
        with self.stage.play():
            for number, path in enumerate(self._paths() * ROUNDS):
                version = alone(self.stage, lambda: self._version(path))  # noqa: B023

                def act(client: int) -> int:
                    request = self._request(path, client, number)  # noqa: B023
                    status: int = self.stage.send(request, etag=version).status_code  # noqa: B023
                    return status

                answers = Counter(self.together(act))
                self.requests += answers.total()
                if answers != {200: 1, 412: self.processes - 1}:
                    said.append(f"the PATCHes of {path} were answered {dict(answers)}")
            return said + self.look()[1]

    def _paths(self) -> list[str]:
        return [f"/Users/{self.ids[JANE]}", f"/Groups/{self.ids[READERS]}"]

    def _version(self, path: str) -> str:
        return str(self.stage.expect(200, ("GET", path, None))["meta"]["version"])

    def _request(self, path: str, client: int, number: int = 0) -> Request:
        if "Users" in path:
            name = f"Jane {number} {client}"
            return patch(path, {"op": "replace", "path": "name.givenName", "value": name})
        # Nobody asks for what is there already: that is no new version, and rightly 200.
        names = _member(client, 0), _member(number, 1)
        members = [{"value": self.ids[name]} for name in names]
        return patch(path, {"op": "replace", "path": "members", "value": members})


CONTESTS: Mapping[str, type[Contest]] = MappingProxyType(
    {
        "create against create": SamePerson,
        "create against delete": CreateAgainstDelete,
        "PUT against PATCH": PutAgainstPatch,
        "PATCHes of one version": OneVersion,
    }
)
