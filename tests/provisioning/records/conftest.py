"""A vendor with shelves, records of its own, and a bridge that serves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select

from scimbridge.connectors.deadline import remaining
from scimbridge.connectors.interface import Record, RecordPage, RecordQuery, RecordVerb
from scimbridge.directory.schema import audit
from scimbridge.errors import VendorNotFound
from scimbridge.provisioning.query import Query
from scimbridge.provisioning.records import RecordEndpoint
from scimbridge.scim.attributes import parse_resource_type
from scimbridge.scim.filters import Filter, parse_filter
from scimbridge.scim.listing import Page
from scimbridge.scim.messages import load_resource
from scimbridge.scim.projection import parse_projection
from tests.provisioning.conftest import CALLER, Bench, Found, Opener, found, operations, parsed
from tests.provisioning.fake_vendor import PLAIN, FakeVendor


def _attribute(name: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, "multiValued": False, **more}


SHELF = parse_resource_type(
    {
        "resourceType": {"name": "Shelf", "endpoint": "/Shelves", "description": "Of books"},
        "schema": {
            "id": "urn:test:Shelf",
            "name": "Shelf",
            "attributes": [
                _attribute("name", required=True),
                _attribute("room", mutability="immutable"),
                _attribute("height", "integer"),
                _attribute("open", "boolean"),
                _attribute("copyOf", mutability="writeOnly", returned="never"),
                _attribute("cleaned", "dateTime"),
                _attribute("tags", multiValued=True),
                _attribute(
                    "light",
                    "complex",
                    subAttributes=[_attribute("on", "boolean"), _attribute("hue")],
                ),
                {
                    **_attribute("books", "complex", subAttributes=[_attribute("value")]),
                    "multiValued": True,
                },
            ],
        },
    }
)
BOOK = parse_resource_type(
    {
        "resourceType": {"name": "Book", "endpoint": "/Shelves/{id}/books"},
        "schema": {
            "id": "urn:test:Book",
            "name": "Book",
            "attributes": [_attribute("title", mutability="readOnly")],
        },
    }
)
EVERYTHING: frozenset[RecordVerb] = frozenset({"create", "update", "delete"})
ALL = parse_projection(None, None, SHELF)


@dataclass
class Library(FakeVendor):
    """A vendor with shelves, and the books on each."""

    shelves: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: RecordPage | None = None
    """What `record_page` answers whatever it is asked."""
    pages: list[RecordQuery] = field(default_factory=list)
    deaf: bool = False
    """Writes are answered as done, and nothing is done."""

    def records(
        self, type: str, where: Filter | None = None, *, owner: str | None = None
    ) -> Iterator[Record]:
        self._call("records")
        assert remaining() is not None
        if owner is None:
            yield from list(self.shelves.values())
            return
        if owner not in self.shelves:
            raise VendorNotFound(f"no shelf {owner}")
        for each in self.shelves[owner].get("books", ()):
            yield {"id": each["value"], "title": f"About {each['value']}"}

    def record_page(
        self, type: str, query: RecordQuery, *, owner: str | None = None
    ) -> RecordPage | None:
        self.pages.append(query)
        return self.page

    def read_record(self, type: str, record_id: str, *, owner: str | None = None) -> Record | None:
        self._call("read_record")
        if owner is None:
            return self.shelves.get(record_id)
        return next(
            (each for each in self.records(type, owner=owner) if each["id"] == record_id), None
        )

    def create_record(self, type: str, record: Record) -> str:
        self._call("create_record")
        new = f"s{len(self.shelves) + 1}"
        if not self.deaf:
            kept = {name: value for name, value in record.items() if name != "copyOf"}
            self.shelves[new] = {"id": new, **kept}
        return new

    def update_record(self, type: str, before: Record, after: Record) -> None:
        self._call("update_record")
        if not self.deaf:
            kept = {name: value for name, value in after.items() if name != "copyOf"}
            self.shelves[after["id"]] = kept

    def delete_record(self, type: str, record_id: str) -> None:
        self._call("delete_record")
        if not self.deaf:
            self.shelves.pop(record_id, None)


@dataclass
class Shelves:
    """The endpoint of the shelves, and shorthands for what a client does with it."""

    bench: Bench
    vendor: Library
    endpoint: RecordEndpoint

    def post(self, **values: Any) -> str:
        document = load_resource({"schemas": [SHELF.schema.id], **values}, SHELF)
        return self.endpoint.create(document, CALLER).scim_id

    def put(self, scim_id: str, if_match: Any = None, **values: Any) -> dict[str, Any]:
        document = load_resource({"schemas": [SHELF.schema.id], **values}, SHELF)
        written = self.endpoint.replace(scim_id, document, CALLER, if_match)
        return parsed(written.show(ALL, "https://b"))

    def patch(self, scim_id: str, *each: dict[str, Any]) -> dict[str, Any]:
        written = self.endpoint.patch(scim_id, operations(SHELF, *each), CALLER, None)
        return parsed(written.show(ALL, "https://b"))

    def get(self, scim_id: str) -> dict[str, Any]:
        return parsed(self.endpoint.get(scim_id, ALL, "https://b"))

    def find(self, filter: str | None = None, **query: Any) -> Found:
        where = None if filter is None else parse_filter(filter, SHELF)
        page = Page(query.pop("start", 1), query.pop("count", 100))
        return found(self.endpoint.search(Query(page, where, **query), ALL, "https://b"))

    def names(self, filter: str | None = None, **query: Any) -> list[str]:
        return [each["name"] for each in self.find(filter, **query).resources]

    def lines(self) -> list[tuple[str, str | None]]:
        """The audit lines on records."""
        with self.bench.directory.read() as connection:
            rows = connection.execute(
                select(audit.c.action, audit.c.scim_id)
                .where(audit.c.resource_type == "Shelf")
                .order_by(audit.c.pk)
            )
            return [(row.action, row.scim_id) for row in rows]


Opened = Callable[..., Shelves]


@pytest.fixture
def opened(open_bench: Opener) -> Opened:
    def opened(verbs: frozenset[RecordVerb], **policy: Any) -> Shelves:
        able = replace(PLAIN, record_types={"Shelf": verbs, "Book": frozenset()})
        vendor = Library(able)
        bench = open_bench(vendor=vendor, record_types=(SHELF, BOOK), **policy)
        endpoint = bench.provider.endpoints["Shelves"]
        assert isinstance(endpoint, RecordEndpoint)
        return Shelves(bench, vendor, endpoint)

    return opened


@pytest.fixture
def shelves(opened: Opened) -> Shelves:
    return opened(EVERYTHING)


@pytest.fixture
def three(shelves: Shelves) -> Shelves:
    for number, name in enumerate(("Maps", "atlases", "Novels"), 1):
        shelves.vendor.shelves[f"s{number}"] = {"id": f"s{number}", "name": name, "height": number}
    return shelves
