"""Run the benchmark and write its results: ``python -m tests.bench --out reports/bench``."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import requests

from tests.bench.load import Measured, measure
from tests.bench.operations import OPERATIONS, THREADS, Operation, Request
from tests.bench.report import Series, machine, plot, table
from tests.bench.servers import Server, bare_flask, bridge, scim2_server
from tests.bench.tenant import Tenant
from tests.bench.vendor_calls import VENDOR_FIGURES, time_table
from tests.bench.vendor_calls import count as vendor_calls
from tests.bench.vendor_calls import table as calls_table


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports/bench"))
@click.option("--users", default=10_000, show_default=True, help="Users, and members of the group.")
@click.option("--sizes", default="1000,10000,100000", show_default=True, help="For the plot.")
@click.option("--runs", default=3, show_default=True)
@click.option("--seconds", default=4, show_default=True, help="Of each run.")
@click.option(
    "--only", "names", multiple=True, help="An operation; repeatable. vendor: none of them."
)
@click.option("--people", default=1_000, show_default=True, help="For counting vendor calls.")
@click.option("--vendor-users", default=400, show_default=True, help="For timing vendor calls.")
@click.option("--vendor-latency-ms", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--vendor", "vendors", multiple=True, type=click.Choice(list(VENDOR_FIGURES)))
@click.option("--peer/--no-peer", default=True, show_default=True)
def main(
    out: Path,
    users: int,
    sizes: str,
    runs: int,
    seconds: int,
    names: tuple[str, ...],
    people: int,
    vendor_users: int,
    vendor_latency_ms: int,
    vendors: tuple[str, ...],
    peer: bool,
) -> None:
    """Measure bridge, ceiling and peer side by side; a table, results.json and a plot."""
    operations = [each for each in OPERATIONS if not names or each.name in names]
    out.mkdir(parents=True, exist_ok=True)
    series = _measure(operations, Tenant(users), runs=runs, seconds=seconds, peer=peer)
    if operations:
        click.echo(table(operations, series))
    by_size = {
        size: _measure(operations, Tenant(size), runs=runs, seconds=seconds, peer=False)
        for size in map(int, filter(None, sizes.split(",") if operations else ()))
    }
    for size, found in by_size.items():
        click.echo(f"\n{size} users and members:\n{table(operations, found)}")
    asked = vendors or tuple(VENDOR_FIGURES)
    counts = [each for name in asked if people for each in vendor_calls(name, people)]
    click.echo(f"\nCalls to the vendor for {people} users:\n{calls_table(counts)}")
    times = [
        each
        for name in asked
        if vendor_users
        for each in vendor_calls(name, vendor_users, vendor_latency_ms)
    ]
    click.echo(f"\n{vendor_users} users, {vendor_latency_ms} ms a call:\n{time_table(times)}")
    results = {
        "machine": machine(),
        "users": users,
        "operations": asdict(series),
        "by_size": {size: asdict(found) for size, found in by_size.items()},
        "people": people,
        "vendor_calls": [asdict(each) for each in counts],
        "vendor_users": vendor_users,
        "vendor_latency_ms": vendor_latency_ms,
        "vendor_times": [asdict(each) for each in times],
    }
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    if by_size:
        plot(operations, by_size, out / "cost-by-size.png")


def _measure(
    operations: list[Operation], tenant: Tenant, *, runs: int, seconds: int, peer: bool
) -> Series:
    """All runs of one size. The servers take turns, so that a busy machine is so for all."""
    if not operations:
        return Series({}, {})
    measured: dict[str, dict[str, list[Measured]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-bench-")))
        bodies = folder / "bodies"
        bodies.mkdir()
        servers: dict[str, Server] = {"bridge": stack.enter_context(bridge(folder, tenant))}
        for each in operations:
            first = next(iter(each.requests(tenant, runs, 0)))
            (bodies / each.name).write_bytes(_answer(servers["bridge"], first))
        servers["ceiling"] = stack.enter_context(bare_flask(folder, bodies))
        if peer:
            servers["peer"] = stack.enter_context(scim2_server(folder, tenant))
        for operation in operations:
            for run in range(runs):
                plan: list[Any] = [
                    list(operation.requests(tenant, run, thread)) for thread in range(THREADS)
                ]
                for name, server in servers.items():
                    url = f"{server.url}/{operation.name}" if name == "ceiling" else server.url
                    found = measure(
                        url, plan, headers=server.headers, seconds=seconds, folder=folder
                    )
                    measured.setdefault(operation.name, {}).setdefault(name, []).append(found)
        memory = {name: server.worker_megabytes() for name, server in servers.items()}
    return Series(measured, memory)


def _answer(server: Server, asked: Request) -> bytes:
    answer = requests.request(
        asked.method, server.url + asked.path, data=asked.body, headers=server.headers, timeout=60
    )
    answer.raise_for_status()
    return answer.content


main()
