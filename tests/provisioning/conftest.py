"""One target of a whole bridge without HTTP: a real directory, and a vendor in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from scimbridge.config import TargetConfig
from scimbridge.connectors.interface import Account, Capabilities, Entitlement
from scimbridge.directory import journal, resources
from scimbridge.directory.audit import AuditLog
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller
from scimbridge.directory.leases import LEASE_MARGIN_S
from scimbridge.directory.resources import ResourceRow
from scimbridge.directory.schema import audit
from scimbridge.errors import OutcomeUnknown, VendorUnavailable
from scimbridge.provisioning.converge import Converger
from scimbridge.provisioning.endpoints import DirectoryEndpoint
from scimbridge.provisioning.groups import Groups
from scimbridge.provisioning.operations import Operations
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.query import Listing, Reader
from scimbridge.provisioning.representation import Representation
from scimbridge.provisioning.service_provider import ServiceProvider, build_service_provider
from scimbridge.provisioning.targets import build_target
from scimbridge.provisioning.users import Users
from scimbridge.scim import urns
from scimbridge.scim.attributes import ResourceType, Schema, group_type, user_type
from scimbridge.scim.operations import Operation, parse_patch
from scimbridge.scim.projection import parse_projection
from scimbridge.scim.quirks import Dialect
from tests.databases import prepare
from tests.provisioning.fake_vendor import PLAIN, FakeVendor

CALLER = Caller("okta", "r1")
GROUPS = {
    "Analysts": ("role:analyst",),
    "Readers": ("role:reader",),
    "Both": ("role:analyst", "role:reader"),
}
JANE = "jane@example.com"
ROE = "roe@example.com"
READER = Entitlement("role", "reader")
DOWN = VendorUnavailable("maintenance")


@dataclass
class Clock:
    """Time that moves only when it is told to."""

    at: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += round(seconds * 1000)


@dataclass
class Found:
    """A `Listing` whose resources are parsed."""

    total: int
    resources: list[dict[str, Any]]


def parsed(shown: Representation) -> dict[str, Any]:
    """The resource that a representation is of."""
    resource: dict[str, Any] = json.loads(shown.json)
    return resource


def found(listing: Listing) -> Found:
    """A page of a list with what its resources are."""
    return Found(listing.total, [json.loads(each) for each in listing.resources])


@dataclass
class Bench:
    """The parts of one target, and shorthands for what an IdP does with it."""

    vendor: FakeVendor
    directory: Directory
    provider: ServiceProvider
    clock: Clock

    @property
    def operations(self) -> Operations:
        return self.provider.operations

    @property
    def converger(self) -> Converger:
        return self.operations.converger

    @property
    def outcomes(self) -> Outcomes:
        return self.operations.outcomes

    @property
    def audit(self) -> AuditLog:
        return self.outcomes.audit

    @property
    def users(self) -> Users:
        return self._endpoint("Users").writer  # type: ignore[return-value]

    @property
    def groups(self) -> Groups:
        return self._endpoint("Groups").writer  # type: ignore[return-value]

    @property
    def reader(self) -> Reader:
        return self._endpoint("Users").reader

    def _endpoint(self, name: str) -> DirectoryEndpoint:
        endpoint = self.provider.endpoints[name]
        assert isinstance(endpoint, DirectoryEndpoint)
        return endpoint

    # --- what an IdP does ------------------------------------------------------------------

    def post_user(self, user_name: str = JANE, **attributes: Any) -> str:
        document = {"schemas": [urns.USER], "userName": user_name, **attributes}
        return self._endpoint("Users").create(document, CALLER).scim_id

    def post_group(self, name: str, *members: str) -> str:
        listed = [{"value": member} for member in members]
        document = {"schemas": [urns.GROUP], "displayName": name, "members": listed}
        return self._endpoint("Groups").create(document, CALLER).scim_id

    def patch_user(self, user: str, **values: Any) -> None:
        each = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
        self.users.patch(user, operations(user_type(), *each), CALLER)

    def patch_group(self, group: str, *each: dict[str, Any]) -> None:
        kind = self.provider.target.group_type
        self.groups.patch(group, operations(kind, *each), CALLER)

    def join(self, group: str, *members: str) -> None:
        value = [{"value": member} for member in members]
        self.patch_group(group, {"op": "add", "path": "members", "value": value})

    def leave(self, group: str, member: str) -> None:
        self.patch_group(group, {"op": "remove", "path": f'members[value eq "{member}"]'})

    def rename_group(self, group: str, name: str) -> None:
        self.patch_group(group, {"op": "replace", "path": "displayName", "value": name})

    def shown(self, kind: str, scim_id: str) -> dict[str, Any]:
        """As a GET shows it."""
        kinds = {"Users": user_type(), "Groups": self.provider.target.group_type}
        projection = parse_projection(None, None, kinds[kind])
        return parsed(self.provider.endpoints[kind].get(scim_id, projection, "https://b"))

    def members(self, group: str) -> set[str]:
        return {each["value"] for each in self.shown("Groups", group).get("members", ())}

    # --- what happens around it ------------------------------------------------------------

    @contextmanager
    def failing(self, call: str, error: Exception = DOWN) -> Iterator[None]:
        """Have the vendor fail at one kind of call."""
        before = dict(self.vendor.meanwhile)
        self.vendor.meanwhile[call] = raiser(error)
        yield
        self.vendor.meanwhile = before

    def recover(self, *, after_s: float = 3600) -> None:
        """What the background does at its next look."""
        self.clock.advance(after_s)
        self.operations.recover()

    def row(self, scim_id: str) -> ResourceRow:
        with self.directory.read() as connection:
            return resources.by_ids(connection, "t", [scim_id])[scim_id]

    def lines(self) -> list[str]:
        """The actions in the audit log, oldest first."""
        with self.directory.read() as connection:
            return list(connection.execute(select(audit.c.action).order_by(audit.c.pk)).scalars())

    def pending(self) -> list[str]:
        """The kinds of the unfinished operations."""
        with self.directory.read() as connection:
            found = journal.due(connection, "t", now=self.clock() + 10**10, limit=100)
        return [each.kind for each in found]


def raiser(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def once(bench: Bench, call: str, action: Callable[[], None]) -> None:
    """Run ``action`` at the vendor's next ``call``, when the lease of the caller is over."""

    def run() -> None:
        del bench.vendor.meanwhile[call]
        bench.clock.advance(LEASE_MARGIN_S + 60)
        action()

    bench.vendor.meanwhile[call] = run


def lose_the_answer(bench: Bench) -> None:
    """Have the next create be done and look as if nothing had come back."""
    create = bench.vendor.create_account

    def answer_lost(account: Account, entitlements: frozenset[object]) -> None:
        del bench.vendor.__dict__["create_account"]
        create(account, frozenset())
        raise OutcomeUnknown("no answer")

    bench.vendor.__dict__["create_account"] = answer_lost


def operations(kind: ResourceType, *each: dict[str, Any]) -> tuple[Operation, ...]:
    """A PATCH as the web layer parses it."""
    return parse_patch({"schemas": [urns.PATCH_OP], "Operations": list(each)}, kind)


Opener = Callable[..., Bench]


@pytest.fixture
def open_bench(tmp_path: Path) -> Iterator[Opener]:
    """Opens benches on one directory, as starting the bridge again does.

    ``able`` is what the vendor can do, ``vendor`` one that is there already; all else is policy.
    """
    with ExitStack() as stack:

        def opened(
            able: Capabilities = PLAIN,
            deadline_s: float = 0.4,
            vendor: FakeVendor | None = None,
            groups: Mapping[str, tuple[str, ...]] = GROUPS,
            group_extension: Schema | None = None,
            record_types: tuple[ResourceType, ...] = (),
            **policy: Any,
        ) -> Bench:
            url = f"sqlite:///{tmp_path / 'directory.db'}"
            prepare(url)
            directory = Directory(url)
            stack.callback(directory.close)
            vendor, clock = vendor or FakeVendor(able), Clock()
            config = TargetConfig(name="t", type="fake", vendor=None, groups=groups, **policy)
            target = build_target(
                config,
                vendor,
                user_type=user_type(),
                group_type=group_type(*filter(None, [group_extension])),
                extension=None,
                dialect=Dialect.tolerant(),
                record_types=record_types,
            )
            provider = build_service_provider(
                target,
                directory,
                AuditLog(b"audit key"),
                owner="this",
                deadline_s=deadline_s,
                retry_after_s=30,
                now=clock,
            )
            provider.observer.register()
            return Bench(vendor, directory, provider, clock)

        yield opened


@pytest.fixture
def bench(open_bench: Opener) -> Bench:
    return open_bench()
