"""A bridge and a simulated vendor in one process, on a clock that is moved: no time passes."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Collection, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, select

from scimbridge import app
from scimbridge.app import Bridge, open_bridge
from scimbridge.config import load_config
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.registry import VENDORS, vendor_settings
from scimbridge.demo.setup import TARGETS, SimulatedTarget
from scimbridge.directory import tokens
from scimbridge.directory.schema import operations, resources
from scimbridge.keys import derive_key
from scimbridge.simulation.wsgi_adapter import WsgiAdapter
from tests.conftest import PATCH_OP, SECRET_KEY
from tests.databases import prepare


class TimelessWorld:
    """Hangs, pauses and cooldowns cost no time: the clock is moved instead."""

    def __init__(
        self, folder: Path, groups: Mapping[str, Collection[str]], *, target: str = "falcon"
    ) -> None:
        """``groups``: what each group's name stands for; ``target``: one of the demonstration's."""
        self._folder = folder
        self._target = target
        self._ahead = 0.0
        module, _, factory = VENDORS[TARGETS[target].vendor].simulator.partition(":")
        self.simulator = getattr(import_module(module), factory)(clock=self._seconds)
        self._environ = self._write_config(groups)
        prepare(f"sqlite:///{self._database}")
        self.bridge = self._open()
        with self.bridge.directory.write() as connection:
            key = derive_key(SECRET_KEY.encode(), "tokens")
            now = self._milliseconds()
            self._token = tokens.issue(connection, key, target=target, name="idp", now=now)
        self.provider.observer.refresh_catalogue()
        self.close()
        shutil.copy(self._database, self._kept)

    def begin(self) -> None:
        """Everything is as it was at first, but for the time."""
        self.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self._database}{suffix}").unlink(missing_ok=True)
        shutil.copy(self._kept, self._database)
        self.simulator.reset()
        self.bridge = self._open()

    def close(self) -> None:
        """Close the directory; `begin` opens it again."""
        self.bridge.directory.close()

    def restart(self) -> None:
        """The bridge ends, and another one begins on the same directory."""
        self.close()
        self.bridge = self._open()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds

    @property
    def provider(self) -> Any:
        return self.bridge.providers[self._target]

    def heal(self) -> None:
        """The vendor is well, and time passes until nothing is left to do."""
        self.simulator.faults.reset()
        for _ in range(10):
            self.advance(1000)
            self.provider.operations.recover()
            if not self.unfinished():
                return
        raise AssertionError("there is unfinished work although the vendor is well")

    def look(self) -> None:
        """The bridge looks at all that the vendor has, as it does from time to time."""
        self.provider.observer.observe()

    # --- the IdP ---------------------------------------------------------------------------

    def send(
        self, method: str, path: str, body: Any = None, *, version: str | None = None
    ) -> tuple[int, Any]:
        """Status and document of the answer; ``version`` goes into If-Match."""
        headers = {"Authorization": f"Bearer {self._token}"}
        if version is not None:
            headers["If-Match"] = version
        answer = self.bridge.app.test_client().open(
            f"/{self._target}/scim/v2{path}",
            method=method,
            data=None if body is None else json.dumps(body),
            content_type="application/scim+json",
            headers=headers,
        )
        answer.get_data()
        answer.close()
        return answer.status_code, answer.get_json(silent=True)

    def get(self, path: str) -> dict[str, Any]:
        """The document of a GET that succeeds."""
        status, document = self.send("GET", path)
        assert status == 200, document
        return dict(document)

    # --- the vendor ------------------------------------------------------------------------

    def logins(self) -> list[str]:
        """The logins of all accounts, each as often as there are accounts with it."""
        return [each["user_name"] for each in self.simulator.state.snapshot()["accounts"]]

    def account(self, user_name: str) -> dict[str, Any]:
        """The one account with a login."""
        accounts = self.simulator.state.snapshot()["accounts"]
        (found,) = [each for each in accounts if each["user_name"] == user_name]
        return dict(found)

    def held(self, user_name: str) -> set[str]:
        """``kind:id`` of what the one account with a login holds."""
        native_id = self.account(user_name)["native_id"]
        grants = self.simulator.state.snapshot()["grants"]
        return {
            f"{each['kind']}:{each['entitlement']}"
            for each in grants
            if each["account"] == native_id
        }

    def roles(self, user_name: str) -> set[str]:
        """The ids of the roles among `held`."""
        return {each.removeprefix("role:") for each in self.held(user_name)}

    # --- the directory ---------------------------------------------------------------------

    def intents(self) -> int:
        """How many changes were ever recorded."""
        with self.bridge.directory.read() as connection:
            query = select(func.count()).select_from(operations)
            return int(connection.execute(query).scalar_one())

    def unfinished(self) -> int:
        """How many of them are not over."""
        with self.bridge.directory.read() as connection:
            query = select(func.count()).where(operations.c.status == "pending")
            return int(connection.execute(query).scalar_one())

    def links(self) -> dict[str, str]:
        """Native id of each linked account, by the userName of its user."""
        with self.bridge.directory.read() as connection:
            query = select(resources.c.desired_key, resources.c.native_id).where(
                resources.c.resource_type == "User", resources.c.native_id.is_not(None)
            )
            return {row.desired_key: row.native_id for row in connection.execute(query)}

    def audit_is_whole(self) -> bool:
        """Whether the chain of audit lines is unbroken."""
        with self.bridge.directory.read() as connection:
            return self.provider.operations.outcomes.audit.verify(connection, self._target) is None

    # --- its making ------------------------------------------------------------------------

    @property
    def _database(self) -> Path:
        return self._folder / "directory.db"

    @property
    def _kept(self) -> Path:
        return self._folder / "kept.db"

    def _seconds(self) -> float:
        return time.time() + self._ahead

    def _milliseconds(self) -> int:
        return round(self._seconds() * 1000)

    def _open(self) -> Bridge:
        wiring = partial(
            Wiring,
            open_adapter=lambda: WsgiAdapter(self.simulator.app),
            clock=self._seconds,
            now=self._seconds,
            sleep=self.advance,
            uniform=lambda least, _most: least,
        )
        config = load_config(
            self._folder / "scimbridge.toml", vendor_settings(), environ=self._environ
        )
        with patch.object(app, "Wiring", wiring):
            return open_bridge(config, now=self._milliseconds)

    def _write_config(self, groups: Mapping[str, Collection[str]]) -> dict[str, str]:
        target = SimulatedTarget(self._target, "https://vendor.test", self.simulator.credentials)
        bridge = '[bridge]\ndatabase = "directory.db"\nsecret_key = "env:SECRET_KEY"\n'
        table, heading, _ = target.table().partition(f"[targets.{self._target}.groups]\n")
        named = (
            f"{json.dumps(name)} = {json.dumps(sorted(granted))}\n"
            for name, granted in groups.items()
        )
        path = self._folder / "scimbridge.toml"
        path.write_text("".join([bridge, table, heading, *named]))
        return {"SECRET_KEY": SECRET_KEY, **target.environment()}


def patch_op(*changes: dict[str, Any]) -> dict[str, Any]:
    """The body of a PATCH."""
    return {"schemas": [PATCH_OP], "Operations": list(changes)}
