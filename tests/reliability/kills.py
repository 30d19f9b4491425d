"""A bridge that is killed at a point, and the one that comes after it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from scimbridge.provisioning.reconcile import LEASE_S
from tests.reliability import checks
from tests.reliability.checks import Picture
from tests.reliability.scenarios import Scenario
from tests.reliability.stage import RECONCILE, Request, Stage

PASS_LEASE_S = LEASE_S + 1

TRIES = 6
"""How often an IdP repeats what it is told to repeat."""


@dataclass
class Expected:
    """How an unkilled run goes and ends."""

    request: Request
    before: dict[str, Any]
    intents: int
    after: Picture
    final: Picture | None
    """After `Scenario.afterwards`."""
    points: list[str]


@dataclass
class Report:
    """What was tried on one stage, and what went wrong."""

    points: int = 0
    tried: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu_s: float = 0.0
    """What it took, of all its processes."""


@dataclass(frozen=True)
class Killing:
    """Plays one scenario on one stage."""

    stage: Stage
    scenario: Scenario
    to_the_end: bool = True
    """Whether to go on after the first thing that goes wrong."""

    def rehearse(self) -> None:
        """Do once what the processes will do."""
        asked = self.scenario.request(self.stage)
        checks.vendor_picture(self.stage)
        for _ in range(2):
            self.stage.send(asked)
            recover(self.stage)
        checks.picture(self.stage)
        if self.scenario.afterwards is not None:
            self.stage.send(self.scenario.afterwards(self.stage))
        if self.scenario.opposite is not None:
            self.stage.send(self.scenario.opposite(self.stage))
        checks.complaints(self.stage)

    def expect(self) -> Expected:
        """Play it without a kill; the others have to end in the same way."""
        stage, scenario = self.stage, self.scenario

        def ask(_say: Callable[[Any], None]) -> Any:
            asked = scenario.request(stage)
            return asked, checks.vendor_picture(stage), checks.intents(stage)

        def request(_say: Callable[[Any], None]) -> Any:
            answer = stage.send(asked)
            assert answer.status_code in (200, 201, 204), answer.text
            return list(stage.fate.seen)

        def look(_say: Callable[[Any], None]) -> Any:
            recover(stage)
            after = checks.picture(stage)
            final = None
            if scenario.afterwards is not None:
                answer = stage.send(scenario.afterwards(stage))
                assert answer.status_code == 200, answer.text
                final = checks.picture(stage)
            assert not (said := checks.complaints(stage)), said
            return after, final

        with stage.play():
            asked, before, intents = stage.act(ask).end().result[0]
        with stage.play():
            # As in every other run, the process's first request: it notes that the token was used.
            points = stage.act(request).end().result[0]
            after, final = stage.act(look).end().result[0]
        return Expected(asked, before, intents, after, final, points)

    def every_point(self, expected: Expected, *, step: int = 1) -> Report:
        """Kill at each point, or at each ``step``-th one."""
        report = Report(points=len(expected.points))
        for at in range(1, len(expected.points) + 1, step):
            if report.wrong and not self.to_the_end:
                break
            report.tried += 1
            # Points before and after something take turns; with a retry and without, both do.
            said = self.once(expected, [at], retry_first=at // 2 % 2 == 0)
            report.wrong += [
                f"killed {expected.points[at - 1]} (point {at}): {each}" for each in said
            ]
        return report

    def every_pair(self, expected: Expected, *, step: int = 1) -> Report:
        """Kill at each point, and what comes after it at each of its points."""
        report = Report(points=len(expected.points))
        for at in range(1, len(expected.points) + 1):
            for then in count(1 + at % step, step):
                survived: list[bool] = []
                said = self.once(expected, [at, then], survived=survived)
                if survived:
                    break
                report.tried += 1
                report.wrong += [f"killed at {at}, then at {then}: {each}" for each in said]
        return report

    def every_reversal(self, expected: Expected, *, pause: bool, step: int = 1) -> Report:
        """End, or ``pause``, the bridge at each point, and ask the next one for the opposite.

        What was paused wakes when all is over, and must not spoil it.
        """
        report = Report(points=len(expected.points))
        with self.stage.play():
            self.stage.act(lambda _: self.stage.send(expected.request) and None).end()
            reference = self.stage.act(lambda _: self._reverse()).end().result[0]
        for at in range(1, len(expected.points) + 1, step):
            if report.wrong and not self.to_the_end:
                break
            name = expected.points[at - 1]
            if pause and name == "before a commit":
                continue  # it would be paused at the next point
            report.tried += 1
            said = self._reversal(expected, at, reference, pause=pause)
            what = "paused" if pause else "killed"
            report.wrong += [f"{what} {name} (point {at}), then reversed: {each}" for each in said]
        return report

    def _reversal(
        self, expected: Expected, at: int, reference: Picture, *, pause: bool
    ) -> list[str]:
        stage = self.stage
        with stage.play():
            number = signal.SIGSTOP if pause else signal.SIGKILL
            first = stage.act(lambda _: stage.send(expected.request) and None, at=at, number=number)
            if pause and not first.is_stopped():
                return ["it did not pause"]
            stage.clock.advance(stage.leases_expire_s)
            if pause:
                stage.act(lambda _: self._reverse()).end()
                first.go_on()
            first.end()
            stage.clock.advance(stage.leases_expire_s)
            now, said = (
                stage.act(lambda _: (self._reverse(), checks.complaints(stage))).end().result[0]
            )
        return [*now.differences(reference), *said]

    def _reverse(self) -> Picture:
        assert self.scenario.opposite is not None
        opposite = self.scenario.opposite(self.stage)
        for _ in range(TRIES):
            answer = self.stage.send(opposite)
            if answer.status_code != 429:
                break
            self.stage.clock.advance(self.stage.leases_expire_s)
        assert answer.status_code == 200, answer.text
        recover(self.stage)
        return checks.picture(self.stage)

    def once(
        self,
        expected: Expected,
        kills: Sequence[int],
        *,
        retry_first: bool = False,
        survived: list[bool] | None = None,
    ) -> list[str]:
        """Complaints after a run whose processes are killed at these points, one after another."""
        stage = self.stage
        after = After(stage, self.scenario, expected, retry_first)
        with stage.play():
            first = stage.act(
                lambda say: stage.send(expected.request, say) and None, at=kills[0]
            ).end()
            if not first.killed:
                return ["the request passed fewer points than before"]
            answered = bool(first.said)
            for at in kills[1:]:
                stage.clock.advance(stage.leases_expire_s)
                again = stage.act(lambda say: after.carry_on(say), at=at).end()
                answered = answered or bool(again.said)
                if not again.killed and survived is not None:
                    survived.append(True)
            stage.clock.advance(stage.leases_expire_s)
            said: list[str] = stage.act(lambda _: after.check(answered=answered)).end().result[0]
        return said


@dataclass(frozen=True)
class After:
    """What the next process does, and looks at."""

    stage: Stage
    scenario: Scenario
    expected: Expected
    retry_first: bool

    def carry_on(self, say: Callable[[Any], None]) -> None:
        recover(self.stage)
        self.stage.send(self.expected.request, lambda status: say(status) if status < 300 else None)

    def check(self, *, answered: bool) -> list[str]:
        said = [] if self.retry_first else self._without_a_retry(answered=answered)
        said += self._retry(answered=answered)
        recover(self.stage)
        said += checks.picture(self.stage).differences(self.expected.after)
        if self.scenario.afterwards is not None and self.expected.final is not None:
            answer = self.stage.send(self.scenario.afterwards(self.stage))
            if answer.status_code != 200:
                said.append(f"afterwards: {answer.status_code} {answer.text}")
            said += checks.picture(self.stage).differences(self.expected.final)
        return said + checks.complaints(self.stage)

    def _without_a_retry(self, *, answered: bool) -> list[str]:
        """The IdP may never come back: what was recorded happens, and nothing else did."""
        if checks.intents(self.stage) == self.expected.intents:
            changed = Picture(checks.vendor_picture(self.stage), {}).differences(
                Picture(self.expected.before, {})
            )
            return [f"before any intent: {each}" for each in changed]
        recover(self.stage)
        now = checks.picture(self.stage)
        if not answered:
            now = Picture(now.vendor, {})
        return [f"without a retry: {each}" for each in now.differences(self.expected.after)]

    def _retry(self, *, answered: bool) -> list[str]:
        """The IdP repeats its request until it is not told to wait."""
        method = self.expected.request[0]
        for _ in range(TRIES):
            if method == RECONCILE:
                self.stage.clock.advance(PASS_LEASE_S)
            answer = self.stage.send(self.expected.request)
            if answer.status_code != 429:
                break
            self.stage.clock.advance(self.stage.leases_expire_s)
        gone = method == "DELETE" and answer.status_code == 404
        repeated = method == "POST" and answered and answer.status_code == 409
        if gone or repeated or answer.status_code < 300:
            return []
        return [f"repeated: {answer.status_code} {answer.text}"]


def recover(stage: Stage) -> None:
    """What the background does, until nothing is left to do."""
    for _ in range(10):
        stage.provider.operations.recover()
        if not checks.unfinished(stage):
            return
        stage.clock.advance(1000)
