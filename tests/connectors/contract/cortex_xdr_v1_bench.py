"""Cortex XDR without Platform IAM for the contract suite."""

from __future__ import annotations

from typing import Any

from bench import Bench
from cortex_xdr_bench import ROLES, TLS, bench_for

from scimbridge.connectors.cortex_xdr.simulator import create_simulator
from scimbridge.simulation.server import Served
from scimbridge.simulation.simulator import Simulator

__all__ = ["TLS", "open_bench", "open_simulator"]


def open_simulator() -> Simulator[Any]:
    """A tenant of Cortex XDR 3."""
    return create_simulator(switches={"generation": 3})


def open_bench(simulator: Simulator[Any], served: Served) -> Bench:
    """The seeded tenant; roles are known by what the console shows."""
    return bench_for(simulator, served, key="name", roles={name: name for name in ROLES})
