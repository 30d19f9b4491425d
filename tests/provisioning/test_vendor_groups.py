"""Groups that exist at the vendor as objects of their own, and vendors that fail at them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from scimbridge.connectors.interface import Entitlement
from scimbridge.directory import leases
from scimbridge.errors import ConfigError, InvalidValue, TemporarilyUnavailable, VendorRejected
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener
from tests.provisioning.fake_vendor import PLAIN, FakeVendor

MANAGING = replace(
    PLAIN, entitlement_kinds=("user-group",), managed_kinds=frozenset({"user-group"})
)


@dataclass
class Objects:
    """The user groups of the vendor, by id."""

    vendor: FakeVendor
    names: dict[str, str] = field(default_factory=dict)

    def create_entitlement(self, kind: str, name: str, description: str) -> Entitlement:
        self.vendor._call("create_entitlement")
        known = {name: native_id for native_id, name in self.names.items()}
        native_id = known.get(name, f"g{len(self.names) + 1}")
        self.names[native_id] = name
        return Entitlement(kind, native_id)

    def update_entitlement(self, item: Entitlement, name: str, description: str) -> None:
        self.vendor._call("update_entitlement")
        self.names[item.native_id] = name

    def delete_entitlement(self, item: Entitlement) -> None:
        self.vendor._call("delete_entitlement")
        assert not any(item in held for held in self.vendor.held.values()), "it still has members"
        del self.names[item.native_id]


@pytest.fixture
def managing(open_bench: Opener) -> Bench:
    bench = open_bench(MANAGING, unmapped_groups="create")
    objects = Objects(bench.vendor)
    for name in ("create_entitlement", "update_entitlement", "delete_entitlement"):
        bench.vendor.__dict__[name] = getattr(objects, name)
    bench.vendor.__dict__["objects"] = objects.names
    return bench


def objects(bench: Bench) -> set[str]:
    return set(bench.vendor.__dict__["objects"].values())


def test_a_group_lives_and_ends_with_its_object(managing: Bench) -> None:
    jane = managing.post_user()

    group = managing.post_group("Hunters", jane)
    assert managing.vendor.roles(JANE) == {"g1"}
    managing.rename_group(group, "Gatherers")
    assert objects(managing) == {"Gatherers"}
    managing.groups.delete(group, CALLER)

    assert objects(managing) == set()
    assert managing.vendor.roles(JANE) == set()
    assert managing.pending() == []


def test_a_group_whose_object_cannot_be_made_now_is_made_later_once(managing: Bench) -> None:
    jane = managing.post_user()
    with (
        managing.failing("create_entitlement"),
        pytest.raises(TemporarilyUnavailable, match="maintenance"),
    ):
        managing.post_group("Hunters", jane)

    managing.recover()

    assert objects(managing) == {"Hunters"}
    assert managing.vendor.roles(JANE) == {"g1"}
    assert managing.pending() == []


def test_a_refused_object_leaves_no_group(managing: Bench) -> None:
    refused = VendorRejected("too many groups")
    with managing.failing("create_entitlement", refused), pytest.raises(InvalidValue):
        managing.post_group("Hunters")

    assert objects(managing) == set()
    assert managing.pending() == []


def test_a_refused_new_name_leaves_the_old_one(managing: Bench) -> None:
    group = managing.post_group("Hunters", managing.post_user())
    refused = VendorRejected("reserved")
    with managing.failing("update_entitlement", refused), pytest.raises(InvalidValue):
        managing.rename_group(group, "Admins")

    managing.recover()

    assert objects(managing) == {"Hunters"}
    assert managing.shown("Groups", group)["displayName"] == "Hunters"
    assert managing.vendor.roles(JANE) == {"g1"}
    assert managing.pending() == []


def test_a_group_that_cannot_be_deleted_now_is_deleted_later(managing: Bench) -> None:
    group = managing.post_group("Hunters", managing.post_user())
    with managing.failing("delete_entitlement"), pytest.raises(TemporarilyUnavailable):
        managing.groups.delete(group, CALLER)
    assert managing.vendor.roles(JANE) == set()

    managing.recover()

    assert objects(managing) == set()
    assert managing.pending() == []


def test_a_group_at_which_another_worker_is_waits(managing: Bench) -> None:
    group = managing.post_group("Hunters")
    with managing.failing("update_entitlement"), pytest.raises(TemporarilyUnavailable):
        managing.rename_group(group, "Gatherers")
    pk, now = managing.row(group).pk, managing.clock()
    with managing.directory.write() as connection:
        assert leases.take(connection, [pk], owner="other", now=now, until=now + 60_000)

    with pytest.raises(TemporarilyUnavailable, match="another request is changing"):
        managing.rename_group(group, "Fishers")
    managing.recover()

    assert objects(managing) == {"Fishers"}


def test_objects_can_only_be_made_where_there_is_one_kind(open_bench: Opener) -> None:
    with pytest.raises(ConfigError, match="unmapped_groups"):
        open_bench(unmapped_groups="create")
