"""Hostile requests, tampering with the audit log, and secrets that get out."""

from __future__ import annotations

import random
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select, update

from scimbridge.directory.audit import AuditLog, lines
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller
from scimbridge.directory.migrate import migrate
from scimbridge.directory.schema import audit
from tests.bridge.other_vendors import open_vendor_world
from tests.conftest import open_world
from tests.postgres import Server
from tests.reliability.jobs import Job
from tests.reliability.kills import Report
from tests.web import hostile
from tests.web.test_web_canaries import everything, leaks, secrets_of

_LINES = 12
_LOG = AuditLog(b"a key that is not in the database")


def hostile_inputs() -> Job:
    """Every request of the table of hostile ones."""

    def run(_server: Server | None, _name: str) -> Report:
        with tempfile.TemporaryDirectory() as folder, open_world(Path(folder)) as world:
            world.provider.observer.refresh_catalogue()
            world.scim.create_group("SEC Residents", world.scim.create_user("r@example.com")["id"])
            found = hostile.try_all(world)
        changed = ["something was changed"] if found.changed else []
        return Report(tried=found.tried, wrong=found.server_errors + found.injected + changed)

    return Job(("hostile inputs", "falcon", "sqlite"), run, 8)


def tamperings(count: int) -> Job:
    """``count`` random changes of an audit log, each of which has to be found."""

    def run(_server: Server | None, _name: str) -> Report:
        report = Report()
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/directory.db"
            migrate(url)
            with closing(Directory(url)) as directory:
                _fill(directory)
                for seed in range(count):
                    report.tried += 1
                    said = _tamper(directory, random.Random(seed))
                    if said is not None:
                        report.wrong.append(f"not found: {said} (seed {seed})")
        return report

    return Job(("tamperings with the audit log", "", "sqlite"), run, 2)


def secrets(vendor: str) -> Job:
    """What a story with one vendor leaves behind, searched for every secret."""

    def run(_server: Server | None, _name: str) -> Report:
        with (
            tempfile.TemporaryDirectory() as folder,
            open_vendor_world(Path(folder), vendor) as world,
        ):
            known = secrets_of(world, vendor)
            texts = everything(Path(folder), world, vendor)
        return Report(tried=len(known) * len(texts), wrong=leaks(texts, known))

    return Job(("secrets in what is left behind", vendor, "sqlite"), run, 1)


def _fill(directory: Directory) -> None:
    for number in range(_LINES):
        with directory.write() as connection:
            _LOG.append(
                connection,
                Caller("okta", f"r{number}"),
                target="falcon",
                at=number,
                action="patch wanted",
                resource_type="User",
                scim_id=f"id{number}",
                detail={"number": number},
            )


def _tamper(directory: Directory, choice: random.Random) -> str | None:
    """Change the log, look for it, and put it back; what was done, if it was not found."""
    with directory.read() as connection:
        exported = lines(connection)
    with directory.write() as connection:
        said = _change(connection, choice, [line.pk for line in exported])
    with directory.read() as connection:
        there = {line.pk: line.digest for line in lines(connection)}
        broken = _LOG.verify(connection, "falcon") is not None
    with directory.write() as connection:
        connection.execute(delete(audit))
        rows = [{name: getattr(line, name) for name in line.__slots__} for line in exported]
        connection.execute(audit.insert(), rows)
    # What was cut off at the end is missed in the export alone.
    missed = any(there.get(line.pk) != line.digest for line in exported)
    return None if broken or missed else said


def _change(connection: Connection, choice: random.Random, pks: list[int]) -> str:
    pk = choice.choice(pks)
    match choice.randrange(4):
        case 0:
            column = choice.choice(["actor", "action", "detail", "scim_id", "request_id", "digest"])
            row = connection.execute(select(audit.c[column]).where(audit.c.pk == pk)).scalar_one()
            text = str(row)
            place = choice.randrange(len(text))
            other = chr(ord(text[place]) ^ 1)
            changed: Any = text[:place] + other + text[place + 1 :]
            connection.execute(update(audit).where(audit.c.pk == pk).values({column: changed}))
            return f"one bit of {column} of line {pk}"
        case 1:
            connection.execute(delete(audit).where(audit.c.pk == pk))
            return f"line {pk} deleted"
        case 2:
            connection.execute(delete(audit).where(audit.c.pk >= pk))
            return f"everything from line {pk} on cut off"
        case _:
            other_pk = choice.choice([each for each in pks if each != pk])
            for at, place in ((pk, -1), (other_pk, pk), (-1, other_pk)):
                connection.execute(update(audit).where(audit.c.pk == at).values(pk=place))
            return f"lines {pk} and {other_pk} exchanged"
