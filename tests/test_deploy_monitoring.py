"""The alert rules, the dashboard and the chart speak of what there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.registry import CollectorRegistry

from scimbridge.config import load_config
from scimbridge.connectors.registry import vendor_settings
from scimbridge.provisioning.status import status
from scimbridge.web.gauges import StatusGauges
from tests.conftest import World

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
ALERTS = DEPLOY / "prometheus/alerts.yaml"
DASHBOARD = DEPLOY / "grafana/scimbridge.json"
METRIC = re.compile(r"\bscimbridge_[a-z_]+")
_SUFFIXES = re.compile(r"_(total|bucket|count|sum)$")


@pytest.fixture
def metrics(world: World) -> set[str]:
    """The names of all metrics, as they are declared."""
    registry = CollectorRegistry()
    registry.register(StatusGauges((status(world.provider),), world.clock()))
    sources = (ROOT / "scimbridge/web/metrics.py").read_text() + generate_latest(registry).decode()
    return set(METRIC.findall(sources))


def expressions() -> list[str]:
    rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [rule["expr"] for rule in rules] + [
        target["expr"] for panel in panels for target in panel["targets"]
    ]


def test_every_metric_of_an_alert_or_a_panel_exists(metrics: set[str]) -> None:
    used = {
        _SUFFIXES.sub("", name)
        for expression in expressions()
        for name in METRIC.findall(expression)
    }

    assert len(used) > 10
    assert used - metrics == set()


def test_every_alert_leads_to_a_section_of_the_runbook() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line[3:].lower()).replace(" ", "-")
        for line in (ROOT / "docs/runbook.md").read_text().splitlines()
        if line.startswith("## ")
    }
    rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
    anchors = {rule["annotations"]["runbook"].partition("#")[2] for rule in rules}

    assert anchors - headings == set()


def test_no_two_panels_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        at: dict[str, Any] = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not taken & cells, panel["title"]
        taken |= cells


# --- the chart -------------------------------------------------------------------------------


def rendered(*options: str) -> dict[str, dict[str, Any]]:
    """What the chart makes, by kind."""
    helm = Path(sys.executable).with_name("helm")
    shown = subprocess.run(
        [helm, "template", "scim", DEPLOY / "helm/scimbridge", *options],
        check=True,
        capture_output=True,
        text=True,
    )
    return {each["kind"]: each for each in yaml.safe_load_all(shown.stdout) if each}


def test_the_chart_runs_two_replicas_that_take_no_traffic_before_they_are_ready() -> None:
    deployment = rendered()["Deployment"]["spec"]
    (container,) = deployment["template"]["spec"]["containers"]

    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_its_configuration_is_one_that_the_bridge_takes(tmp_path: Path) -> None:
    file = tmp_path / "scimbridge.toml"
    file.write_text(rendered()["ConfigMap"]["data"]["scimbridge.toml"])
    secrets = {"SCIMBRIDGE_SECRET_KEY": "k" * 48, "FALCON_CLIENT_SECRET": "secret"}

    config = load_config(file, vendor_settings(), environ=secrets)

    assert config.bridge.database.startswith("postgresql://")
    assert config.bridge.listen == "0.0.0.0:8080"


def test_no_secret_is_in_it() -> None:
    made = rendered()

    assert "Secret" not in made
    (container,) = made["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert "env" not in container


def test_it_reaches_dns_database_and_vendors_and_nothing_else() -> None:
    policy = rendered()["NetworkPolicy"]["spec"]
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}

    assert ports == {53, 5432, 443, 3780}


def test_prometheus_scrapes_it_where_that_is_wanted() -> None:
    assert "ServiceMonitor" not in rendered()
    assert rendered("--set", "monitoring.enabled=true")["ServiceMonitor"]
