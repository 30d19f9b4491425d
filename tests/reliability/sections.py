"""The sections of the table: whoever proves something more adds one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bridge.test_outage import OUTAGES
from tests.reliability.attacks import hostile_inputs, secrets, tamperings
from tests.reliability.contests import CONTESTS
from tests.reliability.jobs import Job, contest, faults, kills, race, served, without
from tests.reliability.outages import outage
from tests.reliability.safeguards import SAFEGUARDS
from tests.reliability.scenarios import SCENARIOS
from tests.reliability.served import replica_killed, workers_killed

DATABASES = ("sqlite", "postgresql")
PLAIN = ("falcon", "insightvm", "cortex")
ODD = ("falcon, search lags", "falcon, names not unique", "falcon, both")


@dataclass(frozen=True)
class Section:
    """Jobs of one kind, and what their counts are called."""

    title: str
    tried: str
    good: str
    """What each of them should be. Where ``must_fail``, a job is good if it found something."""
    jobs: Sequence[Job]
    must_fail: bool = False


def everything() -> list[Section]:
    """What `make reliability` runs."""
    singles = [
        kills(vendor, database, scenario, "kill")
        for vendor in PLAIN
        for database in DATABASES
        for scenario in SCENARIOS
    ]
    singles += [
        kills(vendor, "sqlite", scenario, "kill")
        for vendor in ODD
        for scenario in ("create", "create with roles", "rename", "adopt")
    ]
    pairs = [
        kills("falcon", "sqlite", scenario, "pairs", step=3)
        for scenario in ("create", "deactivate")
    ]
    pairs += [
        kills(vendor, database, scenario, "pairs", step=19)
        for vendor, database in (
            ("falcon", "postgresql"),
            ("insightvm", "sqlite"),
            ("cortex", "sqlite"),
            ("falcon, both", "sqlite"),
        )
        for scenario in ("create", "deactivate")
    ]
    opposites = [name for name, scenario in SCENARIOS.items() if scenario.opposite is not None]
    reversals = [
        kills(vendor, database, scenario, mode, step=step)
        for mode in ("reverse", "pause")
        for vendor, database, step in (
            ("falcon", "sqlite", 1),
            ("falcon", "postgresql", 3),
            ("insightvm", "sqlite", 3),
            ("cortex", "sqlite", 3),
        )
        for scenario in opposites
    ]
    return [
        Section("killed at a point", "kills", "survived", singles),
        Section("killed at a point, and once more while recovering", "pairs", "survived", pairs),
        Section(
            "killed or paused at a point, then asked for the opposite",
            "tried",
            "survived",
            reversals,
        ),
        Section(
            "a vendor that fails",
            "faults",
            "with no write lost",
            [faults(vendor, scenario) for vendor in PLAIN for scenario in SCENARIOS],
        ),
        Section(
            "a vendor that is down, called a fifth more at most",
            "outages",
            "ridden out",
            [outage(title) for title in OUTAGES],
        ),
        Section(
            "processes of the bridge at once, on one group",
            "members",
            "kept",
            [race(database, processes=32, members=50) for database in DATABASES],
        ),
        Section(
            "processes of the bridge at once, on one resource",
            "requests",
            "as if one after another",
            [
                contest(database, title, processes=16)
                for database in DATABASES
                for title in CONTESTS
            ],
        ),
        Section(
            "as it is served, and ended under load",
            "answered writes",
            "kept",
            [
                served("workers killed", "sqlite", workers_killed),
                served("a replica killed, the database restarted", "postgresql", replica_killed),
            ],
        ),
        _safeguards(),
        *_attacks(tampering=1000),
    ]


def a_sample() -> list[Section]:
    """What `make test` runs: every kind of proof once, on both databases."""
    return [
        Section(
            "killed at a point",
            "kills",
            "survived",
            [
                kills("falcon", "sqlite", "deactivate", "kill", step=4),
                kills("falcon, both", "sqlite", "create", "kill", step=5),
                kills("falcon", "postgresql", "rename", "kill", step=9),
                kills("insightvm", "sqlite", "role change", "kill", step=9),
                kills("cortex", "sqlite", "delete", "kill", step=7),
                kills("falcon", "sqlite", "role change", "pause", step=7),
            ],
        ),
        Section(
            "a vendor that fails",
            "faults",
            "with no write lost",
            [
                # A busy machine is late by itself; the long run measures.
                faults("falcon", "deactivate", slack_s=20),
                faults("cortex", "role change", step=4, slack_s=20),
            ],
        ),
        Section(
            "processes of the bridge at once, on one group",
            "members",
            "kept",
            [race("postgresql", processes=4, members=3)],
        ),
        Section("tampering with the audit log", "tried", "found", [tamperings(40)]),
    ]


def _safeguards() -> Section:
    jobs = [without(title) for title in SAFEGUARDS]
    return Section("safeguards taken out", "taken out", "noticed", jobs, must_fail=True)


def _attacks(*, tampering: int) -> list[Section]:
    return [
        Section("hostile inputs", "tried", "refused", [hostile_inputs()]),
        Section("tampering with the audit log", "tried", "found", [tamperings(tampering)]),
        Section(
            "secrets looked for in logs, answers, tables, files and metrics",
            "searches",
            "clean",
            [secrets(vendor) for vendor in PLAIN],
        ),
    ]
