"""What adding a vendor takes: one folder and one line in the registry.

The folder is written here, with a connector of a few lines; the whole bridge then serves it.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from scimbridge import app
from scimbridge.app import open_bridge
from scimbridge.clock import now_ms
from scimbridge.config import load_config
from scimbridge.connectors import registry
from scimbridge.connectors.registry import Vendor
from scimbridge.directory import tokens
from scimbridge.directory.migrate import migrate
from scimbridge.keys import derive_key

KEY = "a key for tests only, thirty-two bytes or more"
FOLDER = """
from dataclasses import dataclass, field, replace

from scimbridge.connectors.interface import *
from scimbridge.errors import VendorConflict, VendorNotFound


@dataclass(frozen=True)
class ToySettings:
    colour: str = field(metadata={"doc": "the colour"})


class ToyConnector(Connector):
    def __init__(self, settings, wiring):
        self.store, self.held, self.boxes = {}, {}, {}

    capabilities = Capabilities(
        account_attributes=frozenset({"display_name"}),
        entitlement_kinds=("badge",),
        can_disable_accounts=True,
        can_rename_accounts=True,
        record_types={"Box": frozenset({"create", "update", "delete"})},
    )

    def check(self): ...

    def accounts(self, where=None):
        yield from self.store.values()

    def find_account(self, user_name):
        return next((a for a in self.store.values() if a.user_name == user_name), None)

    def read_account(self, native_id):
        return self.store.get(native_id)

    def entitlements(self):
        yield EntitlementDetails(Entitlement("badge", "gold"), "Gold badge")

    def grants(self, native_id):
        return frozenset(HeldGrant(each) for each in self.held[native_id])

    def create_account(self, account, entitlements):
        if self.find_account(account.user_name):
            raise VendorConflict("taken")
        native_id = str(len(self.store) + 1)
        self.store[native_id] = replace(account, native_id=native_id, secrets={})
        self.held[native_id] = set(entitlements)
        return Created(native_id, frozenset(entitlements))

    def update_account(self, account, changed):
        if account.native_id not in self.store:
            raise VendorNotFound("gone")
        self.store[account.native_id] = replace(account, secrets={})

    def set_active(self, native_id, *, active):
        self.store[native_id] = replace(self.store[native_id], active=active)

    def delete_account(self, native_id):
        self.store.pop(native_id, None)

    def grant(self, assignments):
        for each in assignments:
            self.held[each.account_id].add(each.entitlement)

    def revoke(self, assignments):
        for each in assignments:
            self.held[each.account_id].discard(each.entitlement)

    def records(self, type, where=None, *, owner=None):
        yield from self.boxes.values()

    def read_record(self, type, record_id, *, owner=None):
        return self.boxes.get(record_id)

    def create_record(self, type, record):
        self.boxes["b1"] = {"id": "b1", **record}
        return "b1"

    def update_record(self, type, before, after):
        self.boxes[after["id"]] = after

    def delete_record(self, type, record_id):
        self.boxes.pop(record_id, None)
"""
BOX = {
    "resourceType": {"name": "Box", "endpoint": "/Boxes"},
    "schema": {
        "id": "urn:toy:Box",
        "name": "Box",
        "attributes": [{"name": "label", "type": "string", "multiValued": False}],
    },
}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/__init__.py").write_text(FOLDER)
    monkeypatch.syspath_prepend(str(tmp_path))
    toy = importlib.import_module("toy")
    box = tmp_path / "toy/box.json"
    box.write_text(json.dumps(BOX))
    none: dict[str, Path] = {}
    line = {
        "toy": Vendor(
            toy.ToySettings, toy.ToyConnector, none, "toy:none", resource_types={"Box": box}
        )
    }
    for module in (registry, app):
        monkeypatch.setattr(module, "VENDORS", {**registry.VENDORS, **line})
    path = tmp_path / "scimbridge.toml"
    path.write_text(
        '[bridge]\ndatabase = "directory.db"\nsecret_key = "env:KEY"\n'
        '[targets.toy]\ntype = "toy"\ncolour = "red"\n'
        '[targets.toy.groups]\nGuests = ["badge:gold"]\n'
    )
    config = load_config(path, registry.vendor_settings(), environ={"KEY": KEY})
    migrate(config.bridge.database)
    bridge = open_bridge(config)
    with bridge.directory.write() as connection:
        key = derive_key(KEY.encode(), "tokens")
        token = tokens.issue(connection, key, target="toy", name="test", now=now_ms())
    client = bridge.app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    client.connector = bridge.providers["toy"].target.connector  # type: ignore[attr-defined]
    yield client
    bridge.directory.close()
    del sys.modules["toy"]


def send(client: FlaskClient, method: str, path: str, body: object = None) -> dict[str, object]:
    answer = client.open(
        f"/toy/scim/v2{path}",
        method=method,
        data=json.dumps(body),
        content_type="application/scim+json",
    )
    assert answer.status_code < 300, answer.text
    found: dict[str, object] = answer.get_json(silent=True, force=True) or {}
    return found


def test_a_vendor_that_has_a_folder_and_a_line_is_served(client: FlaskClient) -> None:
    user = send(client, "POST", "/Users", {"userName": "jane@example.com"})["id"]
    members = [{"value": user}]
    send(client, "POST", "/Groups", {"displayName": "guests", "members": members})
    connector = client.connector  # type: ignore[attr-defined]
    given = {str(each) for each in connector.held["1"]}
    off = {"Operations": [{"op": "replace", "value": {"active": False}}]}
    send(client, "PATCH", f"/Users/{user}", off)

    assert given == {"badge:gold"}
    assert connector.held["1"] == set()
    assert connector.store["1"].active is False
    send(client, "DELETE", f"/Users/{user}")
    assert connector.store == {}


def test_a_further_resource_type_is_a_file_and_its_record_methods(client: FlaskClient) -> None:
    box = send(client, "POST", "/Boxes", {"label": "Tools"})["id"]
    change = {"Operations": [{"op": "replace", "path": "label", "value": "Toys"}]}
    send(client, "PATCH", f"/Boxes/{box}", change)
    kinds = client.get("/toy/scim/v2/ResourceTypes").get_json(force=True)["Resources"]
    found = client.get('/toy/scim/v2/Boxes?filter=label sw "T"').get_json(force=True)

    assert [each["name"] for each in kinds] == ["User", "Group", "Box"]
    assert [each["label"] for each in found["Resources"]] == ["Toys"]
    send(client, "DELETE", f"/Boxes/{box}")
    assert client.connector.boxes == {}  # type: ignore[attr-defined]
