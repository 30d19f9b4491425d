"""Transcript files as values: the JSON format of ``README.md``, read and checked.

Every mistake of every file is found at load time and reported at once; `conformance.play` plays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conformance.assertions import DEMANDS
from conformance.model import CaseInfo, Json, Level, Source
from conformance.paths import PathSyntaxError, parse_path
from conformance.shapes import SHAPES
from conformance.sources import SourceError, Sources
from conformance.variables import expand

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
USUAL_STATUS: Final[Mapping[str, tuple[int, ...]]] = {
    "GET": (200,),
    "POST": (201,),
    "PUT": (200,),
    "PATCH": (200, 204),
    "DELETE": (204,),
}
ENCODINGS: Final = ("percent", "form", "loose")

_FILE_KEYS = {
    "client",
    "about",
    "headers",
    "content_type",
    "query_encoding",
    "requires",
    "bodies",
    "fixtures",
    "cases",
}
_CASE_KEYS = {"id", "title", "level", "why", "source", "requires", "rows", "given", "steps"}
_STEP_KEYS = {
    "send",
    "query",
    "headers",
    "body",
    "patch",
    "as",
    "repeat",
    "expect",
    "keep",
    "reads_back",
}
_EXPECT_KEYS = {"status", "is", "headers", "body", "lacks", "within_ms"}
_STATUS = re.compile(r"[1-5]xx")
_GIVEN = re.compile(r"(?P<fixture>[\w-]+)(?: as (?P<alias>\w+))?")


class TranscriptError(ValueError):
    """The transcripts are not of the documented form; the message lists every mistake."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one response must be."""

    status: tuple[int | str, ...]
    """Acceptable codes; ``"4xx"`` stands for the whole class."""
    shape: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """Header name to the pattern that its value must match, or None if it must be absent."""
    body: Mapping[str, Json] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    """Texts that the response must not contain anywhere."""
    within_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One request (or ``repeat`` of the same form) and what is expected of its response."""

    method: str
    target: str
    query: Mapping[str, Json]
    encoding: str
    headers: Mapping[str, str | None]
    body: Json
    alias: str | None
    repeat: int
    expect: Expectation
    keep: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Transcript:
    """One case of a transcript file."""

    info: CaseInfo
    requires: frozenset[str]
    steps: tuple[Step, ...]


def load_transcripts(folder: Path, sources: Sources) -> list[Transcript]:
    """Read every ``*.json`` below ``folder``, in order of path; raises `TranscriptError`."""
    transcripts: list[Transcript] = []
    mistakes: list[str] = []
    for path in sorted(folder.rglob("*.json")):
        reader = _Reader(path.relative_to(folder).as_posix(), sources)
        transcripts += reader.read(json.loads(path.read_text(encoding="utf-8")))
        mistakes += reader.mistakes
    seen: set[str] = set()
    for transcript in transcripts:
        if transcript.info.id in seen:
            mistakes.append(f"two cases have the id {transcript.info.id}")
        seen.add(transcript.info.id)
    if mistakes:
        raise TranscriptError("\n".join(mistakes))
    return transcripts


class _Reader:
    """Reads one file; collects its mistakes in ``mistakes``."""

    def __init__(self, name: str, sources: Sources) -> None:
        self.mistakes: list[str] = []
        self._where = name
        self._sources = sources
        self._file: Mapping[str, Json] = {}

    def read(self, file: Json) -> list[Transcript]:
        self._file = file
        self._check_keys(file, _FILE_KEYS, {"client", "about", "cases"})
        name = self._where
        transcripts = []
        for number, template in enumerate(file.get("cases", []), 1):
            for row in template.get("rows", [{}]):
                self._where = f"{name}, case {template.get('id', number)}"
                transcripts.append(self._case(self._unrolled(template, row)))
        return transcripts

    def _unrolled(self, template: Json, row: Mapping[str, Json]) -> Json:
        case = expand({k: v for k, v in template.items() if k != "rows"}, row)
        if row:
            case["id"] = f"{case['id']}.{row.get('row', '?')}"
            if "row" not in row:
                self._mistake(f"the row {row} has no name: give it a 'row'")
        return case

    def _case(self, case: Json) -> Transcript:
        self._check_keys(case, _CASE_KEYS, {"id", "title", "level", "why", "source", "steps"})
        info = CaseInfo(
            id=case.get("id", "?"),
            client=self._file.get("client", "?"),
            title=case.get("title", "?"),
            level=self._level(case.get("level")),
            why=case.get("why", ""),
            sources=tuple(self._cited(case.get("source", []))),
        )
        requires = [*self._file.get("requires", []), *case.get("requires", [])]
        steps = [*self._given(case.get("given", [])), *self._steps(case.get("steps", []))]
        return Transcript(info, frozenset(requires), tuple(steps))

    def _level(self, name: Json) -> Level:
        if name not in {level.value for level in Level}:
            self._mistake(f"level {name!r} is not must, should or may")
            return Level.MUST
        return Level(name)

    def _cited(self, citations: Json) -> Iterator[Source]:
        if not citations:
            self._mistake("it names no source")
        for citation in [citations] if isinstance(citations, str) else citations:
            try:
                yield self._sources.resolve(citation)
            except SourceError as error:
                self._mistake(str(error))

    def _given(self, names: Json) -> Iterator[Step]:
        for name in names:
            match = _GIVEN.fullmatch(name)
            fixture = self._file.get("fixtures", {}).get(match["fixture"]) if match else None
            if match is None or fixture is None:
                self._mistake(f"given {name!r}: the file has no such fixture")
                continue
            yield from self._step({**fixture, "as": match["alias"] or match["fixture"]})

    def _steps(self, steps: Json) -> Iterator[Step]:
        for step in steps:
            yield from self._step(step)

    def _step(self, step: Json) -> Iterator[Step]:
        self._check_keys(step, _STEP_KEYS, {"send"})
        method, _, target = step.get("send", "").partition(" ")
        if method not in METHODS or not target:
            self._mistake(f"send {step.get('send')!r}: write a method, a space and a target")
            return
        body = self._body(step)
        yield Step(
            method=method,
            target=target,
            query=step.get("query", {}),
            encoding=self._encoding(),
            headers=self._headers(step, has_body=body is not None),
            body=body,
            alias=step.get("as"),
            repeat=step.get("repeat", 1),
            expect=self._expectation(step.get("expect", {}), method),
            keep=step.get("keep", {}),
        )
        self._check_addresses(step.get("keep", {}).values())
        if "reads_back" in step:
            path = target.partition("?")[0]
            yield from self._step({"send": f"GET {path}", "expect": {"body": step["reads_back"]}})

    def _encoding(self) -> str:
        encoding = self._file.get("query_encoding", "percent")
        if encoding not in ENCODINGS:
            self._mistake(f"query_encoding {encoding!r} is none of {', '.join(ENCODINGS)}")
        return str(encoding)

    def _headers(self, step: Json, *, has_body: bool) -> dict[str, str | None]:
        headers: dict[str, str | None] = dict(self._file.get("headers", {}))
        if has_body and "content_type" in self._file:
            headers["Content-Type"] = self._file["content_type"]
        headers.update(step.get("headers", {}))
        return headers

    def _body(self, step: Json) -> Json:
        if "patch" in step:
            return {"schemas": ["${PatchOp}"], "Operations": step["patch"]}
        body = step.get("body")
        if isinstance(body, str) and body.startswith("@"):
            return self._named_body(body)
        if isinstance(body, dict) and len(body) == 1 and next(iter(body)).startswith("@"):
            name, changes = next(iter(body.items()))
            return {**self._named_body(name), **changes}
        return body

    def _named_body(self, reference: str) -> Mapping[str, Json]:
        bodies: Mapping[str, Mapping[str, Json]] = self._file.get("bodies", {})
        if reference[1:] not in bodies:
            self._mistake(f"body {reference!r}: the file has no such body")
        return bodies.get(reference[1:], {})

    def _expectation(self, expect: Json, method: str) -> Expectation:
        if not isinstance(expect, dict):
            expect = {"status": expect}
        self._check_keys(expect, _EXPECT_KEYS, set())
        shape = expect.get("is")
        if shape is not None and shape not in SHAPES:
            self._mistake(f"is {shape!r}: known shapes are {', '.join(SHAPES)}")
        return Expectation(
            status=self._status(expect.get("status", USUAL_STATUS[method])),
            shape=shape,
            headers=expect.get("headers", {}),
            body=self._demands(expect.get("body", {})),
            lacks=tuple(expect.get("lacks", ())),
            within_ms=expect.get("within_ms"),
        )

    def _status(self, status: Json) -> tuple[int | str, ...]:
        codes = tuple(status) if isinstance(status, (list, tuple)) else (status,)
        for code in codes:
            if not isinstance(code, int) and not _STATUS.fullmatch(str(code)):
                self._mistake(f"status {code!r} is neither a code nor a class like '4xx'")
        return codes

    def _demands(self, demands: Json) -> Mapping[str, Json]:
        if not isinstance(demands, dict):
            self._mistake(f"{demands!r} is no object of addresses and demands")
            return {}
        self._check_addresses(demands)
        for path, demand in demands.items():
            names = demand if isinstance(demand, dict) else {}
            for name in names.keys() - DEMANDS.keys():
                self._mistake(f"{path}: no demand is called {name!r}")
        return demands

    def _check_addresses(self, paths: Iterable[str]) -> None:
        for path in paths:
            try:
                parse_path(path)
            except PathSyntaxError as error:
                self._mistake(str(error))

    def _check_keys(self, value: Json, known: set[str], required: set[str]) -> None:
        for key in sorted(value.keys() - known):
            self._mistake(f"{key!r} is not a key; known are {', '.join(sorted(known))}")
        for key in sorted(required - value.keys()):
            self._mistake(f"{key!r} is missing")

    def _mistake(self, text: str) -> None:
        self.mistakes.append(f"{self._where}: {text}")
