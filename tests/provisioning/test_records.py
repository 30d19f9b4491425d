"""Further resource types: the vendor's own records, read and written through SCIM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select

from scimbridge.connectors.deadline import remaining
from scimbridge.connectors.interface import Record, RecordPage, RecordQuery, RecordVerb
from scimbridge.directory.schema import audit
from scimbridge.errors import (
    Conflict,
    Forbidden,
    InvalidValue,
    MethodNotAllowed,
    Mutability,
    NotFound,
    PreconditionFailed,
    ScimError,
    ServerFault,
    TemporarilyUnavailable,
    Uniqueness,
    VendorConflict,
    VendorDenied,
    VendorNotFound,
    VendorRejected,
)
from scimbridge.provisioning.query import Query
from scimbridge.provisioning.records import RecordEndpoint
from scimbridge.scim.attributes import ResourceType, parse_resource_type
from scimbridge.scim.filters import Filter, parse_filter
from scimbridge.scim.listing import Page
from scimbridge.scim.messages import load_resource
from scimbridge.scim.projection import parse_projection
from tests.provisioning.conftest import (
    CALLER,
    DOWN,
    Bench,
    Found,
    Opener,
    found,
    operations,
    parsed,
)
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


# --- reading ---------------------------------------------------------------------------------


def test_a_record_is_shown_with_the_vendors_id_and_a_version_of_its_content(
    three: Shelves,
) -> None:
    shown = three.get("s1")

    assert shown["schemas"] == ["urn:test:Shelf"]
    assert (shown["id"], shown["name"]) == ("s1", "Maps")
    assert shown["meta"]["resourceType"] == "Shelf"
    assert shown["meta"]["location"] == "https://b/Shelves/s1"
    three.vendor.shelves["s1"]["height"] = 9
    assert three.get("s1")["meta"]["version"] != shown["meta"]["version"]


def test_what_the_vendor_tells_of_a_records_age_is_shown(three: Shelves) -> None:
    three.vendor.shelves["s1"]["meta"] = {"created": "2026-01-01T00:00:00Z"}

    meta = three.get("s1")["meta"]

    assert meta["created"] == "2026-01-01T00:00:00Z"
    assert meta["resourceType"] == "Shelf"


def test_an_id_that_names_nothing_is_not_found(three: Shelves) -> None:
    with pytest.raises(NotFound, match="no Shelf s9"):
        three.get("s9")


def test_records_are_filtered_sorted_and_paged_here_if_the_vendor_does_not(three: Shelves) -> None:
    assert three.names("height gt 1") == ["atlases", "Novels"]
    assert three.names(sort_by="name") == ["atlases", "Maps", "Novels"]
    page = three.find("height ge 1", sort_by="height", sort_order="descending", start=2, count=1)
    assert (page.total, [each["name"] for each in page.resources]) == (3, ["atlases"])


def test_a_page_of_the_vendor_is_taken_as_it_is(three: Shelves) -> None:
    three.vendor.page = RecordPage([{"id": "x", "name": "Maps"}], total=7)

    page = three.find('name sw "M"', sort_by="name", sort_order="descending", start=3, count=1)

    assert (page.total, [each["id"] for each in page.resources]) == (7, ["x"])
    (asked,) = three.vendor.pages
    assert (asked.sort_by, asked.descending, asked.offset, asked.count) == ("name", True, 2, 1)
    assert asked.where == parse_filter('name sw "M"', SHELF)
    assert "records" not in three.vendor.calls


@pytest.mark.parametrize(
    "page",
    [
        RecordPage([{"id": "x", "name": "Atlases"}], total=1),
        RecordPage([{"id": "x", "name": "Maps"}], total=2),
        RecordPage([{"id": "x", "name": "Maps"}, {"id": "y", "name": "Maps"}], total=1),
    ],
    ids=["one that does not match", "too short", "too long"],
)
def test_a_page_of_the_vendor_that_cannot_be_right_is_not_believed(
    three: Shelves, page: RecordPage
) -> None:
    three.vendor.page = page

    assert three.names('name sw "M"') == ["Maps"]


def test_what_cannot_be_sorted_by_is_refused_before_the_vendor_is_asked(three: Shelves) -> None:
    with pytest.raises(InvalidValue, match="sortBy"):
        three.find(sort_by="light")

    assert three.vendor.pages == []


def test_a_clients_own_identifier_is_no_attribute_of_a_record() -> None:
    assert SHELF.find("externalId") is None
    assert BOOK.find("id") is not None


@pytest.mark.parametrize(
    ("error", "answer"),
    [(DOWN, TemporarilyUnavailable), (VendorDenied("no scope"), ServerFault)],
)
def test_a_vendor_that_does_not_answer_a_read_keeps_nothing_of_it(
    three: Shelves, error: Exception, answer: type[ScimError]
) -> None:
    with three.bench.failing("read_record", error), pytest.raises(answer, match="is not kept"):
        three.get("s1")
    with three.bench.failing("records", error), pytest.raises(answer, match="send it again"):
        three.find()


# --- writing ---------------------------------------------------------------------------------


def test_a_created_record_has_the_vendors_id_and_is_answered_as_the_vendor_shows_it(
    shelves: Shelves,
) -> None:
    document = load_resource({"name": "Maps", "books": [{"value": "b"}], "copyOf": "s0"}, SHELF)
    shelves.vendor.meanwhile["create_record"] = lambda: None

    written = shelves.endpoint.create(document, CALLER)
    shelves.endpoint.answered(written.scim_id)

    shown = parsed(written.show(ALL, "https://b"))
    assert (written.scim_id, shown["id"], shown["name"]) == ("s1", "s1", "Maps")
    assert "copyOf" not in shown
    assert shelves.vendor.calls == ["create_record", "read_record"]
    assert shelves.lines() == [("create wanted", None), ("create done", "s1")]


def test_put_clears_what_it_leaves_out_and_keeps_the_immutable(shelves: Shelves) -> None:
    shelf = shelves.post(name="Maps", room="7", height=3, tags=["a"], light={"on": True})

    shown = shelves.put(shelf, name="Atlases", open=True)

    assert {**shown, "meta": None, "schemas": None} == {
        "id": shelf,
        "name": "Atlases",
        "room": "7",
        "open": True,
        "meta": None,
        "schemas": None,
    }
    with pytest.raises(Mutability, match="room"):
        shelves.put(shelf, name="Atlases", room="8")


def test_patch_changes_what_it_names(shelves: Shelves) -> None:
    shelf = shelves.post(name="Maps", books=[{"value": "a"}, {"value": "b"}])

    shown = shelves.patch(
        shelf,
        {"op": "remove", "path": 'books[value eq "a"]'},
        {"op": "add", "path": "books", "value": [{"value": "c"}]},
        {"op": "add", "path": "light.hue", "value": "warm"},
    )

    assert shown["books"] == [{"value": "b"}, {"value": "c"}]
    assert shown["light"] == {"hue": "warm"}
    assert shelves.vendor.shelves[shelf]["books"] == shown["books"]


@pytest.mark.parametrize("through", ["put", "patch"])
def test_a_value_that_is_never_shown_reaches_the_vendor(shelves: Shelves, through: str) -> None:
    shelf = shelves.post(name="Maps")
    sent: list[Record] = []
    update = shelves.vendor.update_record
    shelves.vendor.update_record = (  # type: ignore[method-assign]
        lambda type, before, after: (sent.append(after), update(type, before, after))[1]
    )

    if through == "put":
        shelves.put(shelf, name="Maps", copyOf="s0")
    else:
        shelves.patch(shelf, {"op": "replace", "path": "copyOf", "value": "s0"})

    assert [each["copyOf"] for each in sent] == ["s0"]


def test_what_changes_nothing_reaches_neither_the_vendor_nor_the_audit_log(
    shelves: Shelves,
) -> None:
    at = "2026-01-01T00:00:00Z"
    shelf = shelves.post(name="Maps", tags=["a", "b"], books=[{"value": "b"}], cleaned=at)
    lines = shelves.lines()

    shelves.put(
        shelf,
        name="Maps",
        tags=["b", "a"],
        open=False,
        books=[{"value": "b"}],
        cleaned="2026-01-01T01:00:00+01:00",
    )

    assert "update_record" not in shelves.vendor.calls
    assert shelves.lines() == lines


def test_a_deleted_record_is_gone(shelves: Shelves) -> None:
    shelf = shelves.post(name="Maps")

    shelves.endpoint.delete(shelf, CALLER, None)

    assert shelves.vendor.shelves == {}
    assert shelves.lines()[-2:] == [("delete wanted", shelf), ("delete done", shelf)]
    with pytest.raises(NotFound):
        shelves.endpoint.delete(shelf, CALLER, None)


def test_a_write_with_another_version_is_refused_before_anything_is_done(
    shelves: Shelves,
) -> None:
    shelf = shelves.post(name="Maps")
    old = frozenset({shelves.get(shelf)["meta"]["version"]})
    shown = shelves.put(shelf, if_match=old, name="Atlases")
    lines = shelves.lines()

    with pytest.raises(PreconditionFailed):
        shelves.put(shelf, if_match=old, name="Novels")
    with pytest.raises(PreconditionFailed):
        shelves.endpoint.delete(shelf, CALLER, old)

    assert shelves.vendor.shelves[shelf]["name"] == "Atlases"
    assert shelves.lines() == lines
    shelves.endpoint.delete(shelf, CALLER, frozenset({shown["meta"]["version"]}))


@pytest.mark.parametrize(
    ("verbs", "allowed"),
    [
        (frozenset(), ("GET", "HEAD")),
        (frozenset({"update"}), ("GET", "HEAD", "PUT", "PATCH")),
        (frozenset({"create", "delete"}), ("GET", "HEAD", "DELETE")),
    ],
)
def test_what_the_vendor_cannot_do_is_not_allowed(
    opened: Opened,
    verbs: frozenset[RecordVerb],
    allowed: tuple[str, ...],
) -> None:
    shelves = opened(verbs)
    shelves.vendor.shelves["s1"] = {"id": "s1", "name": "Maps"}
    attempts: dict[str, Callable[[], object]] = {
        "create": lambda: shelves.post(name="Maps"),
        "update": lambda: shelves.put("s1", name="Atlases"),
        "delete": lambda: shelves.endpoint.delete("s1", CALLER, None),
    }

    for verb, attempt in attempts.items():
        if verb in verbs:
            continue
        with pytest.raises(MethodNotAllowed) as caught:
            attempt()
        assert caught.value.allowed == (("GET", "HEAD") if verb == "create" else allowed)
    assert shelves.lines() == []


# --- what goes wrong -------------------------------------------------------------------------


def test_without_an_audit_line_nothing_is_changed(
    shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = shelves.post(name="Maps")

    def refuse(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(type(shelves.bench.audit), "append", refuse)
    shelves.vendor.calls.clear()
    for attempt in (
        lambda: shelves.post(name="Novels"),
        lambda: shelves.put(shelf, name="Atlases"),
        lambda: shelves.endpoint.delete(shelf, CALLER, None),
    ):
        with pytest.raises(OSError, match="disk full"):
            attempt()

    assert set(shelves.vendor.calls) == {"read_record"}
    assert [each["name"] for each in shelves.vendor.shelves.values()] == ["Maps"]


@pytest.mark.parametrize(
    ("call", "error", "answer"),
    [
        ("create_record", VendorConflict("the name is taken"), Uniqueness),
        ("create_record", VendorRejected("too many"), InvalidValue),
        ("create_record", VendorNotFound("no such book"), InvalidValue),
        ("update_record", VendorConflict("the name is taken"), Uniqueness),
        ("update_record", VendorNotFound("gone"), NotFound),
        ("update_record", DOWN, TemporarilyUnavailable),
        ("delete_record", VendorConflict("it is in use"), Conflict),
        ("delete_record", VendorDenied("no scope"), ServerFault),
        ("update_record", RuntimeError("a fault of ours"), RuntimeError),
    ],
)
def test_a_failure_is_answered_and_audited(
    shelves: Shelves, call: str, error: Exception, answer: type[Exception]
) -> None:
    shelf = shelves.post(name="Maps")
    attempts: dict[str, Callable[[], object]] = {
        "create_record": lambda: shelves.post(name="Novels"),
        "update_record": lambda: shelves.put(shelf, name="Atlases"),
        "delete_record": lambda: shelves.endpoint.delete(shelf, CALLER, None),
    }

    with shelves.bench.failing(call, error), pytest.raises(answer) as caught:
        attempts[call]()

    assert type(caught.value) is answer
    assert [action.split()[1] for action, _ in shelves.lines()[-2:]] == ["wanted", "failed"]
    assert shelves.vendor.shelves[shelf]["name"] == "Maps"


def test_a_change_that_the_vendor_is_too_ill_for_is_to_be_sent_again(shelves: Shelves) -> None:
    with (
        shelves.bench.failing("create_record"),
        pytest.raises(TemporarilyUnavailable, match="is not kept: send it again") as caught,
    ):
        shelves.post(name="Maps")

    assert caught.value.retry_after == 30


def test_what_the_vendor_does_not_show_is_not_answered_as_done(shelves: Shelves) -> None:
    shelf = shelves.post(name="Maps", books=[{"value": "a"}, {"value": "b"}], light={"on": True})
    shelves.vendor.deaf = True
    attempts: list[tuple[str, Callable[[], object]]] = [
        ("show it", lambda: shelves.post(name="Novels")),
        (
            "change of books, light, name",
            lambda: shelves.put(shelf, name="maps", books=[{"value": "a"}]),
        ),
        (
            "change of books",
            lambda: shelves.patch(shelf, {"op": "remove", "path": 'books[value eq "a"]'}),
        ),
        ("change of light", lambda: shelves.patch(shelf, {"op": "remove", "path": "light.on"})),
        ("that it is gone", lambda: shelves.endpoint.delete(shelf, CALLER, None)),
    ]

    for what, attempt in attempts:
        with pytest.raises(TemporarilyUnavailable, match=what):
            attempt()
        assert shelves.lines()[-1][0].endswith(" failed")


# --- nested types ----------------------------------------------------------------------------


def test_what_belongs_to_a_record_is_found_below_it(shelves: Shelves) -> None:
    shelf = shelves.post(name="Maps", books=[{"value": "a"}, {"value": "b"}])
    nested = shelves.bench.provider.nested["Shelves", "books"].of(shelf)
    everything = parse_projection(None, None, BOOK)

    query = Query(Page(1, 10), parse_filter('title co "b"', BOOK), "title", "descending")
    listed = found(nested.search(query, everything, "https://b"))
    one = parsed(nested.get("b", everything, "https://b"))

    assert [each["id"] for each in listed.resources] == ["b", "a"]
    assert one["meta"]["location"] == f"https://b/Shelves/{shelf}/books/b"
    assert one["meta"]["resourceType"] == "Book"
    with pytest.raises(NotFound, match="no Book c"):
        nested.get("c", everything, "https://b")


def test_what_would_belong_to_nothing_is_not_found(shelves: Shelves) -> None:
    nested = shelves.bench.provider.nested["Shelves", "books"].of("s9")
    everything = parse_projection(None, None, BOOK)

    with pytest.raises(NotFound, match="there is no /Shelves/s9"):
        nested.search(Query(Page(1, 10)), everything, "https://b")
    with pytest.raises(NotFound, match="there is no /Shelves/s9"):
        nested.get("a", everything, "https://b")


def test_a_nested_type_is_no_endpoint_of_its_own(shelves: Shelves) -> None:
    assert "books" not in str(shelves.bench.provider.endpoints.keys())
    kinds: list[ResourceType] = [
        each.resource_type for each in shelves.bench.provider.endpoints.values()
    ]
    assert BOOK not in kinds


# --- the removal budget ----------------------------------------------------------------------


def test_values_taken_from_a_record_count_like_accounts(opened: Opened) -> None:
    shelves = opened(EVERYTHING, removal_budget_accounts=2, removal_budget_percent=0.0)
    books = [{"value": name} for name in "abc"]
    shelf = shelves.post(name="Maps", books=books)

    shelves.patch(shelf, {"op": "remove", "path": 'books[value eq "c"]'})
    with pytest.raises(Forbidden, match=f"take 2 values from the Shelf {shelf} .* 1 of the 2"):
        shelves.put(shelf, name="Maps")
    with pytest.raises(Forbidden, match=r"paused until an operator decides: .* take 2 values from"):
        shelves.patch(shelf, {"op": "remove", "path": 'books[value eq "b"]'})

    assert shelves.vendor.shelves[shelf]["books"] == books[:2]
    assert shelves.lines()[-2:] == [("patch wanted", shelf), ("patch done", shelf)]


def test_a_record_that_is_deleted_counts_with_all_that_it_holds(opened: Opened) -> None:
    shelves = opened(EVERYTHING, removal_budget_accounts=3, removal_budget_percent=0.0)
    full = shelves.post(name="Novels", open=True, tags=["a"])
    shelves.endpoint.delete(shelves.post(name="Maps"), CALLER, None)

    with pytest.raises(Forbidden, match=r"take 3 values .* 1 of the 3"):
        shelves.endpoint.delete(full, CALLER, None)

    assert list(shelves.vendor.shelves) == [full]


def test_a_record_that_is_switched_off_counts_and_another_text_does_not(opened: Opened) -> None:
    shelves = opened(EVERYTHING, removal_budget_accounts=0, removal_budget_percent=0.0)
    shelf = shelves.post(name="Maps", open=True, height=3, tags=["a"])

    shelves.patch(
        shelf,
        {"op": "replace", "value": {"name": "Atlases", "height": 2}},
        {"op": "add", "path": "tags", "value": ["b"]},
    )
    with pytest.raises(Forbidden, match="take 1 value from"):
        shelves.patch(shelf, {"op": "replace", "path": "open", "value": False})


def test_where_removals_are_not_bounded_records_are_not_counted(opened: Opened) -> None:
    shelves = opened(EVERYTHING, removal_budget=False)
    shelf = shelves.post(name="Maps", tags=["a"])

    shelves.endpoint.delete(shelf, CALLER, None)

    assert shelves.bench.provider.pauses.standing().used == 0
