"""How often a vendor that is down is called, counted at the vendor."""

from __future__ import annotations

import logging
import tempfile
from contextlib import closing
from pathlib import Path

from tests.bridge.test_outage import OUTAGES, ride_out
from tests.bridge.timeless import TimelessWorld
from tests.postgres import Server
from tests.reliability.jobs import Job
from tests.reliability.kills import Report


def outage(title: str) -> Job:
    """A day on which all goes well, then the same with a fault that stays."""

    def run(_server: Server | None, _name: str) -> Report:
        logging.disable(logging.CRITICAL)
        with tempfile.TemporaryDirectory() as folder:
            world = TimelessWorld(Path(folder), {})
            with closing(world):
                world.begin()
                well, ill = ride_out(world, OUTAGES[title])
        said = [f"{ill} calls, and {well} when all is well"] if ill > 1.2 * well else []
        return Report(tried=1, wrong=said)

    return Job((title, "falcon", "sqlite"), run)
