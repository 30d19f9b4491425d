"""What is run, each in a process of its own: kills, pauses, races, and safeguards taken out."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal

from tests.postgres import Server
from tests.reliability.contests import CONTESTS
from tests.reliability.faults import Faulting
from tests.reliability.kills import Killing, Report
from tests.reliability.races import Race
from tests.reliability.safeguards import SAFEGUARDS, Safeguard
from tests.reliability.scenarios import SCENARIOS
from tests.reliability.stage import open_stage
from tests.reliability.vendors import VENDORS

Mode = Literal["kill", "pairs", "reverse", "pause"]


@dataclass(frozen=True)
class Job:
    """One row's worth of work, or a part of it."""

    row: tuple[str, str, str]
    """What, vendor, database: where its result is counted in the table."""
    run: Callable[[Server | None, str], Report]
    """Given the PostgreSQL server and a name that no other job has."""
    weight: int = field(default=1)
    """The heaviest are begun first."""
    waits: bool = False
    """Spends more time waiting than computing."""


def kills(vendor: str, database: str, scenario: str, mode: Mode, *, step: int = 1) -> Job:
    """One scenario on one vendor and one database."""

    def run(server: Server | None, name: str) -> Report:
        return _kill(
            vendor, server if database == "postgresql" else None, name, scenario, mode, step
        )

    weight = {"kill": 2, "pairs": 9, "reverse": 1, "pause": 1}[mode]
    what = {"kill": "", "pairs": ", killed twice", "reverse": ", reversed", "pause": ", paused"}
    return Job((f"{scenario}{what[mode]}", vendor, database), run, weight)


def race(database: str, *, processes: int, members: int) -> Job:
    """Parallel PATCHes of one group."""

    def run(server: Server | None, name: str) -> Report:
        return _race(server if database == "postgresql" else None, name, processes, members)

    return Job((f"{processes} x {members} members", "falcon", database), run, 5)


def contest(database: str, title: str, *, processes: int) -> Job:
    """Processes that want different things of one resource at once."""

    def run(server: Server | None, name: str) -> Report:
        chosen = server if database == "postgresql" else None
        with open_stage(VENDORS["falcon"], chosen, name, deadline_s=25) as stage:
            contest = CONTESTS[title](stage, processes)
            contest.prepare()
            stage.set_scene(contest.rehearse)
            wrong = contest.run()
        return Report(points=contest.requests, tried=contest.requests, wrong=wrong)

    return Job((title, "falcon", database), run, 3)


def served(title: str, database: str, play: Callable[[], Report]) -> Job:
    """The bridge as it is served, on a database of its own."""
    return Job((title, "falcon", database), lambda _server, _name: play(), 4)


def faults(vendor: str, scenario: str, *, step: int = 1, slack_s: float = 1.0) -> Job:
    """One scenario on one vendor, which fails in each of its ways, or in each ``step``-th one."""
    long = SCENARIOS[scenario].long
    step = max(step, 3) if long else step
    seed = zlib.crc32(f"{vendor} {scenario}".encode())

    def run(_server: Server | None, name: str) -> Report:
        chosen, played = VENDORS[vendor], SCENARIOS[scenario]
        # InsightVM does not begin to write what it might not have the time to finish.
        deadline_s = 50 if long else 5 if vendor == "insightvm" else 2
        with open_stage(chosen, None, name, deadline_s=deadline_s, timed=True) as stage:
            played.prepare(stage)
            killing = Killing(stage, played)
            stage.set_scene(killing.rehearse)
            expected = killing.expect()
            return Faulting(killing, seed, slack_s).every_class(expected, slow=not long, step=step)

    return Job((f"{scenario}, faults", vendor, "sqlite"), run, 9 if long else 3, waits=True)


def without(title: str) -> Job:
    """A safeguard taken out; ``wrong`` must not be empty."""

    safeguard: Safeguard = SAFEGUARDS[title]

    def run(server: Server | None, name: str) -> Report:
        used = server if safeguard.database == "postgresql" else None
        safeguard.remove()
        try:
            if safeguard.how == "race":
                return _race(used, name, 8, 4)
            return _kill(
                safeguard.vendor,
                used,
                name,
                safeguard.scenario,
                safeguard.how,
                1,
                to_the_end=False,
            )
        except AssertionError as error:
            return Report(tried=1, wrong=[str(error)])

    return Job(("safeguard", title, safeguard.database), run)


def _kill(
    vendor: str,
    server: Server | None,
    name: str,
    scenario: str,
    mode: str,
    step: int,
    *,
    to_the_end: bool = True,
) -> Report:
    with ExitStack() as stack:
        chosen, played = VENDORS[vendor], SCENARIOS[scenario]
        stage = stack.enter_context(
            open_stage(chosen, server, name, deadline_s=50 if played.long else 5)
        )
        played.prepare(stage)
        chosen.deform()
        killing = Killing(stage, played, to_the_end=to_the_end)
        stage.set_scene(killing.rehearse)
        expected = killing.expect()
        if played.long and step == 1:
            # Odd, so that points before and after something take turns.
            step = len(expected.points) // chosen.tries | 1
        match mode:
            case "kill":
                return killing.every_point(expected, step=step)
            case "pairs":
                return killing.every_pair(expected, step=step)
            case _:
                return killing.every_reversal(expected, pause=mode == "pause", step=step)


def _race(server: Server | None, name: str, processes: int, members: int) -> Report:
    with open_stage(VENDORS["falcon"], server, name, deadline_s=25) as stage:
        race = Race(stage, processes, members)
        race.prepare()
        stage.set_scene(race.rehearse)
        wrong = race.run()
    return Report(points=processes * members, tried=processes * members, wrong=wrong)
