"""A bridge at a vendor that keeps groups as objects of its own, with attributes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from scimbridge.connectors.interface import Entitlement, EntitlementDetails, ManagedEntitlement
from scimbridge.scim import urns
from scimbridge.scim.attributes import parse_schema
from tests.provisioning.conftest import CALLER, Bench, Opener
from tests.provisioning.fake_vendor import PLAIN, FakeVendor

MANAGING = replace(
    PLAIN, entitlement_kinds=("user-group",), managed_kinds=frozenset({"user-group"})
)
NOTES = parse_schema(
    {
        "id": "urn:t:Group",
        "name": "Notes",
        "attributes": [
            {"name": "note", "type": "string"},
            {"name": "colour", "type": "string"},
            {"name": "keys", "type": "string", "multiValued": True},
        ],
    }
)


@dataclass
class Objects:
    """The user groups of the vendor, by id."""

    vendor: FakeVendor
    shown: dict[str, ManagedEntitlement] = field(default_factory=dict)

    def find_entitlement(self, kind: str, name: str) -> Entitlement | None:
        self.vendor._call("find_entitlement")
        found = [key for key, each in self.shown.items() if each.display_name == name]
        return Entitlement(kind, found[0]) if found else None

    def create_entitlement(self, kind: str, wanted: ManagedEntitlement) -> Entitlement:
        self.vendor._call("create_entitlement")
        native_id = f"g{len(self.shown) + 1}"
        self.shown[native_id] = ManagedEntitlement(wanted.display_name)
        self.vendor._call("created_entitlement")
        return Entitlement(kind, native_id)

    def update_entitlement(
        self, item: Entitlement, before: Sequence[ManagedEntitlement], after: ManagedEntitlement
    ) -> None:
        self.vendor._call("update_entitlement")
        ours = {name for each in before for name in each.attributes}
        theirs = self.shown[item.native_id].attributes
        others = {name: value for name, value in theirs.items() if name not in ours}
        self.shown[item.native_id] = replace(after, attributes={**others, **after.attributes})
        self.vendor._call("updated_entitlement")

    def delete_entitlement(self, item: Entitlement) -> None:
        self.vendor._call("delete_entitlement")
        assert not any(item in held for held in self.vendor.held.values()), "it still has members"
        del self.shown[item.native_id]

    def entitlements(self) -> list[EntitlementDetails]:
        return [
            EntitlementDetails(Entitlement("user-group", key), each.display_name)
            for key, each in self.shown.items()
        ]

    def entitlement_attributes(
        self, entitlements: Collection[Entitlement]
    ) -> dict[Entitlement, Mapping[str, Any]]:
        self.vendor._call("entitlement_attributes")
        shown = {each: self.shown[each.native_id].attributes for each in entitlements}
        return {each: values for each, values in shown.items() if values}


@pytest.fixture
def managing(open_bench: Opener) -> Bench:
    return managing_bench(open_bench)


def managing_bench(open_bench: Opener, **policy: Any) -> Bench:
    able = replace(MANAGING, group_member_limits={"user-group": 2})
    bench = open_bench(able, unmapped_groups="create", group_extension=NOTES, **policy)
    objects = Objects(bench.vendor)
    for name in dir(objects):
        if "entitlement" in name:
            bench.vendor.__dict__[name] = getattr(objects, name)
    bench.vendor.__dict__["objects"] = objects.shown
    return bench


def shown(bench: Bench) -> dict[str, ManagedEntitlement]:
    """The vendor's objects by id."""
    found: dict[str, ManagedEntitlement] = bench.vendor.__dict__["objects"]
    return found


def objects(bench: Bench) -> set[str]:
    return {each.display_name for each in shown(bench).values()}


def note(bench: Bench, group: str, value: str | None) -> None:
    bench.patch_group(group, {"op": "replace", "path": "urn:t:Group:note", "value": value})


def post_with(bench: Bench, name: str, *members: str, **attributes: str) -> str:
    document: dict[str, Any] = {"schemas": [urns.GROUP, "urn:t:Group"], "displayName": name}
    document |= {"members": [{"value": each} for each in members], "urn:t:Group": attributes}
    return bench.groups.create(document, CALLER)
