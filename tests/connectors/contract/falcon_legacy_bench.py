"""Falcon by the deprecated user and role routes, for the contract suite."""

from __future__ import annotations

from typing import Any

from bench import Bench
from falcon_bench import TLS, bench_for, open_simulator

from scimbridge.simulation.server import Served
from scimbridge.simulation.simulator import Simulator

__all__ = ["TLS", "open_bench", "open_simulator"]


def open_bench(simulator: Simulator[Any], served: Served) -> Bench:
    """The seeded tenant as the API client of its parent CID sees it."""
    return bench_for(simulator, served, falcon_api="legacy", create="/users/entities/users/v1")
