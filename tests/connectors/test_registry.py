from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest

import scimbridge.connectors
from scimbridge.connectors.interface import Connector
from scimbridge.connectors.registry import VENDORS, Vendor
from scimbridge.scim.attributes import parse_resource_type, parse_schema

ROOT = Path(scimbridge.connectors.__file__).parent


def test_every_vendors_folder_has_its_line_and_every_line_its_folder() -> None:
    folders = {each.name for each in ROOT.iterdir() if (each / "connector.py").is_file()}

    assert set(VENDORS) == folders


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
def test_a_line_names_things_that_exist(vendor: Vendor) -> None:
    module, name = vendor.simulator.split(":")

    assert isinstance(vendor.open_connector, type)
    assert issubclass(vendor.open_connector, Connector)
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendors_extensions_are_schemas_under_its_own_urn(name: str) -> None:
    short = name.partition("_")[0]
    urn = re.compile(rf"urn:scimbridge:params:scim:schemas:extension:{short}:\d\.\d:\w+")

    for resource_type, path in VENDORS[name].schemas.items():
        document = json.loads(path.read_text())
        schema = parse_schema(document)
        assert urn.fullmatch(schema.id)
        assert schema.id.endswith(f":{resource_type}")
        assert [each.document() for each in schema.attributes] == document["attributes"]


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendors_further_resource_types_are_what_their_files_say(name: str) -> None:
    short = name.partition("_")[0]

    for resource_type, path in VENDORS[name].resource_types.items():
        document = json.loads(path.read_text())
        kind = parse_resource_type(document)
        assert (kind.name, kind.schema.name) == (resource_type, document["schema"]["name"])
        assert kind.schema.id == f"urn:scimbridge:params:scim:schemas:{short}:2.0:{kind.name}"
        assert kind.document() == document["resourceType"]
        assert kind.schema.document() == document["schema"]
