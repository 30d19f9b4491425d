"""A bridge in front of any simulated vendor, configured as the demonstration does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from scimbridge.app import Bridge, open_bridge
from scimbridge.clock import now_ms
from scimbridge.config import Config, load_config
from scimbridge.connectors.registry import VENDORS, vendor_settings
from scimbridge.demo.setup import TARGETS, SimulatedTarget, write_config
from scimbridge.directory import tokens
from scimbridge.keys import derive_key
from scimbridge.simulation.server import serve
from scimbridge.simulation.simulator import Simulator
from tests.conftest import SECRET_KEY, Scim
from tests.databases import prepare


@dataclass
class VendorWorld:
    """A bridge in front of one simulated vendor."""

    scim: Scim
    simulator: Simulator[Any]
    bridge: Bridge
    config: Config
    path: Path
    """Where the configuration is."""
    environ: Mapping[str, str]
    """The variables that hold its secrets."""

    def calls(self, *, writes: bool = False) -> list[str]:
        """``METHOD route`` of the vendor calls since `forget`."""
        return [
            f"{each.method} {each.route}"
            for each in self.simulator.log.requests()
            if not writes or each.method != "GET"
        ]

    def forget(self) -> None:
        self.simulator.log.clear()

    @contextmanager
    def another_process(self) -> Iterator[Bridge]:
        """A bridge on the same directory, with nothing of the other's memory."""
        bridge = open_bridge(self.config)
        try:
            yield bridge
        finally:
            for provider in bridge.providers.values():
                provider.target.connector.close()
            bridge.directory.close()

    def held(self, user_name: str, *, kind: str | None = None) -> set[str]:
        """``kind:id`` of what the account holds directly, by the vendor's own state."""
        state = self.simulator.state.snapshot()
        (account,) = [
            each["native_id"]
            for each in state["accounts"]
            if each["user_name"].lower() == user_name
        ]
        return {
            f"{each['kind']}:{each['entitlement']}"
            for each in state["grants"]
            if each["account"] == account
            and each.get("direct", True)
            and kind in (None, each["kind"])
        }


@contextmanager
def open_vendor_world(
    folder: Path, name: str, *, switches: Mapping[str, Any] | None = None, **replaced: str
) -> Iterator[VendorWorld]:
    """``replaced``: texts of the configuration to others, each as ``old="new"``."""
    with ExitStack() as stack:
        module, _, factory = VENDORS[TARGETS[name].vendor].simulator.partition(":")
        simulator = getattr(import_module(module), factory)(switches=switches)
        served = stack.enter_context(serve(simulator.app, tls=TARGETS[name].tls))
        target = SimulatedTarget(name, served.url, simulator.credentials, served.certificate)
        path = folder / "scimbridge.toml"
        write_config(path, [target], port=1)
        text = path.read_text()
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        environ = target.environment() | {"SCIMBRIDGE_DEMO_SECRET_KEY": SECRET_KEY}
        config = load_config(path, vendor_settings(), environ=environ)
        prepare(config.bridge.database)
        bridge = open_bridge(config)
        stack.callback(bridge.directory.close)
        bridge.providers[name].observer.refresh_catalogue()
        stack.callback(bridge.providers[name].target.connector.close)
        url = stack.enter_context(serve(bridge.app)).url
        with bridge.directory.write() as connection:
            key = derive_key(SECRET_KEY.encode(), "tokens")
            token = tokens.issue(connection, key, target=name, name="test", now=now_ms())
        scim = Scim(f"{url}/{name}/scim/v2", token)
        yield VendorWorld(scim, simulator, bridge, config, path, environ)
