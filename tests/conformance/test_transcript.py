from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import HERE, all_cases, select
from conformance.sources import SourceError, Sources, load_sources
from conformance.transcript import TranscriptError, load_transcripts

STEP = {"send": "GET /Users"}
CASE = {
    "id": "x",
    "title": "t",
    "level": "must",
    "why": "w",
    "source": "RFC 7644",
    "steps": [STEP],
}
FILES = sorted([*HERE.glob("transcripts/**/*.json"), *HERE.glob("rfc/*.json")])


def load(tmp_path: Path, *cases: dict[str, Any], **file: Any) -> list[Any]:
    content = {"client": "Test", "about": "a", "cases": list(cases)} | file
    (tmp_path / "one.json").write_text(json.dumps(content))
    return load_transcripts(tmp_path, Sources({}))


@pytest.mark.parametrize(
    ("case", "mistake"),
    [
        ({"level": "could"}, "level 'could' is not must, should or may"),
        ({"source": []}, "it names no source"),
        ({"source": "hearsay"}, "'hearsay' is no RFC section, no thread"),
        ({"stpes": []}, "'stpes' is not a key"),
        ({"steps": [{}]}, "'send' is missing"),
        ({"steps": [{"send": "FETCH /Users"}]}, "write a method, a space and a target"),
        ({"steps": [{"send": "GET"}]}, "write a method, a space and a target"),
        ({"steps": [STEP | {"expects": 1}]}, "'expects' is not a key"),
        ({"steps": [STEP | {"expect": {"is": "duck"}}]}, "is 'duck': known shapes are list"),
        ({"steps": [STEP | {"expect": {"status": "5x"}}]}, "neither a code nor a class"),
        ({"steps": [STEP | {"expect": {"body": {"a..b": 1}}}]}, "is not an address"),
        ({"steps": [STEP | {"expect": {"body": {"a": {"is": 1}}}}]}, "no demand is called 'is'"),
        ({"steps": [STEP | {"reads_back": "${after}"}]}, "no object of addresses and demands"),
        ({"steps": [STEP | {"keep": {"a": "[["}}]}, "is not an address"),
        ({"steps": [STEP | {"body": "@user"}]}, "the file has no such body"),
        ({"given": ["user"]}, "the file has no such fixture"),
        ({"given": ["user as"]}, "the file has no such fixture"),
        ({"rows": [{"a": 1}]}, "give it a 'row'"),
    ],
)
def test_a_mistake_is_reported_with_its_place(
    tmp_path: Path, case: dict[str, Any], mistake: str
) -> None:
    with pytest.raises(TranscriptError) as raised:
        load(tmp_path, CASE | case)

    assert mistake in str(raised.value)
    assert "one.json, case x" in str(raised.value)


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError) as raised:
        load(tmp_path, CASE | {"level": "x"}, CASE | {"source": "x"}, query_encoding="morse")

    assert len(str(raised.value).splitlines()) == 5


def test_two_cases_must_not_share_an_id(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="two cases have the id x"):
        load(tmp_path, CASE, CASE)


def test_rows_make_one_case_each_with_its_values(tmp_path: Path) -> None:
    rows = [{"row": "one", "n": 1}, {"row": "two", "n": 2}]
    template = CASE | {
        "title": "count ${n}",
        "rows": rows,
        "steps": [{"send": "GET /Users?count=${n}", "expect": {"body": {"itemsPerPage": "${n}"}}}],
    }

    one, two = load(tmp_path, template)

    assert (one.info.id, two.info.title) == ("x.one", "count 2")
    assert two.steps[0].target == "/Users?count=2"
    assert two.steps[0].expect.body == {"itemsPerPage": 2}


def test_the_usual_status_depends_on_the_method(tmp_path: Path) -> None:
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    steps = [{"send": f"{method} /Users"} for method in methods]

    (case,) = load(tmp_path, CASE | {"steps": steps})

    assert [s.expect.status for s in case.steps] == [(200,), (201,), (200,), (200, 204), (204,)]


def test_reading_back_is_a_get_of_the_same_resource(tmp_path: Path) -> None:
    step = {"send": "PATCH /Users/1?attributes=id", "patch": [], "reads_back": {"active": False}}

    (case,) = load(tmp_path, CASE | {"steps": [step]})

    write, read = case.steps
    assert write.body == {"schemas": ["${PatchOp}"], "Operations": []}
    assert (read.method, read.target, read.body) == ("GET", "/Users/1", None)
    assert read.expect.body == {"active": False}


def test_a_named_body_can_be_changed_for_one_step(tmp_path: Path) -> None:
    steps = [
        {"send": "POST /Users", "body": "@user"},
        {"send": "POST /Users", "body": {"@user": {"b": 3, "c": None}}},
        {"send": "POST /Users", "body": {"only": 1}},
    ]

    (case,) = load(tmp_path, CASE | {"steps": steps}, bodies={"user": {"a": 1, "b": 2}})

    assert [s.body for s in case.steps] == [
        {"a": 1, "b": 2},
        {"a": 1, "b": 3, "c": None},
        {"only": 1},
    ]


def test_headers_of_the_file_and_of_the_step_add_up(tmp_path: Path) -> None:
    steps = [
        {"send": "GET /Users", "headers": {"Authorization": None}},
        {"send": "POST /Users", "body": {}, "headers": {"Accept": "b"}},
    ]

    (case,) = load(
        tmp_path, CASE | {"steps": steps}, headers={"Accept": "a"}, content_type="text/json"
    )

    assert case.steps[0].headers == {"Accept": "a", "Authorization": None}
    assert case.steps[1].headers == {"Accept": "b", "Content-Type": "text/json"}


def test_fixtures_come_first_and_may_have_another_name(tmp_path: Path) -> None:
    (case,) = load(
        tmp_path,
        CASE | {"given": ["user", "user as boss"], "requires": ["etag"]},
        fixtures={"user": {"send": "POST /Users", "body": {}}},
        requires=["groups"],
    )

    assert [step.alias for step in case.steps] == ["user", "boss", None]
    assert case.requires == {"etag", "groups"}


@pytest.mark.parametrize(
    ("citation", "url"),
    [
        ("RFC 7643", "https://www.rfc-editor.org/rfc/rfc7643"),
        ("RFC 7644 section 3.5.2", "https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2"),
        ("o/r.x#12", "https://github.com/o/r.x/issues/12"),
    ],
)
def test_a_citation_leads_somewhere(citation: str, url: str) -> None:
    assert Sources({}).resolve(citation).url == url


def test_a_document_is_cited_by_name_and_place() -> None:
    sources = load_sources(HERE / "sources.json")

    assert sources.resolve("okta-spec-test: test 1").label == "Okta-SCIM-20-SPEC-Test.json, test 1"
    with pytest.raises(SourceError):
        sources.resolve("okta-spec-tset: test 1")


def test_every_document_is_cited_somewhere() -> None:
    text = "".join(path.read_text() for path in FILES)

    unused = [name for name in load_sources(HERE / "sources.json").documents if name not in text]

    assert unused == []


def test_every_case_of_the_catalogue_says_why_and_from_where() -> None:
    cases = all_cases()

    assert len(cases) > 300
    assert len({case.info.id for case in cases}) == len(cases)
    for case in cases:
        assert case.info.sources
        assert len(case.info.why) > 10, case.info.id
        assert "${" not in case.info.id + case.info.title, case.info.id


@pytest.mark.parametrize("client", ["Okta", "Entra ID", "Microsoft validator", "RFC 7644"])
def test_the_catalogue_has_binding_cases_of_each_client(client: str) -> None:
    assert any(
        case.info.client == client and case.info.level.value == "must" for case in all_cases()
    )


def test_cases_are_selected_by_a_pattern_of_their_id() -> None:
    chosen = select(all_cases(), "okta.groups.*")

    assert chosen
    assert all(case.info.id.startswith("okta.groups.") for case in chosen)
