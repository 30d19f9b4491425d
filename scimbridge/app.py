"""The composition root: builds everything from the configuration and passes it in."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask

from scimbridge.clock import now_ms
from scimbridge.config import Config, TargetConfig
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Connector
from scimbridge.connectors.registry import VENDORS
from scimbridge.directory.audit import AuditLog
from scimbridge.directory.engine import Directory
from scimbridge.directory.migrate import check_schema
from scimbridge.keys import derive_key, secret_key
from scimbridge.provisioning.background import Background
from scimbridge.provisioning.entitlements import parse_entitlement
from scimbridge.provisioning.service_provider import ServiceProvider, build_service_provider
from scimbridge.provisioning.targets import Target, build_target
from scimbridge.scim.attributes import group_type, parse_resource_type, parse_schema, user_type
from scimbridge.scim.quirks import Dialect
from scimbridge.web.addresses import networks
from scimbridge.web.application import build_application
from scimbridge.web.auth import Authenticator
from scimbridge.web.console.desk import open_desk
from scimbridge.web.jwt_issuer import open_issuer
from scimbridge.web.limits import Failures, Slots
from scimbridge.web.metrics import Metrics
from scimbridge.web.site import Site


@dataclass(frozen=True, slots=True)
class Bridge:
    """A running bridge: one per worker process, created after the fork."""

    app: Flask
    directory: Directory
    providers: dict[str, ServiceProvider]
    background: Background

    def start(self) -> None:
        """Begin the background work: recovery, and observing what is due."""
        self.background.start()

    def close(self) -> None:
        """End the background work and close the directory."""
        self.background.stop()
        self.directory.close()


def open_bridge(
    config: Config,
    *,
    now: Callable[[], int] = now_ms,
    stand_in: Callable[[Connector], Connector] = lambda real: real,
) -> Bridge:
    """Build a bridge; ``now`` gives milliseconds since the epoch.

    ``stand_in`` takes the place of each connector (a rehearsal).

    Raises `ConfigError`, or `DirectoryError` if the schema is not current.
    """
    key = secret_key(config)
    directory = Directory(config.bridge.database)
    check_schema(directory.engine)
    audit = AuditLog(derive_key(key, "audit"))
    metrics = Metrics()
    owner = f"{socket.gethostname()}:{os.getpid()}"
    providers = {
        name: build_service_provider(
            open_target(target, metrics, stand_in),
            directory,
            audit,
            owner=owner,
            deadline_s=config.bridge.deadline_s,
            retry_after_s=config.bridge.transient_retry_after_s,
            now=now,
        )
        for name, target in config.targets.items()
    }
    for provider in providers.values():
        provider.observer.register()
    site = Site(
        config=config.bridge,
        providers=providers,
        authenticator=_open_authenticator(config, directory, derive_key(key, "tokens"), now),
        slots=Slots(),
        metrics=metrics,
        cursor_key=derive_key(key, "cursors"),
        now=now,
        console=None
        if config.console is None
        else open_desk(
            config.console,
            key=derive_key(key, "console"),
            audit=audit,
            public_url=config.bridge.public_url,
            trusted_proxies=config.bridge.trusted_proxies,
            now=now,
        ),
    )
    background = Background(providers.values(), interval_s=config.bridge.recovery_interval_s)
    return Bridge(build_application(site), directory, providers, background)


def _open_authenticator(
    config: Config, directory: Directory, key: bytes, now: Callable[[], int]
) -> Authenticator:
    issuers = {name: open_issuer(target) for name, target in config.targets.items()}
    return Authenticator(
        directory=directory,
        key=key,
        now=now,
        proxies=networks(config.bridge.trusted_proxies),
        allowed={
            name: networks(target.allowed_networks)
            for name, target in config.targets.items()
            if target.allowed_networks
        },
        issuers={name: issuer for name, issuer in issuers.items() if issuer is not None},
        failures_of_address=Failures(burst=100, seconds=1, now=now),
        failures_of_token=Failures(burst=20, seconds=5, now=now),
    )


def open_target(
    config: TargetConfig, metrics: Metrics, stand_in: Callable[[Connector], Connector]
) -> Target:
    """One target with its connector and schemas; nothing is sent to the vendor yet."""
    vendor = VENDORS[config.type]
    connector = stand_in(open_connector(config, metrics))
    schemas = {kind: parse_schema(_read_json(path)) for kind, path in vendor.schemas.items()}
    extension = schemas.get("User")
    # What describes the vendor's own objects is for targets that manage such.
    managed = connector.capabilities.managed_kinds
    return build_target(
        config,
        connector,
        user_type=user_type(*([extension] if extension else [])),
        group_type=group_type(*([schemas["Group"]] if managed and "Group" in schemas else [])),
        extension=extension.id if extension else None,
        dialect=Dialect.strict()
        if config.strict
        else Dialect.tolerant(metrics.quirks(config.name)),
        record_types=tuple(
            parse_resource_type(_read_json(path))
            for name, path in vendor.resource_types.items()
            if name in connector.capabilities.record_types
        ),
    )


def open_connector(config: TargetConfig, metrics: Metrics | None = None) -> Connector:
    """The connector of one target, its calls counted; nothing is sent to the vendor yet."""
    role = parse_entitlement(config.default_role).native_id if config.default_role else None
    wiring = Wiring(target=config.name, default_role=role)
    if metrics is not None:
        wiring = replace(
            wiring,
            on_call=metrics.vendor_calls(config.name),
            on_event=metrics.vendor_events(config.name),
            on_shut=metrics.vendor_shut(config.name),
        )
    return VENDORS[config.type].open_connector(config.vendor, wiring)


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
