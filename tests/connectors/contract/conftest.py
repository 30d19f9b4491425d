"""Runs every test of this folder for every vendor of the registry.

A vendor takes part with a module ``<vendor>_bench`` in this folder, which holds ``TLS``,
``open_simulator`` and ``open_bench``, as in `falcon_bench`. It may have further modules of that
form, one for each sort of tenant.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bench import Bench

from scimbridge.connectors.registry import VENDORS
from scimbridge.simulation.server import Served, serve
from scimbridge.simulation.simulator import Simulator

BENCHES = {path.stem.removesuffix("_bench") for path in Path(__file__).parent.glob("*_bench.py")}


@pytest.fixture(scope="session", params=sorted(BENCHES | VENDORS.keys()))
def vendor(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[ModuleType, Simulator[Any], Served]]:
    """One simulator for the whole suite, behind a real socket."""
    module = importlib.import_module(f"{request.param}_bench")
    simulator = module.open_simulator()
    with serve(simulator.app, tls=module.TLS) as served:
        yield module, simulator, served


@pytest.fixture
def bench(vendor: tuple[ModuleType, Simulator[Any], Served]) -> Iterator[Bench]:
    """The simulator in the state of its seed, and a new connector to it."""
    module, simulator, served = vendor
    simulator.reset()
    bench = module.open_bench(simulator, served)
    yield bench
    bench.close()
