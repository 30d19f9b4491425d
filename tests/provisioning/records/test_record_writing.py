"""Further resource types: the vendor's own records, written and read again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scimbridge.connectors.interface import Record, RecordVerb
from scimbridge.errors import (
    Conflict,
    InvalidValue,
    MethodNotAllowed,
    Mutability,
    NotFound,
    PreconditionFailed,
    ServerFault,
    TemporarilyUnavailable,
    Uniqueness,
    VendorConflict,
    VendorDenied,
    VendorNotFound,
    VendorRejected,
)
from scimbridge.scim.messages import load_resource
from tests.provisioning.conftest import CALLER, DOWN, parsed
from tests.provisioning.records.conftest import ALL, SHELF, Opened, Shelves


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
